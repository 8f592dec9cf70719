import { expect, test } from "vitest";
import { Draws } from "../../src/draws.ts";
import { pass } from "../../src/fault/pass.ts";
import { FaultChain, PASS_DECISION } from "../../src/index.ts";
import { planOf, unitOf } from "../helpers.ts";

test("pass lets every unit be", () => {
  expect(pass.ask(unitOf(), new Draws(1, "p").at(unitOf()), 0)).toEqual({ do: "pass" });
});

test("a chain of no faults is idle and lets every unit be", () => {
  const chain = new FaultChain(planOf([]));
  expect(chain.idle).toBe(true);
  expect(chain.decide(unitOf(), 0)).toBe(PASS_DECISION);
  expect(chain.stats()).toEqual([]);
});

test("the decision to let pass is one object that nobody can change", () => {
  expect(Object.isFrozen(PASS_DECISION) && Object.isFrozen(PASS_DECISION.records)).toBe(true);
  expect(PASS_DECISION).toEqual({
    fate: "deliver",
    delayUs: 0,
    bytes: undefined,
    replaced: false,
    copies: 0,
    hold: undefined,
    slice: undefined,
    records: [],
  });
});
