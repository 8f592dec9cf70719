/** Live changes: what goes on, what begins anew, and that no count is lost. */
import { expect, test } from "vitest";
import type { FaultSpec } from "../src/index.ts";
import { FaultChain } from "../src/index.ts";
import { RETIRED_FAULTS_MAX } from "../src/limits.ts";
import { Totals } from "../src/totals.ts";
import { decideMany, planOf, sessionOf, unitOf } from "./helpers.ts";

const FEW: FaultSpec = { id: "few", kind: "loss", countMax: 3 };
const LATE: FaultSpec = { id: "late", kind: "delay", delayMs: 1 };

const lost = (chain: FaultChain, count: number): number =>
  decideMany(chain, count).filter(({ fate }) => fate === "drop").length;

test("a changed plan is in force for the next unit", () => {
  const chain = new FaultChain(planOf([]));
  expect(chain.idle).toBe(true);
  chain.replace(planOf([{ id: "gone", kind: "loss" }]));
  expect(chain.idle).toBe(false);
  expect(chain.decide(unitOf(), 0).fate).toBe("drop");
  expect(chain.plan.faults.length).toBe(1);
});

test("a fault that is the same in the new plan goes on where it was", () => {
  const chain = new FaultChain(planOf([FEW]));
  expect(lost(chain, 2)).toBe(2);
  chain.replace(planOf([LATE, { ...FEW }]));
  expect(lost(chain, 10)).toBe(1);
  expect(chain.stats().map(({ id, fired }) => [id, fired])).toEqual([
    ["late", 10],
    ["few", 3],
  ]);
});

test("a fault that was changed begins anew, and its counts add up", () => {
  const chain = new FaultChain(planOf([FEW]));
  expect(lost(chain, 10)).toBe(3);
  chain.replace(planOf([{ ...FEW, countMax: 5 }]));
  expect(lost(chain, 10)).toBe(5);
  expect(chain.stats()).toMatchObject([{ id: "few", fired: 8 }]);
});

test("a fault with one setting more, or one less, is another fault", () => {
  const chain = new FaultChain(planOf([FEW]));
  expect(lost(chain, 10)).toBe(3);
  chain.replace(planOf([{ ...FEW, probability: 1 }]));
  expect(lost(chain, 10)).toBe(3);
  chain.replace(planOf([FEW]));
  expect(lost(chain, 10)).toBe(3);
});

test("another seed, composition or list of sessions lets every fault begin anew", () => {
  const sessions = [sessionOf(0).hex];
  for (const other of [
    { seed: 1 },
    { composition: "exclusive" as const },
    { sessions },
    { sessions: [sessionOf(1).hex] },
  ]) {
    const chain = new FaultChain(planOf([FEW]));
    lost(chain, 10);
    chain.replace(planOf([FEW], other));
    expect(lost(chain, 10)).toBe(3);
    expect(chain.stats()).toMatchObject([{ id: "few", fired: 6 }]);
  }
});

test("sessions that are equal one by one are the same list", () => {
  const sessions = [sessionOf(0).hex, sessionOf(1).hex];
  const chain = new FaultChain(planOf([FEW], { sessions }));
  const strike = (): number => {
    const units = Array.from({ length: 10 }, (_, message) => unitOf({ ...sessionOf(0), message }));
    return units.filter((unit) => chain.decide(unit, 0).fate === "drop").length;
  };
  expect(strike()).toBe(2);
  chain.replace(planOf([FEW], { sessions: [...sessions] }));
  expect(strike()).toBe(0);
  chain.replace(planOf([FEW], { sessions: sessions.toReversed() }));
  expect(strike()).toBe(1);
});

test("a fault taken out keeps its counts, and adds to them when it comes back", () => {
  const gone: FaultSpec = { id: "gone", kind: "loss" };
  const chain = new FaultChain(planOf([gone]));
  lost(chain, 4);
  chain.replace(planOf([LATE]));
  lost(chain, 5);
  expect(chain.stats()).toMatchObject([
    { id: "late", eligible: 5 },
    { id: "gone", eligible: 4, fired: 4 },
  ]);
  chain.replace(planOf([gone]));
  lost(chain, 6);
  expect(chain.stats()).toMatchObject([
    { id: "gone", eligible: 10, fired: 10 },
    { id: "late", eligible: 5 },
  ]);
});

test("the same id with another kind is another count", () => {
  const chain = new FaultChain(planOf([{ id: "x", kind: "loss" }]));
  lost(chain, 4);
  chain.replace(planOf([{ id: "x", kind: "reset" }]));
  expect(chain.stats()).toMatchObject([
    { kind: "reset", fired: 0 },
    { kind: "loss", fired: 4 },
  ]);
});

test("a plan that is wrong changes nothing", () => {
  const chain = new FaultChain(planOf([FEW]));
  lost(chain, 2);
  expect(() => chain.replace(planOf([{ ...LATE, delayMs: -1 }]))).toThrow(RangeError);
  expect(chain.plan.faults).toEqual([FEW]);
  expect(lost(chain, 10)).toBe(1);
});

test("1024 faults gone by are remembered; with one more the oldest is forgotten", () => {
  const totals = new Totals();
  const stats = (n: number) =>
    ({ id: `f${n}`, kind: "loss", eligible: 1, fired: 1, expected: 1, variance: 0 }) as const;
  for (let n = 0; n < RETIRED_FAULTS_MAX; n += 1) totals.retire(stats(n));
  expect(totals.with([]).length).toBe(RETIRED_FAULTS_MAX);
  expect(totals.with([])[0]!.id).toBe("f0");
  totals.retire(stats(RETIRED_FAULTS_MAX));
  expect(totals.with([]).length).toBe(RETIRED_FAULTS_MAX);
  expect(totals.with([])[0]!.id).toBe("f1");
  // One that counts again is the youngest: the next to go is not it.
  totals.retire(stats(1));
  totals.retire(stats(RETIRED_FAULTS_MAX + 1));
  expect(totals.with([])[0]!.id).toBe("f3");
  expect(totals.with([]).find(({ id }) => id === "f1")!.fired).toBe(2);
});
