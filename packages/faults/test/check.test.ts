/** What is refused, where and in which words; and that what is right is let be. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkFault, checkPlan, FAULT_KINDS, FaultChain } from "../src/index.ts";
import { FAULTS_MAX, PLAN_SESSIONS_MAX } from "../src/limits.ts";
import { planOf, sessionOf } from "./helpers.ts";

const LOSS = { id: "gone", kind: "loss" } as const;

/** The paths at which a fault is wrong. */
const wrong = (fault: object): string[] => checkFault(fault).map(({ path }) => path);

test("a fault with nothing but what it needs is right, whatever its kind", () => {
  const needs: Record<string, object> = {
    delay: { delayMs: 1 },
    bandwidth: { bytesPerSecond: 1 },
    "slow-close": { delayMs: 1 },
  };
  expect(FAULT_KINDS.length).toBe(14);
  for (const kind of FAULT_KINDS) {
    expect(checkFault({ id: "x", kind, ...needs[kind] })).toEqual([]);
    const missing = Object.keys(needs[kind] ?? {}).map((name) => `/${name}`);
    expect(wrong({ id: "x", kind })).toEqual(missing);
  }
});

test("an error names the setting, the rule and the value", () => {
  expect(checkFault({ ...LOSS, probability: 2 })).toEqual([
    {
      path: "/probability",
      message: 'Cannot use fault as "probability" must be a number of 0 to 1: got 2',
    },
  ]);
  expect(checkFault({ id: "x", kind: "delay" })[0]!.message).toBe(
    'Cannot use fault as "delayMs" must be a number of 0 to 3600000: got nothing',
  );
  expect(checkFault({ ...LOSS, countMax: "3" })[0]!.message).toMatch(/, or null: got "3"$/);
});

test("every error is told at once", () => {
  expect(
    wrong({ id: "", kind: "duplicate", copies: 51, probability: -1, direction: "up", also: 1 }),
  ).toEqual(["/id", "/direction", "/probability", "/copies", "/also"]);
});

test("a kind that is unknown is answered with those that are known", () => {
  const [problem, ...others] = checkFault({ id: "x", kind: "lag", whatever: 1 });
  expect(others).toEqual([]);
  expect(problem!.path).toBe("/kind");
  expect(problem!.message).toContain("delay, loss, corrupt, duplicate, reorder, burst-loss");
  expect(problem!.message).toMatch(/got "lag"$/);
});

test("every range ends where it says", () => {
  const bounds: [object, string, number, number][] = [
    [LOSS, "probability", 0, 1],
    [{ id: "x", kind: "delay", jitterMs: 0 }, "delayMs", 0, 3_600_000],
    [{ id: "x", kind: "delay", delayMs: 1 }, "jitterMs", 0, 3_600_000],
    [{ id: "x", kind: "delay", delayMs: 1 }, "correlation", 0, 1],
    [{ id: "x", kind: "duplicate" }, "copies", 1, 50],
    [{ id: "x", kind: "reorder" }, "gap", 1, 1000],
    [{ id: "x", kind: "reorder" }, "delayMs", 0, 3_600_000],
    [{ id: "x", kind: "burst-loss" }, "p", 0, 1],
    [{ id: "x", kind: "burst-loss" }, "r", 0, 1],
    [{ id: "x", kind: "burst-loss" }, "lossInBad", 0, 1],
    [{ id: "x", kind: "burst-loss" }, "lossInGood", 0, 1],
    [{ id: "x", kind: "bandwidth" }, "bytesPerSecond", 1, 1e12],
    [{ id: "x", kind: "bandwidth", bytesPerSecond: 1 }, "burstBytes", 0, 1e12],
    [{ id: "x", kind: "slice" }, "sliceBytes", 1, 1e12],
    [{ id: "x", kind: "slice" }, "delayMs", 0, 3_600_000],
    [{ id: "x", kind: "slow-close" }, "delayMs", 0, 3_600_000],
    [LOSS, "firstMessages", 0, Number.MAX_SAFE_INTEGER],
    [LOSS, "everyMessages", 1, Number.MAX_SAFE_INTEGER],
    [LOSS, "countMax", 0, Number.MAX_SAFE_INTEGER],
  ];
  for (const [fault, name, min, max] of bounds) {
    for (const fits of [min, max]) expect(wrong({ ...fault, [name]: fits })).toEqual([]);
    for (const bad of [min - 1, max + 1, Number.NaN, Number.POSITIVE_INFINITY, `${min}`, {}]) {
      expect(wrong({ ...fault, [name]: bad })).toEqual([`/${name}`]);
    }
  }
});

