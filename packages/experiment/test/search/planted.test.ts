/**
 * A planted bug must be found by the seed sweep, or the sweep is broken; and made small, or nobody
 * will understand it.
 */
import { planted } from "@faultline/planted";
import { describe, expect, test } from "vitest";
import { parseSpec, runTrial, searchSeeds, shrink } from "../../src/index.ts";
import { plantedSpec } from "./support.ts";

const SEEDS = 1_000;
const FAULT_EVENTS_MAX = 5;
/** Seeds that the same parts without the mistake must survive. */
const SOUND_SEEDS = 40;

test("eight bugs are planted", () => {
  expect(planted.map(({ mistake }) => mistake)).toEqual([
    "a stale reply is matched by order",
    "deduplication is forgotten on reconnect",
    "the deadline ignores backoff",
    "the reply cache is keyed by operation alone",
    "a half-sent frame is continued on the next connection",
    "a wake-up is lost after back-pressure",
    "sequence numbers wrap around",
    "a restart forgets executed operations",
  ]);
});

describe.each(planted)("$name: $mistake", ({ name, broken, sound }) => {
  const spec = plantedSpec(name);

  test("is right without faults", async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const calm = { ...spec, seed, schedule: [], events: [] };
      const { failures, result } = await runTrial(calm, { createParts: broken });
      expect(failures).toEqual([]);
      expect(result?.verdict).toBe("pass");
    }
  });

  test("is found within 1000 seeds, and made small: it fails still, for itself and without its mistake not", async () => {
    const found = await searchSeeds(spec, { base: 1, seeds: SEEDS, createParts: broken });
    const [failing] = found.failing;
    expect(failing, `not found in ${SEEDS} seeds`).toBeDefined();
    const small = await shrink(spec, { seed: failing!.seed, createParts: broken });
    expect(small).toMatchObject({
      outcome: "shrunk",
      minimal: true,
      failure: { signature: failing!.failures[0]!.signature },
    });
    expect(small.to!.firings + small.to!.events).toBeLessThanOrEqual(FAULT_EVENTS_MAX);
    expect(small.to!.messages).toBeLessThanOrEqual(spec.workload.messages);
    // it stands alone …
    const parsed = parseSpec(JSON.parse(JSON.stringify(small.spec)));
    expect(parsed).toEqual({ ok: true, spec: small.spec });
    const again = await runTrial(small.spec!, { createParts: broken });
    expect(again.result?.digest).toBe(small.digest);
    expect(again.failures).toContainEqual(small.failure);
    // … and it is the mistake that fails
    const mended = await runTrial(small.spec!, { createParts: sound });
    expect(mended.failures).toEqual([]);
    expect(mended.result?.verdict).toBe("pass");
  });

  test("is the only thing that is found", async () => {
    const found = await searchSeeds(spec, { base: 1, seeds: SOUND_SEEDS, createParts: sound });
    expect(found.failing).toEqual([]);
  });
});
