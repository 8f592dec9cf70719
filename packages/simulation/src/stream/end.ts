/**
 * One end of a stream connection: the link that an owner holds.
 *
 * A deliberately simple TCP. Kept: ordered bytes, handshake, segments, a receive window, FIN for
 * each way, RST, half-open connections, retransmission with doubling waits. Roads not taken:
 * go-back-N (what arrived behind a gap is kept, as with SACK), fast retransmit and congestion
 * control (only a timeout repeats, the window is fixed, so throughput is min(rate, window / round
 * trip) exactly), acknowledgements that take room, are delayed or are lost by chance (the next
 * would make up for it; only a cut link swallows them), Nagle, keep-alive, urgent data, TIME_WAIT.
 * The simulation tells the sender of a loss, but the sender acts when its timer would have: never
 * too early, and never for a segment that is only late. Where throughput is the question, the option
 * `congestionControl: "newreno"` has it all (reno/), acknowledgements as packets included.
 */
import type { Link, LinkError, LinkEvents, Timer } from "@faultline/protocol";
import type { Owner } from "../event.ts";
import type { DirectedLink } from "../link.ts";
import type { SimulatedNode } from "../node.ts";
import type { Accept, SimulatedProcess } from "../process.ts";
import type { World } from "../world.ts";
import { StreamReceiver } from "./receiver.ts";
import { RenoAcknowledger } from "./reno/acknowledger.ts";
import { RenoSender } from "./reno/sender.ts";
import { sendReset } from "./reset.ts";
import { Segment } from "./segment.ts";
import { StreamSender } from "./sender.ts";

/** What an end is made of. */
export interface StreamEndOptions {
  readonly world: World;
  readonly process: SimulatedProcess;
  /** This end, as `node:port`. */
  readonly address: string;
  readonly remote: string;
  /** Name of the peer's node. */
  readonly remoteHost: string;
  /** Number of the direction out of here. */
  readonly flow: number;
  /** Takes the end when the handshake is over; left out by the one who dialled. */
  readonly accept?: Accept;
}

/** The two halves of one end with congestion control. */
export interface Reno {
  readonly sender: RenoSender;
  readonly acknowledger: RenoAcknowledger;
}

function renoOf(end: StreamEnd, flow: number): Reno {
  return { sender: new RenoSender(end, flow), acknowledger: new RenoAcknowledger(end) };
}

/** One end of a connection. */
export class StreamEnd implements Link {
  readonly kind = "stream";
  readonly address: string;
  readonly remote: string;
  local = "";
  readonly world: World;
  readonly node: SimulatedNode;
  readonly process: SimulatedProcess;
  /** The stack of the host, which outlives the process. */
  readonly host: Owner;
  readonly outward: DirectedLink;
  readonly inward: DirectedLink;
  readonly sender: StreamSender | RenoSender;
  /** The sender, where there is no congestion control. */
  readonly plain: StreamSender | undefined;
  /** Both halves of congestion control, where there is. */
  readonly reno: Reno | undefined;
  readonly receiver: StreamReceiver;
  owner: LinkEvents | undefined;
  peer: StreamEnd | undefined;
  isPaused = false;
  /** The owner has been told, or is about to be, that it is over. */
  isOver = false;
  /** Over without agreement: what still arrives is answered by RST. */
  isGone = false;
  /** RSTs sent. */
  resets = 0;
  /** The wait of a dial for an answer. */
  connecting: Timer | undefined;

  readonly #accept: Accept | undefined;

  constructor(options: StreamEndOptions) {
    const { world, process } = options;
    const { node } = process;
    this.remote = options.remote;
    this.address = options.address;
    this.#accept = options.accept;
    this.world = world;
    this.node = node;
    this.process = process;
    this.host = node.host;
    this.outward = world.link(node.name, options.remoteHost);
    this.inward = world.link(options.remoteHost, node.name);
    const isPlain = world.stream.congestionControl === "none";
    this.plain = isPlain ? new StreamSender(this, options.flow) : undefined;
    this.reno = isPlain ? undefined : renoOf(this, options.flow);
    this.sender = this.plain ?? this.reno!.sender;
    this.receiver = new StreamReceiver(this);
    this.process.streams.add(this);
  }

  send(bytes: Uint8Array): boolean {
    if (this.sender.isEnded) throw new Error("Cannot send on a link after its end() was called.");
    return this.isOver || this.sender.push(bytes);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.world.kernel.defer(() => this.receiver.readOn(), this.process);
  }

  end(): void {
    if (!this.isOver && !this.sender.isEnded) this.sender.finish();
  }

  reset(): void {
    if (this.isOver) return;
    if (this.peer !== undefined) sendReset(this, this.peer);
    this.#abandon();
    this.#close(undefined);
  }

  /** The one who dialled: the other side has answered. */
  opened(peer: StreamEnd): void {
    this.peer = peer;
    this.local = this.address;
    this.sender.announce();
    this.receiver.open(new Segment(peer.sender, "open", 0));
  }

  /** The handshake is the first thing that is read; who listened learns of the link by it. */
  openRead(): void {
    if (this.#accept !== undefined) {
      this.local = this.address;
      this.owner = this.#accept(this);
    }
    if (this.isOver) return;
    this.sender.open();
    this.owner?.onOpen();
  }

  /** The connection broke, or never came to be. */
  fail(error: LinkError): void {
    if (this.isOver) return;
    this.#abandon();
    this.#close(error);
  }

  /** The peer has not been heard for too long. */
  giveUp(): void {
    this.fail({ code: "timeout", message: "The peer does not acknowledge what was sent." });
    this.#abandon();
  }

  /** The process died: nobody is told here, the peer only where the host still can. */
  vanish(how: "reset" | "silent"): void {
    if (how === "reset" && this.peer !== undefined) sendReset(this, this.peer);
    this.#abandon();
    this.isOver = true;
  }

  /** Ends the link when both directions have. */
  closeIfDone(): void {
    if (this.sender.isFinSent && this.receiver.isEnded && !this.isOver) this.#close(undefined);
  }

  /** Tells the owner something after the current event, unless the link is over by then. */
  tellLater(run: () => void): void {
    this.world.kernel.defer(() => {
      if (!this.isOver) run();
    }, this.process);
  }

  #abandon(): void {
    this.isGone = true;
    this.connecting?.cancel();
    this.sender.stop();
    this.receiver.stop();
    this.reno?.acknowledger.stop();
  }

  #close(error: LinkError | undefined): void {
    this.isOver = true;
    this.process.streams.delete(this);
    this.world.kernel.defer(() => this.owner?.onClose(error), this.process);
  }
}
