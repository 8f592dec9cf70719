import { expect, test } from "vitest";
import { chainOf, deeds, onlyStats, unitOf } from "../helpers.ts";

test("blackhole silences the connection, in either direction unless told otherwise", () => {
  const chain = chainOf({ id: "hole", kind: "blackhole" });
  for (const direction of ["request", "reply"] as const) {
    const decision = chain.decide(unitOf({ direction }), 0);
    expect(decision.fate).toBe("silence");
    expect(deeds(decision)).toEqual(["hole: silenced the connection"]);
  }
});

test("blackhole proves every unit that a silenced connection swallows, and counts none of them", () => {
  const chain = chainOf({ id: "hole", kind: "blackhole" });
  chain.decide(unitOf(), 0);
  const record = chain.recordSilenced("hole", unitOf({ message: 1 }), 55);
  expect(record).toMatchObject({
    fault: "hole",
    kind: "blackhole",
    message: 1,
    atUs: 55,
    did: "swallowed, the connection is silenced",
  });
  expect(onlyStats(chain)).toMatchObject({ eligible: 1, fired: 1 });
});
