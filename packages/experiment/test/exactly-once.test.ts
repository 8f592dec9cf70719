/**
 * Exactly once: ten thousand increments through loss, duplicates, damage and resets both ways.
 *
 * The counter is the judge: each execution adds one and its reply says the new count, so two
 * messages with one count, or a count beyond the messages, would show a double execution. The
 * reply cache's own statistics are not believed here.
 */
import { describe, expect, test } from "vitest";
import type { Client, Outcome } from "@faultline/client";
import { parseSpec, type Result } from "../src/index.ts";
import { conduct } from "../src/run/conduct.ts";
import { openRealWorld } from "../src/run/world.ts";

const FAULTS = [
  { id: "drop", kind: "loss", direction: "both", probability: 0.02 },
  { id: "echoes", kind: "duplicate", direction: "both", probability: 0.1, copies: 2 },
  { id: "flip", kind: "corrupt", direction: "both", probability: 0.02 },
  { id: "overtake", kind: "reorder", direction: "both", probability: 0.05, gap: 2, delayMs: 10 },
];
const RESET = { id: "cut", kind: "reset", direction: "both", probability: 0.005 };
const BACKOFF = { firstMs: 2, maxMs: 20 };

interface Counted {
  readonly result: Result;
  /** What the server's counter stands at. */
  readonly counter: number;
  /** The counts that delivered replies brought. */
  readonly counts: readonly number[];
}

async function increments(input: object): Promise<Counted> {
  const parsed = parseSpec({ specVersion: 1, seed: 7, server: { responder: "counter" }, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const world = await openRealWorld(parsed.spec, { records: false });
  const counts: number[] = [];
  try {
    const createClient = (ordinal: number): Client =>
      watched(world.createClient(ordinal), (reply) => counts.push(countOf(reply)));
    const { result } = await conduct(parsed.spec, { ...world, createClient });
    const { counter } = await world.stats();
    return { result, counter, counts };
  } finally {
    await world.close();
  }
}

/** The same client, with an eye on every delivered reply. */
function watched(client: Client, see: (reply: Uint8Array) => void): Client {
  return {
    send: (body, options) => client.send(body, options),
    stats: () => client.stats(),
    close: (options) => client.close(options),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    submit: (body, options, done) =>
      client.submit(body, options, (outcome: Outcome) => {
        if (outcome.outcome === "delivered" && outcome.reply !== undefined) see(outcome.reply);
        done(outcome);
      }),
  };
}

function countOf(reply: Uint8Array): number {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  return Number(view.getBigUint64(0));
}

describe.each(["tcp", "udp"])("over %s", (transport) => {
  const faults = transport === "tcp" ? [...FAULTS, RESET] : FAULTS;

  test("10 000 increments count exactly 10 000", async () => {
    const { result, counter, counts } = await increments({
      transport,
      faults,
      workload: { messages: 10_000, clients: 8, inFlightMax: 12 },
      client: { attemptsMax: 40, attemptTimeoutMs: 250, deadlineMs: 60_000, backoff: BACKOFF },
    });
    expect(result.counts).toMatchObject({
      delivered: 10_000,
      indeterminate: 0,
      executions: 10_000,
      corruptionsUndetected: 0,
    });
    expect(counter).toBe(10_000);
    // each reply brought its own count, and together they are 1 … 10 000
    expect(counts.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => index + 1),
    );
    for (const fault of result.faults)
      expect([fault.id, fault.fired > 0]).toEqual([fault.id, true]);
    expect(result.counts.duplicatesSuppressed).toBeGreaterThan(100);
  });

  test("where clients give up early, the counter is what was delivered and some of the indeterminate", async () => {
    const { result, counter, counts } = await increments({
      transport,
      faults,
      workload: { messages: 2_000, clients: 16, inFlightMax: 4 },
      client: { attemptsMax: 1, attemptTimeoutMs: 250, deadlineMs: 60_000, backoff: BACKOFF },
    });
    const { delivered, indeterminate, failed, executions } = result.counts;
    expect(indeterminate).toBeGreaterThan(0);
    expect(delivered + indeterminate + failed).toBe(2_000);
    expect(counter).toBe(executions);
    expect(new Set(counts).size).toBe(delivered);
    // executed but not delivered: as many as the counter is ahead, all of them indeterminate
    expect(counter - delivered).toBeGreaterThan(0);
    expect(counter - delivered).toBeLessThanOrEqual(indeterminate);
  });
});
