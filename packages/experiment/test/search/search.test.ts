/** Looking for failing seeds, and what counts as a failure without being asked for. */
import { createClient } from "@faultline/client";
import { createServerCore } from "@faultline/server";
import { describe, expect, test } from "vitest";
import {
  type CreateParts,
  planScenario,
  runExperiment,
  runTrial,
  scenarios,
  transportsIn,
  searchSeeds,
} from "../../src/index.ts";
import { toScheduled } from "../../src/search/trial.ts";
import { plantedSpec, specOf } from "./support.ts";

const SMALL = { workload: { messages: 20 } };
const LOSSY = { ...SMALL, faults: [{ id: "drop", kind: "loss", probability: 0.05 }] };

/** The true client, and what it does with each outcome changed. */
function clientThat(
  change: (settle: () => void, later: (run: () => void, us: number) => void, nth: number) => void,
): CreateParts {
  return () => ({
    createClient: (options) => {
      const client = createClient(options);
      let nth = 0;
      const later = (run: () => void, us: number): void => {
        options.clock.setTimer(options.clock.nowUs() + us, run);
      };
      return {
        send: (body, more) => client.send(body, more),
        stats: () => client.stats(),
        close: (more) => client.close(more),
        [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
        submit: (body, more, done) =>
          client.submit(body, more, (outcome) => {
            nth += 1;
            change(() => done(outcome), later, nth);
          }),
      };
    },
  });
}

async function signatures(createParts: CreateParts, more: object = SMALL): Promise<string[]> {
  const { failures } = await runTrial(specOf(more), { createParts });
  return failures.map(({ signature, message }) => `${signature}: ${message}`);
}

describe("a trial", () => {
  const CASES = scenarios.flatMap((scenario) =>
    scenario.spec.codec === "pipe"
      ? []
      : transportsIn("simulated", scenario).map((transport) => ({
          name: scenario.name,
          transport,
        })),
  );

  test.each(CASES)(
    "of $name over $transport breaks no invariant, and as a schedule it is the same run",
    async ({ name, transport }) => {
      const planned = planScenario({ scenario: name, transport, mode: "simulated" });
      if (!planned.ok) throw new Error(JSON.stringify(planned.errors));
      const drawn = await runTrial(planned.spec);
      expect(drawn.failures).toEqual([]);
      expect(drawn.firings.length > 0).toBe(planned.spec.faults.length > 0 || name === "partition");
      const schedule = drawn.firings.map(toScheduled);
      const listed = await runTrial({ ...planned.spec, schedule });
      expect(listed.result?.digest).toBe(drawn.result?.digest);
      expect(listed.firings).toEqual(drawn.firings);
      expect(listed.failures).toEqual([]);
    },
  );

  test("is the run that anybody else would have made", async () => {
    const spec = specOf(LOSSY);
    const { result } = await runExperiment(spec);
    const trial = await runTrial(spec);
    expect(trial.result?.bodyHash).toBe(result.bodyHash);
    expect((await runTrial(spec, { detail: false })).result?.bodyHash).toBe(result.bodyHash);
  });

  test("fails by the assertion that is broken, and by no other", async () => {
    const assert = [
      { metric: "delivery.ratio", op: ">=", value: 0.5 },
      { metric: "counts.timeouts", op: "<", value: 0 },
      { metric: "counts.timeouts", op: ">", value: 0, sometimes: true },
    ];
    const { failures } = await runTrial(specOf({ ...SMALL, assert }));
    expect(failures).toEqual([
      {
        signature: "assertion counts.timeouts < 0",
        message: "expected counts.timeouts < 0, got 0",
        place: null,
      },
    ]);
  });

  test("fails where a message settles twice", async () => {
    const twice = clientThat((settle, _later, nth) => {
      settle();
      if (nth === 3) settle();
    });
    expect(await signatures(twice)).toEqual([
      "invariant settled-once: message 2 of client 0 had 2 outcomes",
    ]);
  });

  test("fails where a message never settles and nothing is left to happen", async () => {
    const never = clientThat((settle, _later, nth) => {
      if (nth !== 3) settle();
    });
    expect(await signatures(never)).toEqual([
      "invariant settled: The simulation has nothing left to do before its end",
    ]);
  });

  test("fails where a part throws", async () => {
    const throws = clientThat((settle, _later, nth) => {
      if (nth === 3) throw new TypeError("no such thing");
      settle();
    });
    expect(await signatures(throws)).toEqual(["invariant no-exception: no such thing"]);
  });

  test("fails where a part looks at the clock on the wall", async () => {
    const peeks = clientThat((settle, _later, nth) => {
      if (nth === 3) Date.now();
      settle();
    });
    const [first, ...others] = await signatures(peeks);
    expect(first).toMatch(/^invariant sealed: /);
    expect(others).toEqual([]);
  });

  test("fails where an execution is made up, repeated or left out, and where a reply is another's", async () => {
    const last = new Uint8Array(64);
    const forgetful: CreateParts = () => ({
      createServerCore: (options) => {
        const { responder } = options;
        if (responder === undefined || typeof responder === "string") throw new Error("watched");
        let nth = 0;
        return createServerCore({
          ...options,
          responder: {
            name: "echo",
            extraBytes: 0,
            count: 0,
            respond(payload) {
              nth += 1;
              if (nth === 2) responder.respond(payload);
              if (nth === 4) return last;
              last.set(payload);
              return responder.respond(payload);
            },
          },
        });
      },
    });
    expect(await signatures(forgetful)).toEqual([
      "invariant executed-once: message 1 of client 0 was executed 2 times",
      "invariant executed: message 3 of client 0 was delivered, but never executed",
      "invariant right-replies: message 3 of client 0 was delivered with another body than had to come back",
    ]);
  });

  test.each([
    { afterMs: 4_000, found: 0 },
    { afterMs: 5_000, found: 0 },
    { afterMs: 5_002, found: 1 },
  ])("lets a message take its deadline of 5 s and no longer ($afterMs ms)", async (one) => {
    const late: CreateParts = () => ({
      createClient: (options) => createClient({ ...options, deadlineMs: 60_000 }),
    });
    const faults = [{ id: "late", kind: "delay", delayMs: one.afterMs - 0.1, firstMessages: 1 }];
    const client = { deadlineMs: 5_000, attemptTimeoutMs: 5_000 };
    const lines = await signatures(
      () => ({ createClient: (o) => late().createClient!({ ...o, attemptTimeoutMs: 60_000 }) }),
      { ...SMALL, client, faults },
    );
    expect(lines.length).toBe(one.found);
    if (one.found > 0)
      expect(lines[0]).toMatch(/^invariant deadline-kept: message 0 of client 0 took 500\d/);
  });

  test("judges no replies and no executions where damage may go unseen", async () => {
    const faults = [
      { id: "flip", kind: "corrupt", how: "byte", probability: 0.5, direction: "both" },
    ];
    const { failures } = await runTrial(
      specOf({
        checksum: "none",
        workload: { messages: 60 },
        faults,
        client: { attemptTimeoutMs: 50 },
      }),
    );
    expect(failures).toEqual([]);
  });

  test("is for simulated specs", async () => {
    await expect(runTrial(specOf({ mode: "real" }))).rejects.toThrow(
      'Cannot try as "mode" must be simulated: got "real"',
    );
  });
});

describe("a search", () => {
  const NEVER = { metric: "counts.timeouts", op: "==", value: 0 };
  const spec = specOf({ ...LOSSY, client: { attemptTimeoutMs: 50 }, assert: [NEVER] });

  test("tries one seed after another from its base, and stops at the first that fails", async () => {
    const all = await searchSeeds(spec, { base: 100, seeds: 50, failuresMax: 50 });
    expect(all.ended).toBe("seeds");
    expect(all.seeds).toEqual({ base: 100, asked: 50, tried: 50 });
    const seeds = all.failing.map(({ seed }) => seed);
    expect(seeds.length).toBeGreaterThan(10);
    expect(all.signatures).toEqual([{ signature: "assertion counts.timeouts == 0", seeds }]);
    expect(all.rate.ratio).toBe(seeds.length / 50);
    const first = await searchSeeds(spec, { base: 100, seeds: 50 });
    expect(first.failing).toEqual(all.failing.slice(0, 1));
    expect(first.ended).toBe("failures");
    expect(first.seeds.tried).toBe(seeds[0]! - 99);
  });

  test("names a seed whose run alone fails in the same way", async () => {
    const { failing } = await searchSeeds(spec, { seeds: 30 });
    const { seed, failures, digest } = failing[0]!;
    const { result } = await runExperiment({ ...spec, seed });
    expect(result.verdict).toBe("fail");
    expect(result.digest).toBe(digest);
    expect(failures[0]?.message).toBe(result.assertions[0]?.message);
  });

  test("finds nothing where everything holds", async () => {
    const { failing, ended, rate } = await searchSeeds(specOf(LOSSY), { seeds: 20 });
    expect({ failing, ended }).toEqual({ failing: [], ended: "seeds" });
    expect(rate.ratio).toBe(0);
    expect(rate.interval?.[1]).toBeGreaterThan(0.1);
  });

  test("that is stopped keeps what it has, and counts no run that was cut short", async () => {
    const stop = new AbortController();
    const result = await searchSeeds(spec, {
      seeds: 1_000,
      failuresMax: 1_000,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 12) stop.abort();
      },
    });
    expect(result.ended).toBe("aborted");
    expect(result.seeds.tried).toBe(12);
    expect(result.failing.length).toBeGreaterThan(0);
  });

  test("gives the same answer on any number of threads, with parts of one's own too", async () => {
    const bug = new URL("../../../planted/src/shared-replies.ts", import.meta.url).href;
    const { default: createParts } = (await import(bug)) as { default: CreateParts };
    const planted = plantedSpec("shared-replies");
    const cases = [
      { spec, options: { seeds: 40, failuresMax: 7 } },
      { spec: planted, options: { seeds: 30, createParts, partsModule: bug } },
      { spec: planted, options: { seeds: 30 } },
    ];
    for (const { spec: one, options } of cases) {
      const alone = await searchSeeds(one, options);
      expect(await searchSeeds(one, { ...options, threads: 2 })).toEqual(alone);
      expect(await searchSeeds(one, { ...options, threads: 3 })).toEqual(alone);
    }
  });

  test("on threads is stopped like any other, and tells of a module that cannot be loaded", async () => {
    const stop = new AbortController();
    const result = await searchSeeds(specOf(LOSSY), {
      seeds: 100_000,
      threads: 2,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 9) stop.abort();
      },
    });
    expect(result).toMatchObject({ ended: "aborted", seeds: { tried: 9 } });
    const partsModule = new URL("no-such-module.ts", import.meta.url).href;
    await expect(searchSeeds(spec, { threads: 2, partsModule })).rejects.toThrow();
  });

  test.each([
    [{ threads: 257 }, 'Cannot search as "threads" must be a whole number from 1 to 256: got 257'],
    [{ seeds: 0 }, 'Cannot search as "seeds" must be a whole number from 1 to 1000000000: got 0'],
    [
      { failuresMax: 1.5 },
      'Cannot search as "failuresMax" must be a whole number from 1 to 1000000000: got 1.5',
    ],
    [
      { base: Number.MAX_SAFE_INTEGER, seeds: 2 },
      'Cannot search as "base" must be a whole number from 0, with all seeds below 2^53: got 9007199254740991',
    ],
  ])("refuses %o", async (options, message) => {
    await expect(searchSeeds(spec, options)).rejects.toThrow(message);
  });
});
