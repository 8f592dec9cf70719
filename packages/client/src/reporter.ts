/**
 * Calls what the user gave: listeners and `done` functions, where their mistakes do no harm.
 *
 * A callback that throws must not leave the client half way through an event, so its error is
 * thrown again after the event, where it surfaces as any uncaught error does. Nothing else that a
 * client does is caught.
 */
import type { Clock } from "@faultline/protocol";
import type { ClientEvent, ClientListener } from "./events.ts";
import type { Done } from "./operation.ts";
import type { Outcome } from "./outcome.ts";

/** Tells the outside. */
export class Reporter {
  readonly #clock: Clock;
  readonly #listener: ClientListener | undefined;
  /** Whether anybody listens: without, no event need be made. */
  readonly isOn: boolean;

  constructor(clock: Clock, listener: ClientListener | undefined) {
    this.#clock = clock;
    this.#listener = listener;
    this.isOn = listener !== undefined;
  }

  emit(event: ClientEvent): void {
    try {
      this.#listener?.(event);
    } catch (error) {
      this.#throwLater(error);
    }
  }

  /** An attempt of a message was due and is not made. */
  attemptRefused(operation: number, by: "budget" | "breaker", atUs: number): void {
    if (this.isOn) this.emit({ event: "attempt-refused", atUs, operation, by });
  }

  /** A message waits before its next attempt. */
  backoff(operation: number, delayUs: number, atUs: number): void {
    if (this.isOn) this.emit({ event: "backoff", atUs, operation, delayUs });
  }

  /** A message waits for a place in flight, … */
  queued(operation: number, waiting: number, atUs: number): void {
    if (this.isOn) this.emit({ event: "queued", atUs, operation, waiting });
  }

  /** … and was given one. */
  placed(operation: number, waitedUs: number, atUs: number): void {
    if (this.isOn) this.emit({ event: "placed", atUs, operation, waitedUs });
  }

  finish(done: Done, outcome: Outcome): void {
    try {
      done(outcome);
    } catch (error) {
      this.#throwLater(error);
    }
  }

  #throwLater(error: unknown): void {
    this.#clock.defer(() => {
      throw error;
    });
  }
}
