/** Delta debugging without a run: what the answer promises, and what it may cost. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ddmin } from "../../src/search/ddmin.ts";
import { itemsOf, withItems } from "../../src/search/items.ts";
import { specOf } from "./support.ts";

interface Asked {
  readonly left: readonly number[];
  readonly questions: number;
}

async function reduce(count: number, fails: (part: readonly number[]) => boolean, max = Infinity) {
  let questions = 0;
  const items = Array.from({ length: count }, (_, index) => index);
  const left = await ddmin(items, {
    fails: (part) => {
      questions += 1;
      return Promise.resolve(fails(part));
    },
    isOver: () => questions >= max,
  });
  return { left, questions } satisfies Asked;
}

/** Some culprits among some items: they fail together, whatever else is there. */
const crimes = fc
  .integer({ min: 1, max: 80 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 5 }),
    ),
  );

test("exactly the culprits are left", async () => {
  await fc.assert(
    fc.asyncProperty(crimes, async ([count, culprits]) => {
      const { left } = await reduce(count, (part) => culprits.every((one) => part.includes(one)));
      expect(left).toEqual(culprits.toSorted((a, b) => a - b));
    }),
  );
});

test("whatever fails, no single item of the answer can be left out", async () => {
  const odd = fc.func(fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 24 }), odd, async (count, whim) => {
      const fails = (part: readonly number[]): boolean => part.length === count || whim(part);
      const { left } = await reduce(count, fails);
      expect(fails(left)).toBe(true);
      for (const item of left) {
        if (left.length < 2) break;
        expect(fails(left.filter((one) => one !== item))).toBe(false);
      }
    }),
  );
});

test("five culprits among a thousand are found within six hundred questions", async () => {
  const culprits = [3, 250, 499, 500, 1_000];
  const { left, questions } = await reduce(1_024, (part) =>
    culprits.every((one) => part.includes(one)),
  );
  expect(left).toEqual(culprits);
  expect(questions).toBeLessThan(600);
});

test("nothing is left where nothing is needed, and one question shows it", async () => {
  expect(await reduce(64, () => true)).toEqual({ left: [], questions: 1 });
});

test("when it must stop, the smallest so far is the answer", async () => {
  const fails = (part: readonly number[]): boolean => part.includes(40) && part.includes(41);
  const { left, questions } = await reduce(64, fails, 8);
  expect(questions).toBe(8);
  expect(left.length).toBeLessThan(64);
  expect(fails(left)).toBe(true);
});

test("a crash goes with its restart and a pause with its resume", () => {
  const at = (atMs: number, kind: string): object => ({ atMs, kind });
  const spec = specOf({
    events: [
      at(50, "resume"),
      at(10, "crash"),
      at(20, "restart"),
      at(30, "restart"),
      at(40, "pause"),
      at(60, "pause"),
      at(70, "crash"),
      at(80, "restart"),
    ],
  });
  const items = itemsOf([], spec.events);
  const kinds = items.map((item) => item.kind === "outage" && item.events.map(({ kind }) => kind));
  expect(kinds).toEqual([
    ["crash", "restart"],
    ["restart"],
    ["pause", "resume"],
    ["pause"],
    ["crash", "restart"],
  ]);
  const rest = withItems(spec, items.slice(2, 4));
  expect(rest.events.map(({ atMs }) => atMs)).toEqual([40, 50, 60]);
  expect(rest.schedule).toEqual([]);
});
