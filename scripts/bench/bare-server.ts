/**
 * The baselines' servers, in a worker thread like ours: a bare echo over TCP and UDP, and a
 * hand-written loop that frames, checks CRC-32C and echoes.
 */
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { parentPort } from "node:worker_threads";

import { echoFrames } from "./hand-written.ts";

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

const bareTcp = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
});

const framed = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  const feed = echoFrames((bytes) => socket.write(bytes));
  socket.on("data", (chunk: Uint8Array) => feed(chunk));
});

const udp = createSocket("udp4");
udp.on("message", (message, peer) => udp.send(message, peer.port, peer.address));

const [tcpPort, framedPort] = await Promise.all([listen(bareTcp), listen(framed)]);
await new Promise<void>((resolve) => {
  udp.bind(0, "127.0.0.1", resolve);
});
parentPort?.postMessage({ tcpPort, framedPort, udpPort: udp.address().port });
