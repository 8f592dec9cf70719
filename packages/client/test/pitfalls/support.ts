/** What the pitfalls share: a naive client in a world, and servers with something to lose. */
import { FrameFlag } from "@faultline/protocol";
import { numbers, seed } from "@faultline/testkit";
import type { NaiveOptions, NaiveOutcome } from "@faultline/testkit/naive";
import { NaiveClient } from "@faultline/testkit/naive";
import type { Request, World } from "../support/world.ts";

/** A naive client that talks to the world's server. */
export class Naive {
  readonly client: NaiveClient;
  readonly #world: World;

  constructor(world: World, options: Partial<NaiveOptions> = {}) {
    this.#world = world;
    this.client = new NaiveClient({ dialer: world.network, clock: world.clock, ...options });
  }

  submit(body: string, signal?: AbortSignal): { outcome: NaiveOutcome | undefined } {
    const sent: { outcome: NaiveOutcome | undefined } = { outcome: undefined };
    this.client.submit(body, (outcome) => (sent.outcome = outcome), signal);
    return sent;
  }

  send(body: string): NaiveOutcome {
    const sent = this.submit(body);
    this.#world.clock.runUntil(() => sent.outcome !== undefined);
    return sent.outcome!;
  }
}

/** Text of a naive outcome. */
export function naiveText({ reply }: NaiveOutcome): string | undefined {
  return reply === undefined ? undefined : new TextDecoder().decode(reply);
}

/** True with so many chances in a thousand; the same course for the same seed. */
export function chanceOf(perThousand: number, salt = 0): () => boolean {
  const next = numbers(seed() + salt);
  return () => next() % 1000 < perThousand;
}

/** A server that counts what it executes, once for each operation id, and says what it counted. */
export class CountingServer {
  executions = 0;
  readonly #replies = new Map<string, Uint8Array>();

  /** Executes the request, or finds the reply of an earlier one with its id. */
  execute({ frame }: Request): { payload: Uint8Array; flags: number } {
    const key = `${frame.session.high}:${frame.session.low}:${frame.operation}`;
    const known = this.#replies.get(key);
    if (known !== undefined) return { payload: known, flags: FrameFlag.replayed };
    this.executions++;
    const payload = new TextEncoder().encode(String(this.executions));
    this.#replies.set(key, payload);
    return { payload, flags: 0 };
  }
}
