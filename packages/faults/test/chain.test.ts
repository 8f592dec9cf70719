/** The chain: the order of composition, by name, and that a decision is a function of its key. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Decision, FaultSpec, Unit } from "../src/index.ts";
import { FaultChain, hashText, PASS_DECISION } from "../src/index.ts";
import { BYTES, chainOf, decideMany, deeds, planOf, shuffled, unitOf } from "./helpers.ts";

/** Every kind whose decisions follow from the key alone; bandwidth and countMax remember. */
const KEYED: readonly FaultSpec[] = [
  { id: "late", kind: "delay", delayMs: 10, jitterMs: 5, probability: 0.3, direction: "both" },
  {
    id: "later",
    kind: "delay",
    delayMs: 10,
    jitterMs: 9,
    distribution: "pareto",
    correlation: 0.4,
  },
  { id: "gone", kind: "loss", probability: 0.1 },
  { id: "gone-told", kind: "loss", probability: 0.1, answer: "error", direction: "request" },
  { id: "flip", kind: "corrupt", probability: 0.2, direction: "both" },
  { id: "cut", kind: "corrupt", probability: 0.1, how: "truncate" },
  { id: "noise", kind: "corrupt", probability: 0.1, how: "garbage", everyMessages: 2 },
  { id: "twice", kind: "duplicate", probability: 0.2 },
  { id: "mix", kind: "reorder", probability: 0.2, firstMessages: 100 },
  { id: "burst", kind: "burst-loss", direction: "both" },
  { id: "pieces", kind: "slice", probability: 0.5 },
  { id: "rst", kind: "reset", probability: 0.02 },
  { id: "hole", kind: "blackhole", probability: 0.02 },
  { id: "apart", kind: "partition", probability: 0.02 },
];

/** Both directions of 3 attempts of messages 0 … 99 of two sessions. */
const UNITS: readonly Unit[] = [1, 2].flatMap((sessionLow) =>
  Array.from({ length: 100 }, (_, message) =>
    [1, 2, 3].flatMap((attempt) =>
      (["request", "reply"] as const).map((direction) =>
        unitOf({ sessionLow, message, attempt, direction }),
      ),
    ),
  ).flat(),
);

function decisions(chain: FaultChain, units: readonly Unit[] = UNITS): Map<Unit, Decision> {
  return new Map(units.map((unit) => [unit, chain.decide(unit, 0)]));
}

test("delays add up", () => {
  const decision = chainOf(
    { id: "one", kind: "delay", delayMs: 10 },
    { id: "two", kind: "delay", delayMs: 5 },
  ).decide(unitOf(), 0);
  expect(decision.delayUs).toBe(15_000);
  expect(deeds(decision)).toEqual(["one: delayed 10000 us", "two: delayed 5000 us"]);
});

test("a replaced unit is what the next fault sees", () => {
  const decision = chainOf(
    { id: "cut", kind: "corrupt", how: "truncate" },
    { id: "flip", kind: "corrupt", how: "byte" },
  ).decide(unitOf(), 0);
  const kept = decision.bytes!.length;
  const [, at] = /inverted byte (\d+)/.exec(deeds(decision)[1]!)!;
  // The second fault chose its byte among those the first had left, and inverted it there.
  expect(Number(at)).toBeLessThan(kept);
  expect(decision.bytes![Number(at)]).toBe(BYTES[Number(at)]! ^ 0xff);
});

test("a unit too short for the next fault, after the one before, is not eligible for it", () => {
  const chain = chainOf(
    { id: "cut", kind: "corrupt", how: "truncate" },
    { id: "cut-again", kind: "corrupt", how: "truncate" },
  );
  const decision = chain.decide(unitOf({ bytes: new Uint8Array(2) }), 0);
  expect(deeds(decision)).toEqual(["cut: cut 2 bytes to 1"]);
  expect(chain.stats()[1]).toMatchObject({ eligible: 0, fired: 0 });
});

