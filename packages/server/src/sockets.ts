/**
 * A listener for connections of node:net, whose bytes are lent from one buffer.
 *
 * Node gives a server's socket a new buffer of 64 KiB for each read, and what that costs in garbage is
 * a third of a round trip over TLS. Sockets that dial can name a buffer (`onread`), accepted ones
 * cannot: so the connection is taken from the socket that came with it and given to one that can. All
 * of a listener's share one buffer, since a read and its callback are one event. Where a runtime has
 * no connection that can be taken, sockets stay as they came, and all is as before but for the speed.
 */
import { createServer, Socket, type Server, type SocketConstructorOpts } from "node:net";

/** Where to listen. */
export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  /** Whether other workers listen on the same port. */
  readonly reusePort: boolean;
  /** Above so many bytes waiting to be sent, a socket is full. */
  readonly sendQueueBytesMax: number;
  /** The listener itself failed later on; connections live on. */
  onError(error: Error): void;
}

/** Takes a connection. @returns who is lent its bytes, for the call */
export type Enter = (socket: Socket) => (bytes: Uint8Array) => void;

/** What one read takes at most: what Node itself reads at once. */
const READ_BYTES = 65_536;

/**
 * Listens: Nagle's algorithm is off (a reply that waits for the next would be a fault nobody asked
 * for), half-open connections are allowed (who owns one ends its side itself).
 *
 * Rejects with the operating system's error.
 */
export function listenSockets(options: SocketOptions, enter: Enter): Promise<Server> {
  const { host, port, reusePort, sendQueueBytesMax, onError } = options;
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, highWaterMark: sendQueueBytesMax, pauseOnConnect: true },
    lender(sendQueueBytesMax, enter),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ...(reusePort && { reusePort }) }, () => {
      server.off("error", reject);
      server.on("error", onError);
      resolve(server);
    });
  });
}

/** Stops accepting; resolves when the last connection is gone. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** The port a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function lender(writableHighWaterMark: number, enter: Enter): (accepted: Socket) => void {
  const buffer = new Uint8Array(READ_BYTES);
  return (accepted) => {
    const handle = takeHandle(accepted);
    if (handle === undefined) {
      accepted.on("data", enter(accepted));
      accepted.resume();
      return;
    }
    let read: (bytes: Uint8Array) => void = () => {};
    const callback = (bytes: number): boolean => {
      read(buffer.subarray(0, bytes));
      return true;
    };
    const onread = { buffer, callback };
    // Both are known to the constructor, and one of them to its types.
    const adopting = { handle, allowHalfOpen: true, writableHighWaterMark, onread };
    const socket = new Socket(adopting as SocketConstructorOpts);
    // To the listener the connection is the one that it accepted.
    socket.once("close", () => accepted.destroy());
    read = enter(socket);
  };
}

/** A connection without its socket; undefined where it has none that can be lent a buffer. */
function takeHandle(accepted: Socket): object | undefined {
  const socket = accepted as unknown as { _handle?: { readonly useUserBuffer?: unknown } | null };
  const handle = socket._handle;
  if (typeof handle?.useUserBuffer !== "function") return undefined;
  socket._handle = null;
  return handle;
}
