import { expect, test } from "vitest";
import { chainOf, deeds, unitOf } from "../helpers.ts";

test("reorder holds the message back until one later has passed, at most 50 ms", () => {
  const decision = chainOf({ id: "mix", kind: "reorder" }).decide(unitOf(), 0);
  expect(decision.hold).toEqual({ gap: 1, delayUs: 50_000 });
  expect(decision.delayUs).toBe(0);
  expect(deeds(decision)).toEqual(["mix: held back for 1 later, at most 50000 us"]);
});

test("reorder holds back for as many as gap says, at most delayMs", () => {
  const chain = chainOf({ id: "mix", kind: "reorder", gap: 7, delayMs: 0.5 });
  expect(chain.decide(unitOf(), 0).hold).toEqual({ gap: 7, delayUs: 500 });
});

test("gaps and waits of two reorders add up", () => {
  const chain = chainOf(
    { id: "a", kind: "reorder", gap: 2, delayMs: 10 },
    { id: "b", kind: "reorder", gap: 3, delayMs: 20 },
  );
  expect(chain.decide(unitOf(), 0).hold).toEqual({ gap: 5, delayUs: 30_000 });
});
