/**
 * `checkDeterminism`: two runs that agree are said to, and of two that do not, the place is shown.
 */
import { createClient } from "@faultline/client";
import { createServerCore } from "@faultline/server";
import { describe, expect, test } from "vitest";
import { differingPointers } from "../src/check/body.ts";
import { startElsewhere } from "../src/check/thread.ts";
import { runTraced } from "../src/check/traced.ts";
import { checkDeterminism, type FullSpec, parseSpec, runExperiment } from "../src/index.ts";
import type { SimulatedParts } from "../src/run/simulated.ts";

function spec(more: object = {}): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    transport: "udp",
    seed: 11,
    workload: { messages: 60, clients: 2 },
    client: { attemptTimeoutMs: 200 },
    faults: [
      { id: "drop", kind: "loss", probability: 0.2 },
      { id: "lag", kind: "delay", delayMs: 20, jitterMs: 15, probability: 0.5 },
    ],
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** A client whose waits depend on how many a module has seen: it remembers from run to run. */
function forgetful(): Partial<SimulatedParts> {
  let waits = 0;
  return {
    createClient(options) {
      const { draw } = options;
      return createClient({
        ...options,
        draw(...key) {
          waits += 1;
          return draw(...key) ^ (waits > 12 ? waits << 24 : 0);
        },
      });
    },
  };
}

/** A client whose waits are other ones where `isOdd` says so, of the run and of the waits so far. */
function moody(isOdd: (run: number, waits: number) => boolean): Partial<SimulatedParts> {
  let clients = 0;
  return {
    createClient(options) {
      const run = Math.floor(clients++ / 2) + 1;
      const { draw } = options;
      let waits = 0;
      return createClient({
        ...options,
        draw(...key) {
          waits += 1;
          return draw(...key) ^ (isOdd(run, waits) ? 0x7f00_0000 : 0);
        },
      });
    },
  };
}

/** A server that counts what all its lives executed. */
function boastful(): Partial<SimulatedParts> {
  let asked = 0;
  return {
    createServerCore(options) {
      const core = createServerCore(options);
      return {
        accept: (link) => core.accept(link),
        setFaults: (plan) => core.setFaults(plan),
        takeEndings: () => core.takeEndings(),
        takeRecords: () => core.takeRecords(),
        stats() {
          asked += 1;
          const stats = core.stats();
          return { ...stats, executions: stats.executions + asked };
        },
      };
    },
  };
}

