/**
 * Finds out whether a port can be had before several workers share it.
 *
 * Sockets that share a port do not notice another server that shares it too: the operating system
 * would deal the connections out between strangers. So the main thread takes the port alone for a
 * moment; that fails when anybody else has it, and says which one port 0 stands for.
 */
import { listenErrorCode, listenMessage, ServerError } from "./error.ts";
import { listenTcp } from "./tcp.ts";
import { listenUdp } from "./udp.ts";

/**
 * The number of a free port: the given one, or any for 0.
 *
 * @throws {ServerError} `port-in-use`, `no-permission`, `address-unavailable`, `listen-failed`
 */
export async function reservePort(
  transport: "tcp" | "udp",
  host: string,
  port: number,
): Promise<number> {
  const shared = {
    host,
    port,
    reusePort: false,
    sendQueueBytesMax: 1,
    accept: turnAway,
    onDropped: () => {},
    onError: () => {},
  };
  try {
    const listener = await (transport === "tcp" ? listenTcp(shared) : listenUdp(shared));
    await listener.close();
    return listener.port;
  } catch (error) {
    const message = listenMessage(transport, host, port, error);
    throw new ServerError(listenErrorCode(error), message, { cause: error });
  }
}

function turnAway(link: { reset(): void }) {
  link.reset();
  return { onOpen() {}, onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };
}
