/**
 * Many seeds from the command line: how they are said, what comes out, and what Ctrl-C keeps.
 */
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result, RunRow } from "@faultline/experiment";
import { afterAll, describe, expect, test } from "vitest";
import { loadSpec } from "../src/input/spec.ts";
import { readSeeds } from "../src/options/seeds.ts";
import { runTable, seedText } from "../src/output/runs.ts";
import { styleFor } from "../src/output/style.ts";
import { runChild, startCli } from "./child.ts";
import { fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-seeds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function specFile(name: string, spec: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ specVersion: 1, name, mode: "simulated", ...spec }));
  return path;
}

const SMALL = {
  seed: 7,
  workload: { messages: 100 },
  faults: [{ id: "drop", kind: "loss", probability: 0.2 }],
};

describe("--seeds", () => {
  test.each([
    ["20", { runs: 20 }],
    ["100+20", { base: 100, runs: 20 }],
    ["1,5,9", [1, 5, 9]],
    ["0+1", { base: 0, runs: 1 }],
    ["9007199254740991,0", [9_007_199_254_740_991, 0]],
  ])("%s is read", (text, seeds) => {
    expect(readSeeds(text)).toEqual(seeds);
  });

  test.each([
    "",
    "0",
    "-1",
    "1.5",
    "1e3",
    "a",
    "1,",
    ",1",
    "1,,2",
    "1+",
    "+1",
    "1+0",
    "1+2+3",
    "1-3",
  ])("%s is refused in one line", (text) => {
    expect(() => readSeeds(text)).toThrow(
      `Cannot run as "--seeds" must be how many (20), which (1,5,9), or a start and how many (100+20): got "${text}"`,
    );
  });

  test.each<[string, object, object, object]>([
    [
      "a count goes from the spec's seed on",
      { seed: 7 },
      { runs: 3 },
      { seed: 7, seeds: { base: 7, runs: 3 } },
    ],
    [
      "a count goes from the first of the spec's list on",
      { seeds: [5, 9] },
      { runs: 3 },
      { seed: 5, seeds: { base: 5, runs: 3 } },
    ],
    [
      "a count goes from the spec's base on",
      { seeds: { base: 4, runs: 9 } },
      { runs: 3 },
      { seed: 4, seeds: { base: 4, runs: 3 } },
    ],
    ["a list takes the place of the spec's seed", { seed: 7 }, [1, 2], { seed: 1, seeds: [1, 2] }],
    [
      "a start takes the place of the spec's seeds",
      { seeds: [5, 9] },
      { base: 1, runs: 2 },
      { seed: 1, seeds: { base: 1, runs: 2 } },
    ],
  ])("%s", async (_, spec, seeds, expected) => {
    const path = specFile("own", spec);
    expect(await loadSpec(path, fakeSystem(), { seeds } as never)).toMatchObject(expected);
  });

  test("goes with a scenario, and one seed makes one run of a spec that has many", async () => {
    const system = fakeSystem();
    const scenario = await loadSpec("loss", system, { seeds: { base: 3, runs: 2 } });
    expect(scenario).toMatchObject({ seed: 3, seeds: { base: 3, runs: 2 } });
    const path = specFile("many", { seeds: [5, 9] });
    expect(await loadSpec(path, system, { seed: 9, seeds: null })).toMatchObject({
      seed: 9,
      seeds: null,
    });
  });
});

