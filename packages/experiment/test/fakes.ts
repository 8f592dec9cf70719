/** Stand-ins for the parts of a run: a client that settles when told to, outcomes, records. */
import type { Attempt, Outcome } from "@faultline/client";
import type { ServerFaultRecord } from "@faultline/server";
import type { Sender, Settled } from "../src/run/driver.ts";

/** A message in the hands of a fake client. */
export interface Taken {
  readonly message: number;
  readonly body: Uint8Array;
  readonly idempotent: boolean | undefined;
  settle(outcome: Outcome): void;
}

/** A client that keeps what it is given until the test settles it. */
export class FakeSender implements Sender {
  readonly taken: Taken[] = [];
  readonly #now: () => number;
  readonly #refuses: (message: number) => boolean;
  #next = 0;

  constructor(now: () => number, refuses: (message: number) => boolean = () => false) {
    this.#now = now;
    this.#refuses = refuses;
  }

  submit(
    body: Uint8Array,
    options: { idempotent?: boolean },
    done: (outcome: Outcome) => void,
  ): void {
    const message = this.#next;
    this.#next += 1;
    if (this.#refuses(message)) done(failed("rejected", { operation: message, attempts: [] }));
    else this.taken.push({ message, body, idempotent: options.idempotent, settle: done });
  }

  /** Answers the oldest message with its own body. */
  echo(): void {
    const oldest = this.taken.shift();
    const endedUs = this.#now();
    oldest?.settle(delivered(oldest.body, { operation: oldest.message, endedUs }));
  }
}

/** An attempt that ended by its reply, unless told otherwise. */
export function attempt(more: Partial<Attempt> = {}): Attempt {
  const plain = { attempt: 1, sentUs: 0, endedUs: 0, ended: "reply" } as const;
  const place = { endpoint: undefined, local: "127.0.0.1:1", sequence: 0 };
  return { ...plain, status: undefined, ...place, ...more };
}

/** A delivered message. */
export function delivered(reply: Uint8Array, more: Partial<Outcome> = {}): Outcome {
  return {
    outcome: "delivered",
    operation: 0,
    reply,
    replayed: false,
    ambiguous: false,
    attempts: [attempt()],
    submittedUs: 0,
    endedUs: 0,
    error: undefined,
    ...more,
  } as Outcome;
}

/** A message that was not. */
export function failed(
  outcome: "failed" | "indeterminate" | "rejected",
  more: Partial<Outcome> = {},
): Outcome {
  const error = { code: "attempts-exhausted", message: "gave up", attempts: 1 };
  return {
    ...delivered(new Uint8Array(0), more),
    outcome,
    reply: undefined,
    error,
    ...more,
  } as Outcome;
}

/** A settled message of client 0. */
export function settled(outcome: Outcome, more: Partial<Settled> = {}): Settled {
  return { client: 0, message: 0, phase: -1, plannedUs: 0, outcome, right: true, ...more };
}

/** Proof of a fault on a message of session 0…01. */
export function record(fault: string, more: Partial<ServerFaultRecord> = {}): ServerFaultRecord {
  return {
    fault,
    kind: "loss",
    direction: "reply",
    sessionHigh: 0,
    sessionLow: 1,
    message: 0,
    attempt: 1,
    copy: 0,
    atUs: 0,
    did: "dropped",
    remote: "127.0.0.1:1",
    sequence: 0,
    ...more,
  };
}
