/** Making a failing run small: what is kept, what is told, and where it stops. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { planted } from "@faultline/planted";
import { describe, expect, test } from "vitest";
import { type ShrinkProgress, shrink } from "../../src/index.ts";
import { plantedSpec, specOf } from "./support.ts";

const TWO_LATE = { metric: "counts.timeouts", op: "<", value: 2 };
const NOISY = specOf({
  workload: { messages: 60, clients: 3, inFlightMax: 2, payloadBytes: { min: 20, max: 900 } },
  client: { attemptTimeoutMs: 50, attemptsMax: 8 },
  faults: [
    { id: "late", kind: "delay", delayMs: 3, probability: 0.5 },
    { id: "drop", kind: "loss", probability: 0.1 },
    { id: "flip", kind: "corrupt", probability: 0.25 },
  ],
  assert: [TWO_LATE, { metric: "counts.corruptionsDetected", op: "<=", value: 1 }],
});

describe("shrinking", () => {
  test("leaves as many firings as the failure takes, and as little as can be around them", async () => {
    const small = await shrink(NOISY, { signature: "assertion counts.timeouts < 2" });
    expect(small).toMatchObject({
      outcome: "shrunk",
      minimal: true,
      to: { firings: 2, events: 0 },
    });
    expect(small.from!.firings).toBeGreaterThan(30);
    const { spec } = small;
    expect(spec!.schedule!.map(({ fault }) => fault)).toEqual(["drop", "drop"]);
    expect(spec!.faults.map(({ id }) => id)).toEqual(["drop"]);
    expect(spec!.assert).toMatchObject([TWO_LATE]);
    expect(spec!.workload.messages).toBeLessThan(60);
    expect(spec!.workload.inFlightMax).toBe(1);
    expect(spec!.workload.payloadBytes).toBe(64);
  });

  test("keeps to the failure it was asked for", async () => {
    const signature = "assertion counts.corruptionsDetected <= 1";
    const { spec, failure } = await shrink(NOISY, { signature });
    expect(failure?.signature).toBe(signature);
    expect(spec!.schedule!.map(({ fault }) => fault)).toEqual(["flip", "flip"]);
  });

  test("needs no fault where the failure needs none", async () => {
    const spec = {
      ...NOISY,
      assert: [{ ...NOISY.assert[0]!, metric: "counts.delivered", value: 1 }],
    };
    const small = await shrink(spec);
    expect(small.to).toEqual({ firings: 0, events: 0, messages: 1, clients: 1 });
    expect(small.story).toMatch(
      /^With seed 5, one client sends one message over tcp, one at a time. No fault is needed. So it fails: /,
    );
  });

  test("takes phases apart where no assertion speaks of them", async () => {
    const phased = specOf({
      workload: { messages: 40, ratePerSecond: 100 },
      client: { attemptTimeoutMs: 50, attemptsMax: 8 },
      phases: [
        { name: "calm", durationMs: 100 },
        {
          name: "storm",
          durationMs: 200,
          faults: [{ id: "drop", kind: "loss", probability: 0.5 }],
        },
      ],
      assert: [TWO_LATE],
    });
    const small = await shrink(phased);
    expect(small.to).toMatchObject({ firings: 2 });
    expect(small.spec!.phases).toBeNull();
    expect(small.spec!.faults.map(({ id }) => id)).toEqual(["drop"]);
  });

  test("says so where the seed does not fail", async () => {
    const calm = await shrink({ ...NOISY, assert: [] });
    expect(calm).toMatchObject({ outcome: "passes", failure: null, spec: null, trials: 1 });
    const other = await shrink(NOISY, { signature: "invariant settled" });
    expect(other.outcome).toBe("passes");
  });

  test("says so where a part does not depend on the seed alone", async () => {
    let runs = 0;
    const moody = () => {
      runs += 1;
      if (runs > 1) return {};
      return {
        createClient: () => {
          throw new Error("in a bad mood");
        },
      };
    };
    const result = await shrink({ ...NOISY, assert: [] }, { createParts: moody as never });
    expect(result).toMatchObject({
      outcome: "not-repeated",
      failure: { signature: "invariant no-exception", message: "in a bad mood" },
    });
  });

  test("stops after so many runs with the smallest so far, which is confirmed all the same", async () => {
    const seen: ShrinkProgress[] = [];
    const small = await shrink(NOISY, { trialsMax: 8, onProgress: (one) => seen.push(one) });
    expect(small).toMatchObject({ outcome: "shrunk", minimal: false });
    expect(seen.length).toBe(8);
    expect(seen.at(-1)).toMatchObject({ trials: 8, trialsMax: 8 });
    expect(small.to!.firings).toBeLessThan(small.from!.firings);
    expect(small.trials).toBe(10);
  });

  test("that is stopped before anything failed has nothing to show", async () => {
    expect((await shrink(NOISY, { signal: AbortSignal.abort() })).outcome).toBe("aborted");
  });

  test("refuses a budget that is none", () => {
    expect(() => shrink(NOISY, { trialsMax: 0 })).toThrow(
      'Cannot shrink as "trialsMax" must be a whole number from 1 to 1000000: got 0',
    );
  });
});

test("the story says which message met what and when, what followed, and what should have held", async () => {
  const bug = planted.find(({ name }) => name === "shared-replies")!;
  const { story } = await shrink(plantedSpec(bug.name), { seed: 5, createParts: bug.broken });
  expect(story).toBe(
    "With seed 5, 2 clients send 24 messages over tcp, one at a time. " +
      "At 1.25 ms the request of message 11 of client 0, attempt 1, meets lost: dropped. " +
      "Message 11 of client 0 went attempt 1 out at 1.2 ms and ended at 51.2 ms (timeout), " +
      "attempt 2 out at 61.2 ms and ended at 61.3 ms (reply): delivered. " +
      "So it fails: message 11 of client 0 was delivered, but never executed. " +
      "What should have held: every delivered message was executed.",
  );
});

describe("the test that is written", () => {
  const bug = planted.find(({ name }) => name === "stale-reply")!;
  const here = fileURLToPath(new URL(".", import.meta.url));

  /** Runs a test file of its own; resolves with its exit code and output. */
  async function vitest(text: string): Promise<{ code: number; output: string }> {
    const folder = await mkdtemp(join(here, "written-"));
    try {
      await writeFile(join(folder, "repro.test.ts"), text);
      const runner = fileURLToPath(
        new URL("../../../../node_modules/vitest/vitest.mjs", import.meta.url),
      );
      const node = fileURLToPath(new URL("../../../../node_modules/.bin/node", import.meta.url));
      const args = [runner, "run", "--root", folder, "--maxWorkers=1"];
      const { stdout } = await promisify(execFile)(node, args, {
        env: { ...process.env, NO_COLOR: "1" },
      });
      return { code: 0, output: stdout };
    } catch (error) {
      const {
        code,
        stdout = "",
        stderr = "",
      } = error as { code: number; stdout?: string; stderr?: string };
      return { code, output: stdout + stderr };
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test("fails as long as the mistake is there, and passes without it", async () => {
    const partsModule = fileURLToPath(
      new URL("../../../planted/src/stale-reply.ts", import.meta.url),
    );
    const small = await shrink(plantedSpec(bug.name), {
      seed: 16,
      createParts: bug.broken,
      partsModule,
    });
    const broken = await vitest(small.test!);
    expect(broken.code).toBe(1);
    expect(broken.output).toContain(small.failure!.message);
    const mended = await vitest(
      small.test!.replace("import createParts from", "import { sound as createParts } from"),
    );
    expect(mended.code, mended.output).toBe(0);
  });
});
