/**
 * Bar 4 of exactly-once, in small: increments through loss, duplication, reordering, damage, resets,
 * partitions and restarts of the server. `pnpm soak --world simulated` does the million.
 */
import { createReplyMemory, createServerCore } from "@faultline/server";
import { describe, expect, test } from "vitest";
import { increments } from "./soak/increments.ts";

const MESSAGES = 25_000;

describe.each(["tcp", "udp"] as const)("increments over %s", (transport) => {
  test("are executed at most once, and none that is reported as failed has an effect", async () => {
    const found = await increments({ messages: MESSAGES, seed: 4, transport });
    expect(found).toMatchObject({ twice: 0, deliveredInVain: 0, failedWithEffect: 0 });
    const { counts, faults } = found.result;
    expect(counts).toMatchObject({ messages: MESSAGES, corruptionsUndetected: 0 });
    // everything went wrong often enough for that to mean something
    for (const { kind, fired } of faults) expect([kind, fired > 20]).toEqual([kind, true]);
    expect(counts.duplicatesSuppressed).toBeGreaterThan(2000);
    expect(found.restarts).toBeGreaterThan(10);
    expect(found.memoriesLost).toBeGreaterThan(5);
    expect(found.indeterminateWithEffect).toBeGreaterThan(100);
    expect(counts.delivered).toBeGreaterThan(MESSAGES / 2);
  });

  test("are executed twice by a server that forgets and does not know it, and it is seen", async () => {
    const createServer: typeof createServerCore = (options) =>
      createServerCore({ ...options, memory: createReplyMemory() });
    const found = await increments({ messages: 5000, seed: 4, transport, createServer });
    expect(found.twice).toBeGreaterThan(0);
  });
});
