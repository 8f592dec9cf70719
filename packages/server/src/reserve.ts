/**
 * Finds out whether a port can be had before several workers share it.
 *
 * Sockets that share a port do not notice another server that shares it too: the operating system
 * would deal the connections out between strangers. So the main thread takes the port alone for a
 * moment; that fails when anybody else has it, and says which one port 0 stands for.
 */
import { systemRandom } from "./chance.ts";
import type { WorkerSetup } from "./command.ts";
import { listenErrorCode, listenMessage, ServerError } from "./error.ts";
import { listenTcp } from "./tcp.ts";
import { listenUdp } from "./udp.ts";

/**
 * The number of a free port: the given one, or any for 0.
 *
 * @throws {ServerError} `port-in-use`, `no-permission`, `address-unavailable`, `listen-failed`
 */
export async function reservePort(
  transport: "tcp" | "udp" | "tls",
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
    const listener = await (transport === "udp" ? listenUdp(shared) : listenTcp(shared));
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

/** What seals session tickets for all workers alike: a name and two keys of 16 bytes each. */
const TICKET_KEYS_BYTES = 48;

/** What several workers must have in common before the first one starts: ports, and ticket keys. */
export async function reservePorts<
  Setup extends Pick<WorkerSetup, "host" | "tcpPort" | "tls" | "tlsPort" | "udpPort" | "workers">,
>(setup: Setup): Promise<Setup> {
  const { workers, host, tcpPort, udpPort, tls, tlsPort } = setup;
  if (workers === 1) return setup;
  return {
    ...setup,
    tcpPort: tcpPort === null ? null : await reservePort("tcp", host, tcpPort),
    udpPort: udpPort === null ? null : await reservePort("udp", host, udpPort),
    tlsPort: tlsPort === null ? null : await reservePort("tls", host, tlsPort),
    tls: tls === null ? null : { ...tls, ticketKeys: systemRandom(TICKET_KEYS_BYTES) },
  };
}
