/**
 * Asks the breaker for every attempt, and tells it what became of each.
 *
 *   ready -> ask -> a permit kept by the message, or the end
 *   what happens to the message -> tell -> the permit goes back
 *
 * What may pass counts against the server: no answer, a lost one, too much to do. A refusal is an
 * answer, and a good one: it is the request that was wrong. What the caller or `close` ended counts
 * as nothing.
 */
import type { Breaker } from "./breaker.ts";
import { isAgainstServer } from "./classify.ts";
import type { Happening } from "./exchange.ts";
import type { Operation } from "./operation.ts";
import type { Reporter } from "./reporter.ts";

/** What a gate works with. */
export interface GateParts {
  readonly breaker: Breaker | null;
  readonly reporter: Reporter;
}

/** The gate of one client; open for all where there is no breaker. */
export class Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Whether an attempt of the message may be made. */
  ask(operation: Operation, nowUs: number): boolean {
    const { breaker } = this.#parts;
    if (breaker === null) return true;
    const before = breaker.state;
    operation.permit = breaker.admit(nowUs);
    this.#report(before, nowUs);
    if (operation.permit !== undefined) return true;
    this.#parts.reporter.attemptRefused(operation.operation, "breaker", nowUs);
    return false;
  }

  /** Something happened to a message that has a permit. */
  tell(operation: Operation, happening: Happening, nowUs: number): void {
    const { permit } = operation;
    const { breaker } = this.#parts;
    if (permit === undefined || breaker === null) return;
    const verdict = verdictOf(happening);
    if (verdict === undefined) return;
    const before = breaker.state;
    operation.permit = undefined;
    if (verdict === "success") breaker.succeed(permit, nowUs);
    else if (verdict === "nothing") breaker.forget(permit);
    else breaker.fail(permit, nowUs, operation.draw(operation.operation, operation.attempt));
    this.#report(before, nowUs);
  }

  #report(before: Breaker["state"], nowUs: number): void {
    const { breaker, reporter } = this.#parts;
    if (breaker === null || breaker.state === before || !reporter.isOn) return;
    reporter.emit({ event: "breaker", atUs: nowUs, state: breaker.state });
  }
}

/** What a happening says of the server; undefined: nothing has ended yet. */
function verdictOf(happening: Happening): "success" | "failure" | "nothing" | undefined {
  switch (happening.on) {
    case "reply":
      return "success";
    case "failed":
      return isAgainstServer(happening.failure, happening.handed) ? "failure" : "success";
    case "due":
      // Only the deadline ends a message that is ready: its link could not be had, or took nothing.
      return "failure";
    case "abandoned":
      return "nothing";
    case "barred":
    case "hedged":
    case "placed":
    case "refused":
    case "sent":
    case "twin-failed":
      return undefined;
    default:
      return happening satisfies never;
  }
}