describe("two runs of one spec", () => {
  test("agree in every event and every byte, here and in a fresh thread", async () => {
    const plan = spec();
    const check = await checkDeterminism(plan);
    const { result } = await runExperiment(plan);
    expect(check).toMatchObject({ same: true, difference: undefined, pointers: [] });
    expect(check.digests).toEqual([result.digest, result.digest]);
    expect(check.bodyHashes).toEqual([result.bodyHash, result.bodyHash]);
    const [first = 0, second] = check.events ?? [];
    expect(first).toBeGreaterThan(120);
    expect(second).toBe(first);
  });

  test("that remember something part at an event, which is shown with its neighbours", async () => {
    const check = await checkDeterminism(spec(), { parts: forgetful(), neighbours: 3 });
    expect(check.same).toBe(false);
    const { index, first, second } = check.difference!;
    // the first waits of the first run were true ones, so the two part where the second first waits
    expect(index).toBeGreaterThan(3);
    expect(first.map((event) => event.index)).toEqual(
      Array.from({ length: 7 }, (_, place) => index - 3 + place),
    );
    expect(second).toHaveLength(7);
    expect(first.slice(0, 3)).toEqual(second.slice(0, 3));
    expect(first[3]).not.toEqual(second[3]);
    expect(first[3]?.what).toMatch(/^(timer|datagram|segment|acknowledgement) /);
  });

  test("that part beyond the words that were kept are shown by a further run, if that can be had", async () => {
    const second = (): Partial<SimulatedParts> => moody((run, waits) => run === 2 && waits > 3);
    const kept = await checkDeterminism(spec(), { parts: second() });
    const { index } = kept.difference!;
    // the neighbours of the event just fit, and then they do not, and a further run is like the first
    for (const wordsMax of [index + 6, index + 5, 1]) {
      const check = await checkDeterminism(spec(), { parts: second(), wordsMax });
      expect(check.difference).toEqual(kept.difference);
    }
    const third = moody((run, waits) => (run === 2 && waits > 3) || run === 3);
    const lost = await checkDeterminism(spec(), { parts: third, wordsMax: 1 });
    expect(lost.difference).toEqual({ ...kept.difference, first: [] });
  });

  test("that differ in nothing but a count are told apart by where it stands", async () => {
    const check = await checkDeterminism(spec(), { parts: boastful() });
    expect(check).toMatchObject({ same: false, difference: undefined });
    expect(check.pointers[0]).toBe("/counts/executions");
    expect(check.digests[0]).toBe(check.digests[1]);
  });

  test("of a series agree in every run, whoever shares them out", async () => {
    const plan = spec({ seed: 1, seeds: { base: 1, runs: 6 } });
    const check = await checkDeterminism(plan, { threads: 2 });
    expect(check).toMatchObject({ same: true, events: null, difference: undefined, pointers: [] });
    expect(check.result.runs).toHaveLength(6);
    expect(check.digests[0]).toMatch(/^sha256:/);
  });

  test("of a series that part are shown at an event of the first run in which they do", async () => {
    const plan = spec({ seed: 1, seeds: { base: 1, runs: 3 } });
    const check = await checkDeterminism(plan, { parts: forgetful(), threads: 1, neighbours: 2 });
    expect(check.same).toBe(false);
    expect(check.pointers[0]).toMatch(
      /^\/(counts|latencyMs|serviceMs|runs|delivery|betweenRuns)\//,
    );
    expect(check.difference?.first).toHaveLength(5);
  });

  test("that were stopped are not compared", async () => {
    const abort = new AbortController();
    const check = await checkDeterminism(spec({ workload: { messages: 200_000 } }), {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    expect(check).toMatchObject({ same: null, difference: undefined, pointers: [] });
    expect(check.result.verdict).toBe("inconclusive");
  });

  test("are not made on sockets: real time never repeats itself", async () => {
    await expect(checkDeterminism(spec({ mode: "real" }))).rejects.toThrow(
      'Cannot check determinism as "mode" must be "simulated"',
    );
  });

  test("that fail, fail the check with their code", async () => {
    const parts: Partial<SimulatedParts> = {
      createClient(options) {
        Math.random();
        return createClient(options);
      },
    };
    await expect(checkDeterminism(spec(), { parts })).rejects.toMatchObject({ code: "unsealed" });
  });
});

describe("a run elsewhere", () => {
  test("reports what one here does", async () => {
    const [here, there] = [
      await runTraced(spec(), { from: 20, lastMax: 4 }),
      startElsewhere(spec(), { from: 20, lastMax: 4 }),
    ];
    const report = await there.report;
    expect(report.entries).toEqual(here.entries);
    expect(report.entries.map(({ index }) => index)).toEqual([20, 21, 22, 23]);
    expect(report.result.bodyHash).toBe(here.result.bodyHash);
    await there.end();
  });

  test("whose thread is ended early rejects, with a code", async () => {
    const there = startElsewhere(spec({ workload: { messages: 1_000_000 } }), {});
    await there.end();
    await expect(there.report).rejects.toMatchObject({ code: "world-failed" });
  });

  test("that cannot be made says why", async () => {
    const impossible = { ...spec(), transport: "pigeon" } as unknown as FullSpec;
    const there = startElsewhere({ ...impossible, workload: undefined } as unknown as FullSpec, {});
    await expect(there.report).rejects.toMatchObject({ code: "world-failed" });
    await there.end();
  });
});

test("differing pointers name the values, deepest first, and leave out what follows from them", async () => {
  const { result } = await runExperiment(spec());
  const other = {
    ...result,
    bodyHash: "sha256:other",
    verdict: "fail" as const,
    spec: { ...result.spec, workload: { ...result.spec.workload, clients: 3 } },
  };
  expect(differingPointers(result, other, 10)).toEqual(["/spec/workload/clients", "/verdict"]);
  expect(differingPointers(result, other, 1)).toEqual(["/spec/workload/clients"]);
  expect(differingPointers(result, { ...result }, 10)).toEqual([]);
});
