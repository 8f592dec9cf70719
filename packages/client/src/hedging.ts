/**
 * Sends the second of two attempts that are under way at once, and keeps them apart.
 *
 *   sent ---- no reply within the delay ----> a twin is sent: same operation, next attempt
 *   the first reply wins, the other attempt ends as `aborted`; one that fails leaves the other
 *
 * Both time out together. The server executes an operation once, whichever attempt arrives first,
 * so the loser costs a message and no effect; that is why there is no hedging without a codec whose
 * operations are deduplicated.
 */
import type { AttemptLog } from "./attempt-log.ts";
import type { Channel } from "./channel.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Happening } from "./exchange.ts";
import type { Hedge } from "./hedge.ts";
import type { Operation } from "./operation.ts";
import type { Reporter } from "./reporter.ts";
import type { Route } from "./route.ts";

/** What hedging works with. */
export interface HedgingParts {
  readonly hedge: Hedge;
  readonly deadlines: Deadlines;
  readonly log: AttemptLog;
  readonly reporter: Reporter;
  readonly route: Pick<Route, "chooseTwin">;
  /** Moves an operation on. */
  readonly happen: (operation: Operation, happening: Happening, nowUs: number) => void;
}

type Refusal = "attempts" | "budget" | "link" | "load";

const HEDGED: Happening = { on: "hedged" };

/** The hedging of one client. */
export class Hedging {
  readonly #parts: HedgingParts;

  constructor(parts: HedgingParts) {
    this.#parts = parts;
  }

  /** An attempt was sent: the message is looked at again when its reply is late. */
  plan(operation: Operation, nowUs: number): void {
    const { deadlines, hedge } = this.#parts;
    const { exchange } = operation;
    hedge.earn();
    const { delayUs } = hedge;
    if (delayUs === undefined || exchange.at !== "sent") return;
    // A reply that takes just as long as most do is not late yet.
    const lateUs = nowUs + delayUs + 1;
    if (lateUs < exchange.untilUs) deadlines.set(operation, lateUs);
  }

  /**
   * A message has come due.
   *
   * @returns whether that was no timeout, but a reply that is late: it has been seen to.
   */
  due(operation: Operation, nowUs: number): boolean {
    const { exchange, running } = operation;
    if (exchange.at !== "sent" || running === undefined || nowUs >= exchange.untilUs) return false;
    const { deadlines, happen, log, reporter } = this.#parts;
    const channel = this.#choose(operation, nowUs);
    if (typeof channel === "string") {
      deadlines.append(operation, exchange.untilUs);
      if (!reporter.isOn) return true;
      const { operation: id } = operation;
      reporter.emit({ event: "hedge-refused", atUs: nowUs, operation: id, by: channel });
      return true;
    }
    operation.addressTo(channel, nowUs);
    log.hedge(operation, channel, nowUs);
    happen(operation, HEDGED, nowUs);
    channel.connection.transmit(operation, nowUs, true);
    return true;
  }

  /** Where the hedge goes, paid for; or what forbids it. */
  #choose(operation: Operation, nowUs: number): Channel | Refusal {
    const { hedge, route } = this.#parts;
    if (operation.attempt >= operation.attemptsMax) return "attempts";
    if (!operation.budget.canSpend) return "budget";
    const channel = route.chooseTwin(operation, nowUs);
    if (channel === undefined) return "link";
    return hedge.spend() ? channel : "load";
  }
}