test("counts are whole, or null for no limit; times and chances need not be whole", () => {
  for (const name of ["firstMessages", "everyMessages", "countMax"]) {
    expect(wrong({ ...LOSS, [name]: null })).toEqual([]);
    expect(wrong({ ...LOSS, [name]: 1.5 })).toEqual([`/${name}`]);
  }
  expect(wrong({ ...LOSS, probability: null })).toEqual(["/probability"]);
  expect(wrong({ id: "x", kind: "delay", delayMs: 0.5 })).toEqual([]);
});

test("a word that is not in the list is refused with the list", () => {
  expect(checkFault({ ...LOSS, answer: "noise" })[0]!.message).toContain("one of silence, error");
  expect(wrong({ id: "x", kind: "corrupt", how: "bits" })).toEqual(["/how"]);
  expect(wrong({ id: "x", kind: "delay", delayMs: 1, distribution: "gamma" })).toEqual([
    "/distribution",
  ]);
});

test("a jitter on a constant delay is a contradiction", () => {
  const constant = { id: "x", kind: "delay", delayMs: 1, distribution: "constant" };
  expect(wrong({ ...constant, jitterMs: 0 })).toEqual([]);
  expect(wrong(constant)).toEqual([]);
  expect(wrong({ ...constant, jitterMs: 1 })).toEqual(["/jitterMs"]);
});

test("an id is 1 to 64 plain characters and no word of the language's own", () => {
  for (const id of ["a", "flip-2", "A_b.C", "0".repeat(64), "prototype"]) {
    expect(wrong({ ...LOSS, id })).toEqual([]);
  }
  const words = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  for (const id of [...words, "", "0".repeat(65), "a b", "ä", "a/b", 7, null, undefined]) {
    expect(wrong({ ...LOSS, id })).toEqual(["/id"]);
  }
});

test("a setting of another kind is refused by name, at its place", () => {
  expect(checkFault({ ...LOSS, delayMs: 1 })).toEqual([
    {
      path: "/delayMs",
      message: 'Cannot use fault as "delayMs" must be left out: loss has no such setting: got 1',
    },
  ]);
  // RFC 6901: a slash and a tilde in a name are written ~1 and ~0.
  expect(wrong({ ...LOSS, "a/b~c": 1 })).toEqual(["/a~1b~0c"]);
});

test("what is no object at all is one error", () => {
  for (const value of [null, undefined, 3, "loss", [LOSS]]) {
    expect(checkFault(value)).toMatchObject([{ path: "" }]);
    expect(checkPlan(value)).toMatchObject([{ path: "" }]);
  }
});

test("a long value is shown in part, and one that has no text by its type", () => {
  const [problem] = checkFault({ ...LOSS, answer: "x".repeat(500) });
  expect(problem!.message.length).toBeLessThan(150);
  expect(checkFault({ ...LOSS, answer: () => 1 })[0]!.message).toMatch(/got function$/);
});

const planPaths = (plan: object): string[] => checkPlan(plan).map(({ path }) => path);

test("errors of a plan's faults carry the place in the plan", () => {
  expect(planPaths(planOf([LOSS, { ...LOSS, id: "b", probability: 7 }, null!]))).toEqual([
    "/faults/1/probability",
    "/faults/2",
  ]);
});

test("ids are unique in a plan", () => {
  expect(planPaths(planOf([LOSS, LOSS, { ...LOSS, id: "b" }, LOSS]))).toEqual([
    "/faults/1/id",
    "/faults/3/id",
  ]);
});

