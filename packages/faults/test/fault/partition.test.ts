import { expect, test } from "vitest";
import { PASS_DECISION } from "../../src/index.ts";
import { chainOf, decideMany, deeds, onlyStats, unitOf } from "../helpers.ts";

test("partition swallows everything both ways, unless told otherwise", () => {
  const chain = chainOf({ id: "cut", kind: "partition" });
  for (const direction of ["request", "reply"] as const) {
    for (const decision of decideMany(chain, 50, { direction })) {
      expect(decision.fate).toBe("drop");
      expect(deeds(decision)).toEqual(["cut: dropped"]);
    }
  }
  expect(onlyStats(chain)).toMatchObject({ eligible: 100, fired: 100, expected: 100, variance: 0 });
});

test("partition of one direction lets the other through", () => {
  const chain = chainOf({ id: "cut", kind: "partition", direction: "request" });
  expect(chain.decide(unitOf({ direction: "request" }), 0).fate).toBe("drop");
  expect(chain.decide(unitOf({ direction: "reply" }), 0)).toBe(PASS_DECISION);
});

test("partition lifted leaves nothing behind", () => {
  const chain = chainOf({ id: "cut", kind: "partition" });
  decideMany(chain, 10);
  chain.replace({ ...chain.plan, faults: [] });
  expect(chain.decide(unitOf({ message: 10 }), 0)).toBe(PASS_DECISION);
});
