import { expect, test } from "vitest";
import { FaultChain, PASS_DECISION, zScore } from "../../src/index.ts";
import { chainOf, deeds, onlyStats, planOf, unitOf } from "../helpers.ts";

const END = { direction: "reply", sessionHigh: 1, sessionLow: 2, stream: true } as const;

test("slow-close passes the end of a stream on later", () => {
  const chain = chainOf({ id: "linger", kind: "slow-close", delayMs: 250 });
  const decision = chain.decideEnd(END, 77);
  expect(decision.delayUs).toBe(250_000);
  expect(deeds(decision)).toEqual(["linger: delayed 250000 us"]);
  expect(decision.records[0]).toMatchObject({ message: 0, attempt: 0, atUs: 77 });
});

test("slow-close leaves messages alone", () => {
  const chain = chainOf({ id: "linger", kind: "slow-close", delayMs: 250 });
  expect(chain.decide(unitOf(), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain).eligible).toBe(0);
});

test("slow-close does nothing where there is no end, or not that way", () => {
  const chain = chainOf({ id: "linger", kind: "slow-close", delayMs: 250 });
  expect(chain.decideEnd({ ...END, stream: false }, 0).records).toEqual([]);
  expect(chain.decideEnd({ ...END, direction: "request" }, 0).records).toEqual([]);
  expect(chainOf({ id: "l", kind: "loss" }).decideEnd(END, 0)).toEqual(PASS_DECISION);
});

test("slow-close draws for each end anew, by its number in the session", () => {
  const chain = chainOf({ id: "linger", kind: "slow-close", delayMs: 1, probability: 0.5 });
  const ends = Array.from({ length: 1000 }, () => chain.decideEnd(END, 0));
  const again = chainOf({ id: "linger", kind: "slow-close", delayMs: 1, probability: 0.5 });
  expect(Array.from({ length: 1000 }, () => again.decideEnd(END, 0))).toEqual(ends);
  expect(Math.abs(zScore(onlyStats(chain))!)).toBeLessThan(4);
  const numbers = ends.flatMap(({ records }) => records.map(({ message }) => message));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test("delays of several slow-closes add up", () => {
  const chain = chainOf(
    { id: "one", kind: "slow-close", delayMs: 10 },
    { id: "two", kind: "slow-close", delayMs: 5 },
  );
  expect(chain.decideEnd(END, 0).delayUs).toBe(15_000);
});

test("slow-close in an exclusive plan has a draw of its own for each end", () => {
  const chain = new FaultChain(
    planOf(
      [
        { id: "linger", kind: "slow-close", delayMs: 1, probability: 0.3 },
        { id: "gone", kind: "loss", probability: 0.7 },
      ],
      { composition: "exclusive" },
    ),
  );
  for (let end = 0; end < 1000; end += 1) chain.decideEnd(END, 0);
  for (let message = 0; message < 1000; message += 1) {
    for (const direction of ["request", "reply"] as const) {
      chain.decide(unitOf({ message, direction }), 0);
    }
  }
  const [linger, gone] = chain.stats();
  expect([linger!.eligible, gone!.eligible]).toEqual([1000, 1000]);
  expect(Math.abs(zScore(linger!)!)).toBeLessThan(4);
  expect(Math.abs(zScore(gone!)!)).toBeLessThan(4);
});