test("a drop ends the questioning", () => {
  for (const last of [
    { id: "end", kind: "loss" },
    { id: "end", kind: "loss", answer: "error" },
    { id: "end", kind: "reset" },
    { id: "end", kind: "blackhole" },
    { id: "end", kind: "partition" },
  ] as const) {
    const chain = chainOf(last, { id: "late", kind: "delay", delayMs: 10 });
    const decision = chain.decide(unitOf(), 0);
    expect(decision.fate).not.toBe("deliver");
    expect(decision.records.map(({ fault }) => fault)).toEqual(["end"]);
    // What was not asked was not eligible, so its expectation is not owed.
    expect(chain.stats()[1]).toMatchObject({ eligible: 0, fired: 0 });
  }
});

test("what came before a drop stands in the decision, so an error reply can be late too", () => {
  const decision = chainOf(
    { id: "late", kind: "delay", delayMs: 10 },
    { id: "gone", kind: "loss", answer: "error" },
  ).decide(unitOf(), 0);
  expect(decision).toMatchObject({ fate: "answer", delayUs: 10_000 });
  expect(decision.records.map(({ fault }) => fault)).toEqual(["late", "gone"]);
});

test("copies, hold, slice, delay and damage of one unit stand side by side", () => {
  const decision = chainOf(
    { id: "twice", kind: "duplicate", copies: 2 },
    { id: "mix", kind: "reorder" },
    { id: "pieces", kind: "slice" },
    { id: "late", kind: "delay", delayMs: 1 },
    { id: "flip", kind: "corrupt" },
  ).decide(unitOf(), 0);
  expect(decision).toMatchObject({
    fate: "deliver",
    copies: 2,
    hold: { gap: 1 },
    delayUs: 1000,
    replaced: true,
  });
  expect(decision.slice!.sizes.length).toBeGreaterThan(1);
  expect(decision.records.length).toBe(5);
});

test("a unit that no fault acted on gets the shared decision, bytes and all untouched", () => {
  const chain = chainOf({ id: "gone", kind: "loss", probability: 0.5 });
  const passed = decideMany(chain, 100).filter(({ records }) => records.length === 0);
  expect(passed.length).toBeGreaterThan(0);
  for (const decision of passed) expect(decision).toBe(PASS_DECISION);
});

test("one decision leaves nothing behind for the next", () => {
  const chain = chainOf(
    { id: "late", kind: "delay", delayMs: 1, firstMessages: 1 },
    { id: "flip", kind: "corrupt", firstMessages: 1 },
    { id: "pieces", kind: "slice", firstMessages: 1 },
    { id: "twice", kind: "duplicate", firstMessages: 1 },
    { id: "mix", kind: "reorder", firstMessages: 1 },
    { id: "rst", kind: "reset", everyMessages: 2 },
  );
  chain.decide(unitOf({ message: 0 }), 0);
  expect(chain.decide(unitOf({ message: 1 }), 5)).toEqual({
    ...PASS_DECISION,
    fate: "reset",
    records: [expect.objectContaining({ fault: "rst", message: 1, atUs: 5 })],
  });
});

test("the same key meets the same fault in any order of asking", () => {
  for (const composition of ["independent", "exclusive"] as const) {
    const faults = KEYED.map((fault) => ({ ...fault, probability: 1 / KEYED.length }));
    const plan = planOf(composition === "exclusive" ? faults : KEYED, { composition });
    const inOrder = decisions(new FaultChain(plan));
    for (const order of [1, 2, 3]) {
      const asked = decisions(new FaultChain(plan), shuffled(UNITS, order));
      for (const unit of UNITS) expect(asked.get(unit)).toEqual(inOrder.get(unit));
    }
  }
});

test("the decisions of a seed are pinned: a spec of today is replayed tomorrow, in any engine", () => {
  for (const [composition, digest] of [
    ["independent", 2784366996],
    ["exclusive", 3139398587],
  ] as const) {
    const share = composition === "exclusive" ? { probability: 1 / KEYED.length } : {};
    const faults = KEYED.map((fault) => ({ ...fault, ...share }));
    const decided = decisions(new FaultChain(planOf(faults, { composition })));
    const told = [...decided.values()].map((decision) => {
      return `${decision.fate} ${decision.delayUs} ${decision.bytes?.join()} ${deeds(decision).join()}`;
    });
    expect(hashText(told.join(" | "))).toBe(digest);
  }
});

