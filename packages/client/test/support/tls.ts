/**
 * Bare TLS servers on the loopback interface, written by hand on node:tls, so that the dialer is
 * tested against the protocol and not against our own server.
 */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Wire } from "@faultline/tls";
import { lab } from "../../../certificates/test/support/lab.ts";
import type { Listener } from "./sockets.ts";

/** An accepted connection: the encrypted stream, and the socket beneath it. */
export interface TlsPeer {
  readonly secure: TLSSocket;
  readonly socket: Socket;
  readonly wire: Wire;
}

/** A TLS server that hands every connection to `accept` when its handshake is done. */
export async function listenTls(
  accept: (peer: TlsPeer) => void,
  options: TlsOptions = {},
): Promise<Listener> {
  const { server } = await lab();
  const engine = createServer({
    ...server,
    ALPNProtocols: ["faultline/1"],
    allowHalfOpen: true,
    minVersion: "TLSv1.3",
    ...options,
  });
  let current: Wire | undefined;
  engine.on("tlsClientError", (_error, socket) => socket.destroy());
  engine.on("secureConnection", (secure) => {
    secure.on("error", () => {});
    if (current !== undefined) accept({ secure, socket: current.socket, wire: current });
  });
  const sockets = new Set<Socket>();
  const listener = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    const wire = new Wire(socket);
    wire.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Uint8Array) => {
      current = wire;
      wire.arrive(bytes);
    });
    engine.emit("connection", wire);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}
