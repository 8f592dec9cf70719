/**
 * A client whose deadline counts the time of attempts and forgets the waits between them.
 *
 * Right as long as the first attempt is answered: then there is no wait. With retries a message may
 * take as much longer than its deadline as it has waited.
 */
import { type Client, type ClientOptions, createClient } from "@faultline/client";
import type { Timer } from "@faultline/protocol";
import type { CreateParts } from "./parts.ts";

/** The true client's own deadline, out of the way. */
const NEVER_MS = 86_400_000;
const US_PER_MS = 1_000;

/** Gives one message up when its time is over; a wait may stop the clock. */
class Patience {
  readonly #clock: ClientOptions["clock"];
  readonly #giveUp: () => void;
  #dueUs: number;
  #timer: Timer;

  constructor(clock: ClientOptions["clock"], patienceUs: number, giveUp: () => void) {
    this.#clock = clock;
    this.#giveUp = giveUp;
    this.#dueUs = clock.nowUs() + patienceUs;
    this.#timer = clock.setTimer(this.#dueUs, giveUp);
  }

  extend(byUs: number): void {
    this.#dueUs += byUs;
    this.#timer.cancel();
    this.#timer = this.#clock.setTimer(this.#dueUs, this.#giveUp);
  }

  end(): void {
    this.#timer.cancel();
  }
}

function createPatientClient(options: ClientOptions, stopsClock: boolean): Client {
  const { clock, deadlineMs = 30_000 } = options;
  const open = new Map<number, Patience>();
  const client = createClient({
    ...options,
    deadlineMs: NEVER_MS,
    onEvent: (event) => {
      if (event.event === "backoff" && stopsClock) open.get(event.operation)?.extend(event.delayUs);
      options.onEvent?.(event);
    },
  });
  return {
    send: (body, more) => client.send(body, more),
    stats: () => client.stats(),
    close: (more) => client.close(more),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    submit(body, more, done) {
      const stop = new AbortController();
      const operation = client.submit(body, { ...more, signal: stop.signal }, (outcome) => {
        open.get(operation)?.end();
        open.delete(operation);
        done(outcome);
      });
      const giveUp = (): void => stop.abort(new Error("the deadline came"));
      open.set(operation, new Patience(clock, deadlineMs * US_PER_MS, giveUp));
      return operation;
    },
  };
}

const createParts: CreateParts = () => ({
  createClient: (options) => createPatientClient(options, true),
});
export default createParts;

/** The same with a clock that goes on while it waits. */
export const sound: CreateParts = () => ({
  createClient: (options) => createPatientClient(options, false),
});
