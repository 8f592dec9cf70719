import { expect, test } from "vitest";
import { PASS_DECISION, zScore } from "../../src/index.ts";
import { chainOf, decideMany, deeds, onlyStats, unitOf } from "../helpers.ts";

test("loss drops the message, silently", () => {
  const decision = chainOf({ id: "gone", kind: "loss" }).decide(unitOf(), 7);
  expect(decision.fate).toBe("drop");
  expect(deeds(decision)).toEqual(["gone: dropped"]);
});

test("loss with answer error tells the sender by an error reply", () => {
  const decision = chainOf({ id: "gone", kind: "loss", answer: "error" }).decide(unitOf(), 0);
  expect(decision.fate).toBe("answer");
  expect(deeds(decision)).toEqual(["gone: dropped, answered with an error"]);
});

test("loss is proved by a record with the whole identity of the message", () => {
  const unit = unitOf({ message: 9, attempt: 2, copy: 1 });
  const { records } = chainOf({ id: "gone", kind: "loss" }).decide(unit, 1234);
  expect(records).toEqual([
    {
      fault: "gone",
      kind: "loss",
      direction: "reply",
      sessionHigh: 0xdeadbeef,
      sessionLow: 0x12345678,
      message: 9,
      attempt: 2,
      copy: 1,
      atUs: 1234,
      did: "dropped",
    },
  ]);
});

test("loss of 20 % loses 20 %, and the z score says so", () => {
  const chain = chainOf({ id: "gone", kind: "loss", probability: 0.2 });
  const lost = decideMany(chain, 20_000).filter(({ fate }) => fate === "drop").length;
  const stats = onlyStats(chain);
  expect(stats).toMatchObject({ id: "gone", kind: "loss", eligible: 20_000, fired: lost });
  expect(stats.expected).toBeCloseTo(4000, 6);
  expect(stats.variance).toBeCloseTo(3200, 6);
  expect(Math.abs(zScore(stats)!)).toBeLessThan(4);
});

test("loss of 0 loses nothing but counts what it could have lost", () => {
  const chain = chainOf({ id: "gone", kind: "loss", probability: 0 });
  expect(decideMany(chain, 100).every((decision) => decision === PASS_DECISION)).toBe(true);
  expect(onlyStats(chain)).toMatchObject({ eligible: 100, fired: 0, expected: 0, variance: 0 });
});

test("loss leaves the other direction and chunks of a byte stream alone", () => {
  const chain = chainOf({ id: "gone", kind: "loss" });
  expect(chain.decide(unitOf({ direction: "request" }), 0)).toBe(PASS_DECISION);
  // A hole in a byte stream is nothing a network does.
  expect(chain.decide(unitOf({ kind: "chunk" }), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain).eligible).toBe(0);
});

test("loss in both directions draws for each by itself, and counts both", () => {
  const chain = chainOf({ id: "gone", kind: "loss", direction: "both", probability: 0.5 });
  const replies = decideMany(chain, 400).map(({ fate }) => fate);
  const requests = decideMany(chain, 400, { direction: "request" }).map(({ fate }) => fate);
  const agreeing = replies.filter((fate, message) => fate === requests[message]).length;
  expect(onlyStats(chain).eligible).toBe(800);
  expect(Math.abs(agreeing - 200)).toBeLessThan(40);
});
