/**
 * TCP: sockets of node:net as links.
 *
 * A thin shell: it translates, and decides nothing.
 */
import type { Socket } from "node:net";
import type { Link, LinkError, LinkEvents } from "@faultline/protocol";
import { hostPort, systemCode } from "./error.ts";
import { closed, listenSockets, portOf, type SocketOptions } from "./sockets.ts";

/** Where to listen, and who gets the links. */
export interface TcpOptions extends SocketOptions {
  accept(link: Link): LinkEvents;
}

/** A listener. */
export interface TcpListener {
  readonly port: number;
  /** Stops accepting; open connections live on. Resolves when the last one is gone. */
  close(): Promise<void>;
}

/** Listens. Rejects with the operating system's error. */
export async function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const server = await listenSockets(options, (socket) => attach(socket, options));
  return { port: portOf(server), close: () => closed(server) };
}

function attach(socket: Socket, options: TcpOptions): (bytes: Uint8Array) => void {
  const link = new TcpLink(socket);
  const events = options.accept(link);
  let error: Error | undefined;
  socket.on("drain", () => events.onDrain());
  socket.on("end", () => events.onEnd());
  socket.on("error", (reason: Error) => (error = reason));
  socket.on("close", () => events.onClose(error === undefined ? undefined : linkError(error)));
  events.onOpen();
  return (bytes) => events.onBytes(bytes);
}

/** One connection. Its owner must be told by whoever listens to the socket. */
export class TcpLink implements Link {
  readonly kind = "stream";
  readonly #socket: Socket;
  #remote: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Asked for late: the name of a peer costs a system call, and most are never asked for. */
  get remote(): string {
    if (this.#remote === undefined) {
      const { remoteAddress, remotePort } = this.#socket;
      if (remoteAddress === undefined || remotePort === undefined) return "";
      this.#remote = hostPort(remoteAddress, remotePort);
    }
    return this.#remote;
  }

  get local(): string {
    const { localAddress, localPort } = this.#socket;
    if (localAddress === undefined || localPort === undefined) return "";
    return hostPort(localAddress, localPort);
  }

  send(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    const { writableEnded, writableFinished } = this.#socket;
    // A socket that is about to send its end cannot be reset, and would never close (in Node).
    if (writableEnded && !writableFinished) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

/** What a failed socket means for its link. */
export function linkError(error: Error): LinkError {
  const { message } = error;
  switch (systemCode(error)) {
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return { code: "reset", message };
    case "ECONNREFUSED":
      return { code: "refused", message };
    case "ETIMEDOUT":
      return { code: "timeout", message };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { code: "unreachable", message };
    default:
      return { code: "failed", message };
  }
}
