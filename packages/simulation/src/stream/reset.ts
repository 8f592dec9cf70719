/**
 * RST: a connection is over, says one end, or the host of an end that is no more.
 *
 * It is sent once and never repeated. One that is lost leaves the other end half-open, which
 * finds out when it next sends something: that is answered by another RST.
 */
import { EventClass, EventKind, KernelEvent, WORLD } from "../event.ts";
import { LOST, noteLost } from "../link.ts";
import type { StreamEnd } from "./end.ts";

/** Where the numbers of packets outside the order of the bytes begin: resets. */
const ORDINAL_RESET = 2 ** 40;

/** Sends RST from one end to the other. */
export function sendReset(source: StreamEnd, target: StreamEnd): void {
  const ordinal = ORDINAL_RESET + source.resets++;
  const packet = { flow: source.sender.flow, ordinal, attempt: 1, size: 0 };
  const { kernel } = source.world;
  const atUs = source.outward.depart(packet, kernel.nowUs);
  if (atUs === LOST) noteLost(kernel, packet);
  else kernel.schedule(new Reset(source, target), atUs, EventClass.arrival);
}

class Reset extends KernelEvent {
  readonly #source: StreamEnd;
  readonly #target: StreamEnd;

  constructor(source: StreamEnd, target: StreamEnd) {
    super(WORLD, EventKind.reset);
    this.#source = source;
    this.#target = target;
  }

  fire(): void {
    this.#source.world.kernel.note(this.#source.sender.flow);
    if (!this.#source.outward.lets() || !this.#target.node.isUp) return;
    this.#target.fail({ code: "reset", message: "The peer reset the connection." });
  }

  describe(): string {
    return `reset of ${this.#target.address} by ${this.#target.remote}`;
  }
}
