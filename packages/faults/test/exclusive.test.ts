/** The exclusive composition: one weighted draw for each attempt. */
import { expect, test } from "vitest";
import { DRAW_RANGE, thresholdOf } from "../src/draws.ts";
import { sharesOf } from "../src/exclusive.ts";
import type { FaultSpec } from "../src/index.ts";
import { FaultChain, PASS_DECISION, zScore } from "../src/index.ts";
import { decideMany, planOf, unitOf } from "./helpers.ts";

/** The original's mix: 20 % lost and told, 20 % late, 20 % damaged, 40 % untouched. */
const SEED_MIX: readonly FaultSpec[] = [
  { id: "gone", kind: "loss", probability: 0.2, answer: "error" },
  { id: "late", kind: "delay", probability: 0.2, delayMs: 5000, jitterMs: 5000 },
  { id: "bad", kind: "corrupt", probability: 0.2, how: "byte" },
];

function exclusiveOf(faults: readonly FaultSpec[]): FaultChain {
  return new FaultChain(planOf(faults, { composition: "exclusive" }));
}

/** Request and reply of the first attempt of each message. */
function exchange(chain: FaultChain, count: number): string[][] {
  return Array.from({ length: count }, (_, message) =>
    (["request", "reply"] as const).flatMap((direction) =>
      chain.decide(unitOf({ message, direction }), 0).records.map(({ fault }) => fault),
    ),
  );
}

test("20 / 20 / 20 / 40: each fault has its share and the rest go untouched", () => {
  const chain = exclusiveOf(SEED_MIX);
  const fired = exchange(chain, 20_000);
  for (const stats of chain.stats()) {
    expect(stats.eligible).toBe(20_000);
    expect(stats.expected).toBeCloseTo(4000, 6);
    expect(stats.variance).toBeCloseTo(3200, 6);
    expect(Math.abs(zScore(stats)!)).toBeLessThan(4);
  }
  const untouched = fired.filter((ids) => ids.length === 0).length;
  expect(Math.abs(untouched - 8000) / Math.sqrt(20_000 * 0.4 * 0.6)).toBeLessThan(4);
});

test("at most one fault acts on an attempt", () => {
  for (const ids of exchange(exclusiveOf(SEED_MIX), 2000)) {
    expect(ids.length).toBeLessThanOrEqual(1);
  }
});

test("each attempt draws anew", () => {
  const chain = exclusiveOf(SEED_MIX);
  const fates = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => chain.decide(unitOf({ attempt }), 0));
  expect(new Set(fates.map(({ records }) => records[0]?.fault)).size).toBeGreaterThan(1);
});

test("request and reply look up the same draw: who acts on both acts on both", () => {
  const both = SEED_MIX.map((fault) => ({ ...fault, direction: "both" as const }));
  const chain = exclusiveOf(both);
  for (const ids of exchange(chain, 500)) {
    expect([[], [ids[0], ids[0]]]).toContainEqual(ids);
  }
  // An attempt is counted once, though a fault may act on it twice.
  for (const stats of chain.stats()) expect(stats.eligible).toBe(500);
  expect(chain.stats().every((stats) => Math.abs(zScore(stats)!) < 4)).toBe(true);
});

test("a fault of the request takes its share from those of the reply", () => {
  const chain = exclusiveOf([
    { id: "there", kind: "loss", probability: 0.5, direction: "request" },
    { id: "back", kind: "loss", probability: 0.5, direction: "reply" },
  ]);
  // The shares fill the whole: exactly one of the two acts, always.
  for (const ids of exchange(chain, 1000)) expect(ids.length).toBe(1);
});

test("shares that sum to 1 leave nothing out, however they are rounded", () => {
  const tenths = sharesOf(Array.from({ length: 10 }, () => thresholdOf(0.1)));
  expect(tenths.at(-1)).toBe(DRAW_RANGE);
  expect(tenths.at(-2)).toBe(9 * thresholdOf(0.1));
  expect(sharesOf([DRAW_RANGE])).toEqual([DRAW_RANGE]);
  // A gap wider than rounding can make it is meant: it stays.
  expect(sharesOf([DRAW_RANGE - 1])).toEqual([DRAW_RANGE]);
  expect(sharesOf([DRAW_RANGE - 2])).toEqual([DRAW_RANGE - 2]);
  expect(sharesOf([])).toEqual([]);
});

test("an exclusive plan of no faults lets everything be", () => {
  expect(exclusiveOf([]).decide(unitOf(), 0)).toBe(PASS_DECISION);
});

