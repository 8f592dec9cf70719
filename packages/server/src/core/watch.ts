/**
 * What one conversation tells a tap that stands behind the faults.
 *
 *   wire ─► request faults ─► [here] ─► executed ─► [here] ─► reply faults ─► wire
 *
 * There is one only where a tap is given: then requests are told as faults have left them, and
 * replies before any fault has met them. What a fault says in the server's place is not told.
 */
import type { Clock, Link, WireSide, WireTap, WireWatcher } from "@faultline/protocol";
import type { Dialogue } from "./dialogue.ts";

/** @see module */
export class Watch {
  readonly #clock: Pick<Clock, "nowUs">;
  readonly #link: Link;
  readonly #tap: WireTap;
  #watcher: WireWatcher | undefined;
  #isOver = false;

  constructor(link: Link, tap: WireTap, clock: Pick<Clock, "nowUs">) {
    this.#link = link;
    this.#tap = tap;
    this.#clock = clock;
  }

  /** The link has opened: while it has a name. */
  open(): void {
    const { kind, local, remote } = this.#link;
    const openedUs = this.#clock.nowUs();
    const startedUs = openedUs;
    this.#watcher = this.#tap.open({ kind, local, remote, dialled: false, startedUs, openedUs });
  }

  /** A request, or a piece of one, as it reached the server. */
  arrived(bytes: Uint8Array): void {
    if (!this.#isOver) this.#watcher?.received(bytes, this.#clock.nowUs());
  }

  /** A reply as the server gave it away. */
  answered(bytes: Uint8Array): void {
    if (!this.#isOver) this.#watcher?.sent(bytes, this.#clock.nowUs());
  }

  /** A side has ended. */
  ended(by: WireSide): void {
    if (!this.#isOver && this.#link.kind === "stream") {
      this.#watcher?.ended(by, this.#clock.nowUs());
    }
  }

  /** A side has dropped the link: nothing more is told. */
  reset(by: WireSide): void {
    if (!this.#isOver && this.#link.kind === "stream") {
      this.#watcher?.reset(by, this.#clock.nowUs());
    }
    this.#isOver = true;
  }
}

/** A dialogue before which what arrives is told. */
export function watched(
  dialogue: Dialogue,
  watch: Watch | undefined,
): Pick<Dialogue, "arrive" | "encodeLost"> {
  if (watch === undefined) return dialogue;
  return {
    arrive: (parcel) => {
      watch.arrived(parcel.bytes);
      dialogue.arrive(parcel);
    },
    encodeLost: (ticket) => dialogue.encodeLost(ticket),
  };
}