describe("a run with many seeds", () => {
  test("has the same body on any number of threads, and each row can be replayed", async () => {
    const path = specFile("series", SMALL);
    const json = async (...args: string[]): Promise<Result> =>
      JSON.parse((await runChild(["run", path, "--json", ...args])).stdout) as Result;
    const one = await json("--seeds", "4", "--threads", "1");
    expect(one.runs?.map(({ seed }) => seed)).toEqual([7, 8, 9, 10]);
    expect((await json("--seeds", "7+4", "--threads", "3")).bodyHash).toBe(one.bodyHash);
    expect((await json("--seed", "9")).bodyHash).toBe(one.runs?.[2]?.bodyHash);
  });

  test("says in words how far its runs lie apart, with a row for each", async () => {
    const run = await runChild(["run", specFile("words", SMALL), "--seeds", "5,9"], {
      env: { LC_ALL: "C.UTF-8" },
    });
    expect(run.stderr).toBe("running words over tcp, 2 runs of 100 messages, seeds 5, 9\n");
    expect(run.stdout).toContain("seeds 5, 9 · simulated · tcp · frame with crc32c · 2 runs");
    expect(run.stdout).toMatch(/\n {2}runs {8}2 of 2 {3}2 pass\n/);
    expect(run.stdout).toMatch(/\n {2}between {5}delivered 100 % sd 0 % {3}p50 0\.1 sd 0 /);
    expect(run.stdout).toMatch(/\n +0 +5 +pass +100 % /);
    expect(run.stdout).toMatch(/\n +1 +9 +pass +100 % /);
    expect(run.stdout).toContain("faultline run spec.json --seeds 5,9");
  });

  test("that is stopped keeps the runs that had finished", async () => {
    const exchanges = join(folder, "stopped.ndjson");
    writeFileSync(exchanges, "");
    const path = specFile("stopped", { ...SMALL, workload: { messages: 500 } });
    const args = ["--seeds", "10000", "--threads", "2", "--json", "--exchanges", exchanges];
    const child = startCli(["run", path, ...args]);
    const third = new Promise<void>((resolve) => {
      const watcher = watch(exchanges, () => {
        if (!readFileSync(exchanges, "utf8").includes('{"run":2,')) return;
        watcher.close();
        resolve();
      });
    });
    await Promise.race([third, child.ended]);
    child.kill("SIGINT");
    const ended = await child.ended;
    const result = JSON.parse(ended.stdout) as Result;
    const kept = result.runs?.length ?? 0;
    expect([ended.code, result.verdict]).toEqual([2, "inconclusive"]);
    expect(kept).toBeGreaterThanOrEqual(2);
    expect(result.reasons).toContain(`aborted: ${kept} of 10000 runs had finished`);
    expect(result.counts.messages).toBe(kept * 500);
  });
});

describe("the table of runs", () => {
  const style = styleFor({ isTTY: false }, { LC_ALL: "C" });
  const row = (index: number, verdict: RunRow["verdict"]): RunRow =>
    ({
      seed: 100 + index,
      verdict,
      counts: { attempts: 5 },
      delivery: { ratio: 1 },
      latencyMs: { mean: 1, p50: 1, p99: null, max: 2 },
      faults: [{ id: "drop", fired: 3 }],
    }) as unknown as RunRow;
  const table = (verdicts: readonly RunRow["verdict"][]): string[] =>
    runTable(
      verdicts.map((verdict, index) => row(index, verdict)),
      style,
      Infinity,
    ).slice(2);

  test("shows all of a dozen runs", () => {
    expect(table(Array.from({ length: 12 }, () => "pass" as const))).toHaveLength(12);
  });

  test("of many shows the worst, in their order, and counts the rest", () => {
    const verdicts = Array.from({ length: 40 }, (_, index): RunRow["verdict"] =>
      index === 30 ? "fail" : index === 20 ? "inconclusive" : "pass",
    );
    const lines = table(verdicts);
    expect(lines).toHaveLength(13);
    expect(lines.slice(10, 12).map((line) => line.trim().split(/ +/).slice(0, 3))).toEqual([
      ["20", "120", "inconclusive"],
      ["30", "130", "fail"],
    ]);
    expect(lines.at(-1)).toBe("  ... 28 more runs: 28 pass");
  });

  test("seeds are told in a few words", () => {
    const told = (seeds: object, seed: number): string => seedText({ seed, seeds } as never);
    expect(told([5], 5)).toBe("seed 5");
    expect(told([5, 1, 2, 3, 4], 5)).toBe("seeds 5, 1, 2 and 2 more");
    expect(told({ base: 5, runs: 1 }, 5)).toBe("seed 5");
  });
});
