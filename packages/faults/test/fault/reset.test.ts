import { expect, test } from "vitest";
import { PASS_DECISION } from "../../src/index.ts";
import { chainOf, deeds, onlyStats, unitOf } from "../helpers.ts";

test("reset tears down the connection instead of carrying the message", () => {
  const decision = chainOf({ id: "rst", kind: "reset" }).decide(unitOf(), 0);
  expect(decision.fate).toBe("reset");
  expect(deeds(decision)).toEqual(["rst: reset the connection"]);
});

test("reset means chunks too, but never datagrams, which have no connection", () => {
  const chain = chainOf({ id: "rst", kind: "reset" });
  expect(chain.decide(unitOf({ kind: "chunk" }), 0).fate).toBe("reset");
  expect(chain.decide(unitOf({ stream: false }), 0)).toBe(PASS_DECISION);
  expect(chain.decide(unitOf({ kind: "datagram", stream: false }), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain)).toMatchObject({ eligible: 1, fired: 1 });
});
