/** A world that breaks while a run is under way gives an error with a code, never a made-up result. */
import { describe, expect, test } from "vitest";
import { parseSpec } from "../src/index.ts";
import { conduct } from "../src/run/conduct.ts";
import { RunError } from "../src/run/error.ts";
import type { World } from "../src/run/port.ts";
import { openRealWorld } from "../src/run/world.ts";

function spec(input: object = {}) {
  const parsed = parseSpec({ specVersion: 1, seed: 1, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const PATIENT = {
  faults: [{ id: "lag", kind: "delay", delayMs: 20 }],
  workload: { messages: 500 },
};

async function broken(
  change: (world: World) => Partial<World>,
  input: object = PATIENT,
): Promise<unknown> {
  const plan = spec(input);
  const world = await openRealWorld(plan, { records: true });
  try {
    return await conduct(plan, { ...world, ...change(world) }, { onExchange: () => {} }).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await world.close();
  }
}

const gone = (): Promise<never> => Promise.reject(new RunError("world-failed", "gone"));

describe("a world that breaks", () => {
  test("by losing its server ends the run", async () => {
    const lost = Promise.resolve(new RunError("world-failed", "gone"));
    expect(await broken(() => ({ lost }))).toMatchObject({ code: "world-failed" });
  });

  test("by not giving its fault records ends the run", async () => {
    expect(await broken(() => ({ takeRecords: gone }))).toMatchObject({ code: "world-failed" });
  });

  test("by not changing its faults ends the run", async () => {
    const phases = [
      { name: "a", durationMs: 10 },
      { name: "b", durationMs: 10 },
    ];
    expect(await broken(() => ({ setFaults: gone }), { ...PATIENT, phases })).toMatchObject({
      code: "world-failed",
    });
  });

  test("by not counting has no result to give", async () => {
    const small = { workload: { messages: 1 } };
    expect(await broken(() => ({ stats: gone }), small)).toMatchObject({ code: "world-failed" });
  });

  test("by a crash of a worker has a result whose verdict is error", async () => {
    const plan = spec({ workload: { messages: 1 } });
    const world = await openRealWorld(plan, { records: false });
    const stats = async () => ({ ...(await world.stats()), workerRestarts: 1 });
    const { result } = await conduct(plan, { ...world, stats });
    await world.close();
    expect(result).toMatchObject({
      verdict: "error",
      reasons: ["a server worker crashed 1 times and was restarted"],
    });
  });
});
