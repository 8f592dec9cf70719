/** What a client and a pool have in common for a test: messages go in, and time is the test's. */
import { FakeClock } from "@faultline/testkit";
import type { Client, ClientEvent, Outcome, SubmitOptions } from "../../src/index.ts";

const MS = 1000;

/** The outcome of one message, once there is one. */
export interface Sent {
  readonly operation: number;
  outcome: Outcome | undefined;
  /** How often `done` was called. */
  calls: number;
}

/** One test's client, in a world of its own. */
export abstract class Sending {
  readonly clock: FakeClock = new FakeClock();
  readonly events: ClientEvent[] = [];
  abstract readonly client: Client;

  submit(body: Uint8Array | string, options: SubmitOptions = {}): Sent {
    const operation = this.client.submit(body, options, (outcome) => {
      sent.outcome = outcome;
      sent.calls++;
    });
    const sent: Sent = { operation, outcome: undefined, calls: 0 };
    return sent;
  }

  /** Submits and runs until the outcome is there. */
  send(body: Uint8Array | string, options: SubmitOptions = {}): Outcome {
    return this.outcomeOf(this.submit(body, options));
  }

  outcomeOf(sent: Sent): Outcome {
    this.clock.runUntil(() => sent.outcome !== undefined);
    if (sent.outcome === undefined) throw new Error("No outcome, and nothing more will happen.");
    return sent.outcome;
  }

  advanceMs(ms: number): void {
    this.clock.advance(ms * MS);
  }

  /** Does something after a while. */
  later(ms: number, run: () => void): void {
    this.clock.setTimer(this.clock.nowUs() + ms * MS, run);
  }
}
