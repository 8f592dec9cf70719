/**
 * The baseline's server for TLS, in a worker thread like ours: a bare echo of node:tls.
 */
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { parentPort, workerData } from "node:worker_threads";

const { cert, key } = workerData as { readonly cert: string; readonly key: string };
const server = createServer({ cert, key, minVersion: "TLSv1.3", noDelay: true }, (socket) => {
  socket.on("data", (chunk: Uint8Array) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