test("a plan's own settings are checked", () => {
  expect(planPaths({ faults: [], speed: 1 })).toEqual(["/seed", "/composition", "/speed"]);
  for (const seed of [-1, 0.5, 2 ** 53, "1"]) {
    expect(planPaths({ ...planOf([]), seed })).toEqual(["/seed"]);
  }
  for (const seed of [0, 2 ** 53 - 1]) expect(planPaths(planOf([], { seed }))).toEqual([]);
  expect(planPaths({ ...planOf([]), composition: "any" })).toEqual(["/composition"]);
  expect(planPaths({ ...planOf([]), faults: {} })).toEqual(["/faults"]);
});

test("64 faults make a plan, 65 do not", () => {
  const faults = Array.from({ length: FAULTS_MAX + 1 }, (_, n) => ({ ...LOSS, id: `f${n}` }));
  expect(planPaths(planOf(faults.slice(1)))).toEqual([]);
  expect(checkPlan(planOf(faults))).toEqual([
    {
      path: "/faults",
      message: 'Cannot use plan as "faults" must be a list of at most 64 faults: got "65 of them"',
    },
  ]);
});

test("shares of an exclusive plan sum to 1 at most, rounding let be", () => {
  const shares = (...list: (number | undefined)[]): string[] => {
    const faults = list.map((probability, n) => ({
      id: `f${n}`,
      kind: "loss",
      ...(probability === undefined ? {} : { probability }),
    }));
    return planPaths({ seed: 1, composition: "exclusive", faults });
  };
  // 0.1 ten times is 0.9999999999999999 in floating point, 0.7 + 0.2 + 0.1 the same, 0.6 + 0.3 + 0.1 too.
  expect(shares(...Array.from({ length: 10 }, () => 0.1))).toEqual([]);
  expect(shares(0.2, 0.2, 0.6000000000000001)).toEqual([]);
  expect(shares(undefined)).toEqual([]);
  expect(shares(0.5, 0.500001)).toEqual(["/faults"]);
  expect(shares(undefined, 0.2)).toEqual(["/faults"]);
  // What is wrong in itself is told first.
  expect(shares(0.9, 3)).toEqual(["/faults/1/probability"]);
});

test("sessions are 16 hex digits each, all different, 65 536 at most", () => {
  const sessions = [sessionOf(0).hex, sessionOf(1).hex];
  expect(planPaths(planOf([], { sessions }))).toEqual([]);
  const bad = ["12", sessions[0]!, sessions[0]!.toUpperCase(), `${sessions[1]!}0`];
  expect(planPaths(planOf([], { sessions: bad }))).toEqual([
    "/sessions/0",
    "/sessions/2",
    "/sessions/3",
  ]);
  expect(planPaths({ ...planOf([]), sessions: "all" })).toEqual(["/sessions"]);
  expect(planPaths({ ...planOf([]), sessions: [7] })).toEqual(["/sessions/0"]);
  const many = Array.from({ length: PLAN_SESSIONS_MAX + 1 }, (_, n) =>
    n.toString(16).padStart(16, "0"),
  );
  expect(planPaths(planOf([], { sessions: many.slice(1) }))).toEqual([]);
  expect(planPaths(planOf([], { sessions: many }))).toEqual(["/sessions"]);
});

test("whatever it is, checking it never throws, and what passes makes a chain", () => {
  const kind = fc.constantFrom(...FAULT_KINDS);
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const fault = fc.record(
    {
      id: fc.stringMatching(/^[a-z]{1,5}$/),
      kind,
      probability: chance,
      delayMs: fc.nat({ max: 1000 }),
      bytesPerSecond: fc.nat(),
      anything: fc.anything(),
    },
    { requiredKeys: ["id", "kind"] },
  );
  const plan = fc.record({
    seed: fc.maxSafeNat(),
    composition: fc.constantFrom("independent", "exclusive"),
    faults: fc.array(fault, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), plan), (value) => {
      if (checkPlan(value).length === 0) expect(new FaultChain(value as never)).toBeDefined();
      else expect(() => new FaultChain(value as never)).toThrow(RangeError);
    }),
  );
});