test("another seed decides otherwise", () => {
  const one = decisions(new FaultChain(planOf(KEYED, { seed: 1 })));
  const other = decisions(new FaultChain(planOf(KEYED, { seed: 2 })));
  const equal = UNITS.filter((unit) => one.get(unit) === other.get(unit)).length;
  expect(equal).toBeLessThan(UNITS.length / 4);
});

test("removing one fault leaves every other decision as it was", () => {
  const didBy = (faults: readonly FaultSpec[]): Map<string, string> => {
    const chain = new FaultChain(planOf(faults));
    const found = new Map<string, string>();
    for (const unit of UNITS) {
      for (const { fault, did, message, attempt, direction, sessionLow } of chain.decide(unit, 0)
        .records) {
        found.set([fault, direction, sessionLow, message, attempt].join(" "), did);
      }
    }
    return found;
  };
  // Faults that neither end the chain nor change the bytes: what is left must be told apart.
  const gentle = KEYED.filter(({ kind }) =>
    ["delay", "duplicate", "reorder", "slice"].includes(kind),
  );
  const all = didBy(gentle);
  for (const removed of gentle) {
    const rest = didBy(gentle.filter((fault) => fault !== removed));
    const expected = [...all].filter(([key]) => !key.startsWith(`${removed.id} `));
    expect([...rest]).toEqual(expected);
  }
});

test("the order of the list decides who is asked first, not what each of them draws", () => {
  const forwards = new FaultChain(planOf([KEYED[0]!, KEYED[7]!]));
  const backwards = new FaultChain(planOf([KEYED[7]!, KEYED[0]!]));
  for (const unit of UNITS) {
    const one = forwards.decide(unit, 0);
    const other = backwards.decide(unit, 0);
    expect(deeds(other).toReversed()).toEqual(deeds(one));
    expect(other.delayUs).toBe(one.delayUs);
  }
});

test("whatever the unit, a decision is sound", () => {
  const chain = new FaultChain(
    planOf([...KEYED, { id: "thin", kind: "bandwidth", bytesPerSecond: 1e5, direction: "both" }]),
  );
  const kind = fc.constantFrom("message", "datagram", "chunk");
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const units = fc.record({
    kind,
    direction: fc.constantFrom("request", "reply"),
    sessionHigh: word,
    sessionLow: word,
    message: fc.maxSafeNat(),
    attempt: fc.integer({ min: 1, max: 0xffffffff }),
    copy: fc.integer({ min: 0, max: 50 }),
    bytes: fc.uint8Array({ maxLength: 200 }),
    stream: fc.boolean(),
  });
  fc.assert(
    fc.property(units, fc.maxSafeNat(), (unit, nowUs) => {
      const decision = chain.decide(unit as Unit, nowUs);
      const arriving = decision.bytes ?? unit.bytes;
      expect(decision.delayUs >= 0 && Number.isSafeInteger(decision.delayUs)).toBe(true);
      expect(decision.replaced).toBe(decision.bytes !== undefined);
      expect(decision === PASS_DECISION).toBe(decision.records.length === 0);
      const sum = (decision.slice?.sizes ?? [arriving.length]).reduce((a, b) => a + b, 0);
      expect(sum).toBe(arriving.length);
      if (!unit.stream) expect(decision.fate === "reset" || decision.slice).toBeFalsy();
    }),
    { numRuns: 500 },
  );
});

test("a chain cannot be built on a wrong plan or a wrong limit", () => {
  const wrong = planOf([{ id: "gone", kind: "loss", probability: 2 }]);
  expect(() => new FaultChain(wrong)).toThrow(RangeError);
  expect(() => new FaultChain(wrong)).toThrow(/\/faults\/0\/probability: .* got 2/);
  for (const sessionsMax of [0, 1.5, Number.NaN]) {
    expect(() => new FaultChain(planOf([]), { sessionsMax })).toThrow(
      `"sessionsMax" must be an integer of at least 1: got ${sessionsMax}`,
    );
  }
  expect(new FaultChain(planOf([]), { sessionsMax: 1 }).idle).toBe(true);
});