test("a fault whose gate is shut keeps its share: the attempt goes untouched", () => {
  const open = exchange(exclusiveOf(SEED_MIX), 400);
  const gated = SEED_MIX.map((fault) =>
    fault.id === "gone" ? { ...fault, firstMessages: 100 } : fault,
  );
  const chain = exclusiveOf(gated);
  const shut = exchange(chain, 400);
  for (const [message, ids] of open.entries()) {
    expect(shut[message]).toEqual(message >= 100 && ids[0] === "gone" ? [] : ids);
  }
  expect(chain.stats().map(({ eligible }) => eligible)).toEqual([100, 400, 400]);
});

test("countMax holds in an exclusive plan too", () => {
  const chain = exclusiveOf([{ id: "gone", kind: "loss", probability: 0.5, countMax: 7 }]);
  const fired = exchange(chain, 200).filter((ids) => ids.length > 0).length;
  expect(fired).toBe(7);
  expect(chain.stats()[0]!.fired).toBe(7);
});

test("countMax of a fault on both directions is spent by request and reply alike", () => {
  const chain = exclusiveOf([{ id: "flip", kind: "corrupt", direction: "both", countMax: 3 }]);
  expect(exchange(chain, 3)).toEqual([["flip", "flip"], ["flip"], []]);
  // Two attempts were met by it: the reply of the second found the count used up.
  expect(chain.stats()[0]).toMatchObject({ eligible: 2, fired: 2 });
});

test("copies of a message are not attempts of their own", () => {
  const chain = exclusiveOf(SEED_MIX);
  for (let copy = 0; copy < 5; copy += 1) {
    chain.decide(unitOf({ direction: "request", copy }), 0);
    chain.decide(unitOf({ direction: "reply", copy }), 0);
  }
  for (const { eligible, fired } of chain.stats()) {
    expect(eligible).toBe(1);
    expect(fired).toBeLessThanOrEqual(1);
  }
});

test("datagrams and chunks of a foreign protocol draw for each direction by itself", () => {
  for (const kind of ["datagram", "chunk"] as const) {
    const chain = exclusiveOf([
      { id: "late", kind: "delay", delayMs: 1, probability: 0.5, direction: "both" },
    ]);
    const [there, back] = (["request", "reply"] as const).map((direction) =>
      decideMany(chain, 400, { kind, direction }).map(({ delayUs }) => delayUs),
    );
    const agreeing = there!.filter((delayUs, n) => delayUs === back![n]).length;
    expect(Math.abs(agreeing - 200)).toBeLessThan(40);
    expect(chain.stats()[0]!.eligible).toBe(800);
    expect(Math.abs(zScore(chain.stats()[0]!)!)).toBeLessThan(4);
  }
});

test("a share on units that a fault cannot act on is spent on nothing", () => {
  const chain = exclusiveOf([
    { id: "rst", kind: "reset", probability: 0.5, direction: "request" },
    { id: "cut", kind: "corrupt", how: "truncate", probability: 0.5, direction: "request" },
  ]);
  const tiny = { direction: "request", stream: false, bytes: new Uint8Array(1) } as const;
  const decided = decideMany(chain, 50, tiny);
  expect(decided.every((decision) => decision === PASS_DECISION)).toBe(true);
  expect(chain.stats().map(({ eligible }) => eligible)).toEqual([0, 0]);
});

test("a share of a reply too short to act on is spent on nothing", () => {
  const chain = exclusiveOf([{ id: "pieces", kind: "slice", sliceBytes: 64 }]);
  expect(exchange(chain, 10).flat()).toEqual([]);
});

test("a short request says nothing about whether the fault can act on its reply", () => {
  const chain = exclusiveOf([{ id: "pieces", kind: "slice", sliceBytes: 32 }]);
  chain.decide(unitOf({ direction: "request", bytes: new Uint8Array(1) }), 0);
  expect(chain.decide(unitOf(), 0).slice).toBeDefined();
  expect(chain.stats()[0]).toMatchObject({ eligible: 1, fired: 1 });
});

test("burst-loss in an exclusive plan is asked where its share is drawn", () => {
  const chain = exclusiveOf([{ id: "burst", kind: "burst-loss", probability: 0.5 }]);
  exchange(chain, 20_000);
  const [stats] = chain.stats();
  expect(stats!.expected).toBeCloseTo((20_000 * 0.5) / 7, 6);
  expect(Math.abs(zScore(stats!)!)).toBeLessThan(4);
});
