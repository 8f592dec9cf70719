/**
 * The end of a stream, passed on later where a fault says so.
 *
 * A link has one of these and one end under way at most: its peer's, then its own. What the end
 * means is the conversation's business.
 */
import type { Direction } from "@faultline/faults";
import type { SessionId } from "@faultline/protocol";
import type { CoreContext, Party } from "./context.ts";
import type { Due } from "./schedule.ts";

/** The conversation, as far as its end needs it. */
export interface EndingParty extends Party {
  readonly stream: boolean;
  readonly session: SessionId | undefined;
  readonly messages: number;
  settle(): void;
}

/** @see module */
export class LateEnd {
  readonly #context: CoreContext;
  readonly #party: EndingParty;
  #due: Due | undefined;

  constructor(context: CoreContext, party: EndingParty) {
    this.#context = context;
    this.#party = party;
  }

  /** Whether an end is being held up. */
  get isWaiting(): boolean {
    return this.#due !== undefined;
  }

  /** Does `run` now, or later when a fault makes the end of the stream late. */
  pass(direction: Direction, run: () => void): void {
    const { chain, clock, schedule } = this.#context;
    const { stream, session, messages } = this.#party;
    if (!stream || chain.idle) {
      run();
      return;
    }
    const { high, low } = session ?? { high: 0, low: 0 };
    const end = { direction, sessionHigh: high, sessionLow: low, stream: true };
    const { delayUs, records } = chain.decideEnd(end, clock.nowUs());
    for (const record of records) this.#context.record(record, this.#party, messages);
    if (delayUs <= 0) {
      run();
      return;
    }
    this.#due = schedule.later(delayUs, () => {
      this.#due = undefined;
      run();
      this.#party.settle();
    });
  }

  /** The link is gone. */
  cancel(): void {
    if (this.#due !== undefined) this.#context.schedule.remove(this.#due);
  }
}
