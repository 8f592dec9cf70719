/** The field `seeds` of a spec: its two forms, what it is completed to, and what is refused. */
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, planScenario, specOfRun } from "../src/index.ts";
import { runsOf, seedOf } from "../src/spec/seeds.ts";

const MAX = Number.MAX_SAFE_INTEGER;

function read(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, ...input }, { drawSeed: () => MAX });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

function problems(input: object): string[] {
  const parsed = parseSpec({ specVersion: 1, ...input });
  return parsed.ok ? [] : parsed.errors.map(({ path, message }) => `${path} ${message}`);
}

const seeds = (spec: FullSpec): number[] =>
  Array.from({ length: runsOf(spec) }, (_, index) => seedOf(spec, index));

describe("seeds", () => {
  test("left out are one run with the seed", () => {
    const spec = read({ seed: 7 });
    expect(spec.seeds).toBeNull();
    expect(seeds(spec)).toEqual([7]);
  });

  test("as a list are those, and the seed is the first", () => {
    const spec = read({ seeds: [9, 2, 5] });
    expect(spec.seed).toBe(9);
    expect(seeds(spec)).toEqual([9, 2, 5]);
  });

  test("as base and runs count up from the base", () => {
    const spec = read({ seeds: { base: 40, runs: 3 } });
    expect(spec.seed).toBe(40);
    expect(seeds(spec)).toEqual([40, 41, 42]);
  });

  test("without a base begin at the seed, or at a drawn one with room above it", () => {
    expect(read({ seed: 8, seeds: { runs: 2 } }).seeds).toEqual({ base: 8, runs: 2 });
    const drawn = read({ seeds: { runs: 3 } });
    expect(drawn).toMatchObject({ seed: MAX - 2, seeds: { base: MAX - 2, runs: 3 } });
  });

  test("may go with the seed that is the first of them", () => {
    expect(read({ seed: 3, seeds: [3, 1] }).seed).toBe(3);
  });

  test("are read again as they were written", () => {
    for (const given of [null, [1, 2], { base: 1, runs: 2 }]) {
      const spec = read({ seed: 1, seeds: given });
      expect(read(spec)).toEqual(spec);
    }
  });

  test("give specs of one run, which know nothing of the others", () => {
    const spec = read({ seeds: [9, 2] });
    expect(specOfRun(spec, 1)).toEqual(read({ seed: 2 }));
  });

  test("go with a scenario, from its own seed on where no base is given", () => {
    const range = planScenario({ scenario: "loss", seeds: { runs: 4 } });
    expect(range.ok && range.spec.seeds).toEqual({
      base: range.ok && range.scenario.spec.seed,
      runs: 4,
    });
    const list = planScenario({ scenario: "loss", seeds: [6, 5] });
    expect(list.ok && list.spec).toMatchObject({ seed: 6, seeds: [6, 5] });
  });

  test.each<[string, object, string[]]>([
    [
      "an empty list",
      { seeds: [] },
      ["/seeds must be a list of at most 10000 seeds, one at least,: got 0"],
    ],
    ["a number", { seeds: 5 }, ["/seeds must be a list of seeds, { base, runs }, or null: got 5"]],
    [
      "a seed below 0",
      { seeds: [1, -1] },
      [`/seeds/1 must be a whole number from 0 to ${MAX}: got -1`],
    ],
    [
      "a seed with a fraction",
      { seeds: [0.5] },
      [`/seeds/0 must be a whole number from 0 to ${MAX}: got 0.5`],
    ],
    ["a seed twice", { seeds: [4, 5, 4] }, ["/seeds/2 must be another seed than /seeds/0: got 4"]],
    [
      "no runs",
      { seeds: { base: 1, runs: 0 } },
      ["/seeds/runs must be a whole number from 1 to 10000: got 0"],
    ],
    [
      "a range without runs",
      { seeds: { base: 1 } },
      ["/seeds/runs must be a whole number from 1 to 10000: got nothing"],
    ],
    [
      "an unknown word",
      { seeds: { base: 1, runs: 1, step: 2 } },
      ["/seeds/step must be left out: this field is not known here"],
    ],
    [
      "a range beyond the largest seed",
      { seeds: { base: MAX, runs: 2 } },
      [`/seeds/runs must be so few that the last seed, base + runs - 1, is at most ${MAX}: got 2`],
    ],
    [
      "a range that the seed leads beyond it",
      { seed: MAX, seeds: { runs: 2 } },
      [`/seeds/runs must be so few that the last seed, base + runs - 1, is at most ${MAX}: got 2`],
    ],
    [
      "a seed that is not the first of a list",
      { seed: 7, seeds: [5, 7] },
      ["/seed must be left out, or the first of seeds, 5: got 7"],
    ],
    [
      "a seed that is not the base",
      { seed: 7, seeds: { base: 5, runs: 9 } },
      ["/seed must be left out, or the first of seeds, 5: got 7"],
    ],
    [
      "too many messages in all",
      { seeds: { base: 0, runs: 10_000 }, workload: { messages: 10_001 } },
      [
        "/seeds must be so few that all runs together have at most 100000000 messages, not 100010000: got 10000",
      ],
    ],
  ])("refuse %s", (_, input, expected) => {
    expect(problems(input)).toEqual(expected);
  });

  test("of real runs must fit into the wall time together; a virtual hour takes none", () => {
    const slow = { seeds: { base: 0, runs: 10 }, workload: { messages: 3_700, ratePerSecond: 10 } };
    expect(problems(slow)).toEqual([
      "/seeds must be so few that all runs together take at most 3600000 ms, not 3700000: got 10",
    ]);
    expect(problems({ ...slow, seeds: { base: 0, runs: 9 } })).toEqual([]);
    expect(problems({ ...slow, mode: "simulated" })).toEqual([]);
  });
});
