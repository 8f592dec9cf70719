/**
 * One spec and one seed: the same bytes, wherever, whenever and however often they are run.
 *
 * The specs are those on record, held against a first run of each in this process. That this is what is
 * on record says golden.test.ts; that the packed tarballs give it on Node 22, 26 and Deno, scripts/smoke.ts.
 */
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runExperiment } from "../src/index.ts";
import { type Golden, goldenText, readGolden, rerun, specOf } from "./support/golden.ts";

const RUNTIMES: Record<string, readonly [string, ...string[]]> = {
  node: ["node"],
  deno: ["deno", "run", "-A"],
  "node, with no optimising compiler, a small young heap and another hash seed": [
    "node",
    "--no-opt",
    "--max-semi-space-size=1",
    "--hash-seed=7",
    "--random-seed=7",
  ],
};

/** A child shares its core with its siblings, and on a busy machine with more: the test is about its truth. */
const CHILD_MS_MAX = 240_000;

/** Another place on earth, another tongue, another alphabet of digits. */
const ELSEWHERE = {
  TZ: "Pacific/Chatham",
  LANG: "ar_EG.UTF-8",
  LC_ALL: "tr_TR.UTF-8",
  FAULTLINE_TEST_SEED: "99",
};

const bin = (name: string): string =>
  fileURLToPath(new URL(`../../../node_modules/.bin/${name}`, import.meta.url));

const all: Golden[] = [];
for (const golden of readGolden()) all.push(await rerun(golden));
const single = all.filter(({ spec }) => !("seeds" in spec));
const series = all.filter(({ spec }) => "seeds" in spec);

/** What a process of this runtime has to say of all specs, after a hundred other runs. */
async function say(runtime: string): Promise<string> {
  const [program, ...first] = RUNTIMES[runtime] as readonly [string, ...string[]];
  const child = fileURLToPath(new URL("./support/simulate.ts", import.meta.url));
  const env = { ...process.env, ...ELSEWHERE };
  const run = promisify(execFile)(bin(program), [...first, child], { cwd: tmpdir(), env });
  return (await run).stdout;
}

test(
  "in fresh processes, after a hundred other runs, elsewhere, each beside busy siblings",
  async () => {
    // two runtimes, and one of them once more with much about it changed: side by side
    const runtimes = Object.keys(RUNTIMES);
    const said = await Promise.all(runtimes.map(say));
    said.forEach((text, index) =>
      expect([runtimes[index], text]).toEqual([runtimes[index], goldenText(all)]),
    );
  },
  CHILD_MS_MAX,
);

test("in one process once more, in the opposite order", async () => {
  const again: Golden[] = [];
  for (const golden of all.toReversed()) again.unshift(await rerun(golden));
  expect(goldenText(again)).toBe(goldenText(all));
});

test("in one process side by side, between each other's slices", async () => {
  expect(goldenText(await Promise.all(all.map((golden) => rerun(golden))))).toBe(goldenText(all));
});

test.each([1, 2, 4])("with the seeds of a series on %i thread(s)", async (threads) => {
  const again = await Promise.all(series.map((golden) => rerun(golden, { threads })));
  expect(goldenText(again)).toBe(goldenText(series));
});

test("told to have 1, 2 or 4 workers, which are not there", async () => {
  const [golden] = single as [Golden, ...Golden[]];
  for (const workers of [1, 2, 4]) {
    const { digest } = await rerun({ ...golden, spec: { ...golden.spec, server: { workers } } });
    expect(digest).toBe(golden.digest);
  }
});

test("whoever looks on, and however slowly", async () => {
  for (const golden of single) {
    const lines: string[] = [];
    const onExchange = (line: object): void => void lines.push(JSON.stringify(line));
    const seen = await rerun(golden, { onExchange, onProgress: () => performance.now() });
    expect(seen).toEqual(golden);
    expect(lines.length).toBeGreaterThan(0);
  }
});

test("a seed in a series gives what it gives alone", async () => {
  for (const { spec } of series) {
    const { runs } = (await runExperiment(specOf(spec))).result;
    for (const { seed, digest, bodyHash } of runs ?? []) {
      const { seeds: _, ...rest } = spec as { seeds?: unknown };
      const alone = await rerun({ name: "", spec: { ...rest, seed }, digest: "", bodyHash: "" });
      expect([alone.digest, alone.bodyHash]).toEqual([digest, bodyHash]);
    }
  }
});

test("another seed gives another digest and another body", async () => {
  for (const golden of single) {
    const { seed } = golden.spec as { seed: number };
    const other = await rerun({ ...golden, spec: { ...golden.spec, seed: seed + 1_000 } });
    expect(other.digest).not.toBe(golden.digest);
    expect(other.bodyHash).not.toBe(golden.bodyHash);
  }
});
