/** A file that goes from one node to another, over packets or over a stream, and how long it takes. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { acceptPackets, packetDialer } from "@faultline/protocol";
import type { LinkOptions, StreamOptions } from "../src/index.ts";
import { Simulation } from "../src/index.ts";

export const MIB = 1_048_576;
const PIECE_BYTES = 65_536;
const PORT = 7000;
const nothing = (): void => {};

/** What is transferred, and over what. */
export interface TransferOptions {
  readonly seed: number;
  readonly bytes: number;
  readonly link: Partial<LinkOptions>;
  readonly stream?: Partial<StreamOptions>;
}

/** What it took. */
export interface Transfer {
  readonly us: number;
  /** On the way there, repetitions included, headers of TCP and UDP not. */
  readonly bytesSent: number;
  readonly packetsSent: number;
}

/** Over packets: messages of 64 KiB. */
export function overPackets(options: TransferOptions): Transfer {
  const simulation = new Simulation({ seed: options.seed, link: options.link });
  const server = simulation.addNode("server");
  const client = simulation.addNode("client");
  let received = 0;
  const accept = acceptPackets({
    clock: server.clock,
    secret: new Uint8Array(32),
    accept: () => counter((bytes) => (received += bytes)),
  });
  simulation.listen("server", { port: PORT, kind: "datagram" }, accept);
  const bare = simulation.dialer("client", { host: "server", port: PORT, kind: "datagram" });
  const connectionId = (low: number) => ({ high: options.seed, low });
  const dialer = packetDialer(bare, { clock: client.clock, connectionId });
  pump(options.bytes, (events) => dialer.dial(events));
  return finish(simulation, () => received >= options.bytes);
}

/** Over a stream with the congestion control of TCP NewReno. */
export function overNewReno(options: TransferOptions): Transfer {
  const stream = { congestionControl: "newreno", ...options.stream } as const;
  const simulation = new Simulation({ seed: options.seed, link: options.link, stream });
  simulation.addNode("server");
  simulation.addNode("client");
  let received = 0;
  simulation.listen("server", { port: PORT, kind: "stream" }, () =>
    counter((bytes) => (received += bytes)),
  );
  const dialer = simulation.dialer("client", { host: "server", port: PORT, kind: "stream" });
  pump(options.bytes, (events) => dialer.dial(events));
  return finish(simulation, () => received >= options.bytes);
}

function counter(count: (bytes: number) => void): LinkEvents {
  return {
    onOpen: nothing,
    onBytes: (bytes) => count(bytes.length),
    onDrain: nothing,
    onEnd: nothing,
    onClose: nothing,
  };
}

/** Sends as long as the link takes it, and goes on when it drains. */
function pump(bytes: number, dial: (events: LinkEvents) => Link): void {
  let left = bytes;
  const fill = (): void => {
    while (left > 0) {
      const size = Math.min(PIECE_BYTES, left);
      left -= size;
      if (!link.send(new Uint8Array(size))) return;
    }
  };
  const events = { onOpen: fill, onBytes: nothing, onDrain: fill, onEnd: nothing };
  const onClose: LinkEvents["onClose"] = (error) => {
    throw new Error(`The link closed: ${error?.message}`);
  };
  const link = dial({ ...events, onClose });
}

function finish(simulation: Simulation, done: () => boolean): Transfer {
  simulation.run({ done, timeUs: 36_000_000_000 });
  const { bytes, packets } = simulation.link("client", "server").stats;
  return { us: simulation.nowUs, bytesSent: bytes, packetsSent: packets };
}
