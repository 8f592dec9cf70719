import { expect, test } from "vitest";
import { PASS_DECISION } from "../../src/index.ts";
import { chainOf, deeds, onlyStats, unitOf } from "../helpers.ts";

test("duplicate lets the message arrive once more", () => {
  const decision = chainOf({ id: "twice", kind: "duplicate" }).decide(unitOf(), 0);
  expect(decision).toMatchObject({ fate: "deliver", copies: 1, delayUs: 0 });
  expect(deeds(decision)).toEqual(["twice: sent 1 extra copy"]);
});

test("duplicate sends as many extra copies as it is told", () => {
  const decision = chainOf({ id: "many", kind: "duplicate", copies: 50 }).decide(unitOf(), 0);
  expect(decision.copies).toBe(50);
  expect(deeds(decision)).toEqual(["many: sent 50 extra copies"]);
});

test("a copy is never copied", () => {
  const chain = chainOf({ id: "twice", kind: "duplicate" });
  expect(chain.decide(unitOf({ copy: 1 }), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain).eligible).toBe(0);
});

test("copies of two duplicates add up and do not multiply", () => {
  const chain = chainOf(
    { id: "a", kind: "duplicate", copies: 3 },
    { id: "b", kind: "duplicate", copies: 4 },
  );
  expect(chain.decide(unitOf(), 0).copies).toBe(7);
});
