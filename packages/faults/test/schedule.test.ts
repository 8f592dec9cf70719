/** A schedule: the firings it lists happen, and no others. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkPlan,
  FaultChain,
  type FaultRecord,
  type FaultSpec,
  type Firing,
} from "../src/index.ts";
import { SCHEDULE_MAX } from "../src/limits.ts";
import { decideMany, deeds, planOf, sessionOf, unitOf } from "./helpers.ts";

const SESSION = "deadbeef12345678";
const MIX: readonly FaultSpec[] = [
  { id: "late", kind: "delay", delayMs: 5, jitterMs: 4, probability: 0.5, correlation: 0.5 },
  { id: "flip", kind: "corrupt", probability: 0.4 },
  { id: "burst", kind: "burst-loss", p: 0.2, r: 0.4 },
  { id: "twice", kind: "duplicate", probability: 0.3 },
];

function firingOf(record: FaultRecord): Firing {
  const { fault, direction, message, attempt, copy } = record;
  return { fault, session: SESSION, direction, message, attempt, copy };
}

function at(fault: string, message: number, more: Partial<Firing> = {}): Firing {
  return { fault, session: SESSION, direction: "reply", message, attempt: 1, ...more };
}

function scheduled(faults: readonly FaultSpec[], schedule: readonly Firing[] | null): FaultChain {
  return new FaultChain(planOf(faults, { schedule }));
}

describe("a schedule", () => {
  test("of everything that was drawn decides as the draws did", () => {
    const drawn = decideMany(scheduled(MIX, null), 300);
    const all = drawn.flatMap(({ records }) => records.map(firingOf));
    expect(all.length).toBeGreaterThan(200);
    expect(decideMany(scheduled(MIX, all), 300)).toEqual(drawn);
  });

  test("without one of its firings changes nothing else", () => {
    const drawn = decideMany(scheduled(MIX, null), 100);
    const all = drawn.flatMap(({ records }) => records.map(firingOf));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: all.length - 1 }), (gone) => {
        const left = all[gone]!;
        const rest = decideMany(scheduled(MIX, all.toSpliced(gone, 1)), 100);
        const others = rest.filter((_, message) => message !== left.message);
        expect(others).toEqual(drawn.filter((_, message) => message !== left.message));
        const kept = deeds(drawn[left.message]!).filter((deed) => !deed.startsWith(left.fault));
        expect(deeds(rest[left.message]!)).toEqual(expect.arrayContaining(kept.slice(0, 1)));
        expect(deeds(rest[left.message]!).join()).not.toContain(`${left.fault}:`);
      }),
      { numRuns: 40 },
    );
  });

  test("that is empty lets everything pass, and null is as if there were none", () => {
    expect(decideMany(scheduled(MIX, []), 50).flatMap(deeds)).toEqual([]);
    expect(decideMany(scheduled(MIX, null), 50)).toEqual(
      decideMany(new FaultChain(planOf(MIX)), 50),
    );
  });

  test("asks neither chance nor gates nor the composition", () => {
    const never: FaultSpec = {
      id: "gone",
      kind: "loss",
      probability: 0,
      firstMessages: 1,
      countMax: 0,
    };
    const chain = new FaultChain(
      planOf([never], { composition: "exclusive", schedule: [at("gone", 7)] }),
    );
    const fates = decideMany(chain, 10).map(({ fate }) => fate);
    expect(fates.indexOf("drop")).toBe(7);
    expect(fates.lastIndexOf("drop")).toBe(7);
  });

  test("tells session, direction, attempt and copy apart", () => {
    const fault: FaultSpec = { id: "gone", kind: "loss", direction: "both" };
    const chain = scheduled([fault], [at("gone", 3, { attempt: 2, copy: 1 })]);
    const fate = (other: object): string =>
      chain.decide(unitOf({ message: 3, attempt: 2, copy: 1, ...other }), 0).fate;
    expect(fate({})).toBe("drop");
    for (const other of [
      { attempt: 1 },
      { copy: 0 },
      { direction: "request" },
      sessionOf(1),
      { message: 4 },
    ]) {
      expect(fate(other)).toBe("deliver");
    }
  });

  test("cannot make a fault act on what it cannot act on", () => {
    const slices: FaultSpec = { id: "cut", kind: "slice", sliceBytes: 64 };
    const chain = scheduled([slices], [at("cut", 0)]);
    expect(deeds(chain.decide(unitOf(), 0))).toEqual([]);
  });

  test("loses a message of burst-loss whatever state the burst is in", () => {
    const calm: FaultSpec = { id: "burst", kind: "burst-loss", p: 0, r: 1 };
    const fates = decideMany(scheduled([calm], [at("burst", 2)]), 4).map(({ fate }) => fate);
    expect(fates).toEqual(["deliver", "deliver", "drop", "deliver"]);
  });

  test("of bandwidth has only the listed units wait, for a bucket that all of them empty", () => {
    const link: FaultSpec = {
      id: "slow",
      kind: "bandwidth",
      bytesPerSecond: 64_000,
      burstBytes: 64,
    };
    const waits = (schedule: readonly Firing[] | null): number[] =>
      decideMany(scheduled([link], schedule), 4).map(({ delayUs }) => delayUs);
    const drawn = waits(null);
    expect(waits([at("slow", 3)])).toEqual([0, 0, 0, drawn[3]]);
  });

  test("lists late ends of streams by their number, with attempt 0", () => {
    const late: FaultSpec = { id: "late", kind: "slow-close", delayMs: 2 };
    const chain = scheduled([late], [at("late", 1, { attempt: 0 })]);
    const end = {
      direction: "reply",
      sessionHigh: 0xdeadbeef,
      sessionLow: 0x12345678,
      stream: true,
    };
    const delays = [0, 1, 2].map(() => chain.decideEnd(end as never, 0).delayUs);
    expect(delays).toEqual([0, 2_000, 0]);
  });

  test("expects what fires, since chance has no say", () => {
    const chain = scheduled(MIX, [at("flip", 1), at("flip", 2), at("flip", 1_000)]);
    decideMany(chain, 10);
    const flip = chain.stats().find(({ id }) => id === "flip");
    expect(flip).toMatchObject({ eligible: 10, fired: 2, expected: 2, variance: 0 });
  });

  test("that changes makes every fault begin anew, and one that does not leaves them", () => {
    const schedule = [at("flip", 1), at("flip", 20)];
    const chain = scheduled(MIX, schedule);
    decideMany(chain, 10);
    chain.replace(planOf(MIX, { schedule: structuredClone(schedule) }));
    expect(deeds(chain.decide(unitOf({ message: 20 }), 0)).length).toBe(1);
    chain.replace(planOf(MIX, { schedule: [] }));
    expect(deeds(chain.decide(unitOf({ message: 20 }), 0))).toEqual([]);
  });
});

test("what a silenced connection swallows is no firing of its own", () => {
  const chain = scheduled([{ id: "hole", kind: "blackhole" }], [at("hole", 0)]);
  const fired = chain.decide(unitOf(), 0).records[0]!;
  expect(fired.aftermath).toBeUndefined();
  expect(chain.recordSilenced("hole", unitOf({ message: 1 }), 0).aftermath).toBe(true);
});

describe("a plan is refused", () => {
  const wrong = (schedule: unknown): string[] =>
    checkPlan({ ...planOf([{ id: "gone", kind: "loss" }]), schedule }).map(
      ({ path, message }) => `${path} ${message.slice(message.indexOf("must be"))}`,
    );

  test("where its schedule is no list, or too long", () => {
    expect(wrong(7)).toEqual([`/schedule must be a list of at most 65536 firings, or null: got 7`]);
    const all = Array.from({ length: SCHEDULE_MAX }, (_, message) => at("gone", message));
    expect(wrong(all)).toEqual([]);
    expect(wrong([...all, at("gone", SCHEDULE_MAX)])).toEqual([
      `/schedule must be a list of at most 65536 firings, or null: got "65537 of them"`,
    ]);
  });

  test("with every wrong field of every firing at once", () => {
    expect(
      wrong([
        {
          fault: "other",
          session: "x",
          direction: "both",
          message: -1,
          attempt: 0.5,
          copy: "1",
          at: 1,
        },
        at("gone", 1),
        at("gone", 1, { copy: 0 }),
        3,
      ]),
    ).toEqual([
      `/schedule/0/fault must be the id of a fault of the plan: got "other"`,
      `/schedule/0/session must be a session id of 16 hex digits: got "x"`,
      `/schedule/0/direction must be one of request, reply: got "both"`,
      `/schedule/0/message must be an integer of 0 to 2^53-1: got -1`,
      `/schedule/0/attempt must be an integer of 0 to 2^53-1: got 0.5`,
      `/schedule/0/copy must be an integer of 0 to 2^53-1: got "1"`,
      `/schedule/0/at must be left out: a firing has no such setting: got 1`,
      expect.stringMatching(/^\/schedule\/2 must be firings that differ: got \{/),
      `/schedule/3 must be an object: got 3`,
    ]);
  });
});
