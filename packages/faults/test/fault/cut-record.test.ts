import { expect, test } from "vitest";
import { PASS_DECISION } from "../../src/index.ts";
import { BYTES, chainOf, decideMany, deeds, onlyStats, unitOf } from "../helpers.ts";

const CUT = { id: "cut", kind: "cut-record" } as const;
const RECORD_BYTES = BYTES.length + 22;

test("cut-record ends the connection in the middle of what is encrypted, and says where", () => {
  const decision = chainOf(CUT).decide(unitOf({ records: true }), 0);
  expect(decision).toMatchObject({ fate: "harm", harm: { how: "cut" } });
  const { at } = decision.harm!;
  expect(deeds(decision)).toEqual([
    `cut: cut the encrypted record of ${RECORD_BYTES} bytes to ${at}, and the connection`,
  ]);
});

test("cut-record leaves at least one byte, and never the whole record", () => {
  const kept = decideMany(chainOf(CUT), 5_000, { records: true }).map(({ harm }) => harm!.at);
  expect(Math.min(...kept)).toBe(1);
  expect(Math.max(...kept)).toBe(RECORD_BYTES - 1);
});

test("cut-record comes as late as a delay before it, and no fault after it is asked", () => {
  const late = { id: "late", kind: "delay", delayMs: 7 } as const;
  const lost = { id: "lost", kind: "loss" } as const;
  const decision = chainOf(late, CUT, lost).decide(unitOf({ records: true }), 0);
  expect(decision).toMatchObject({ fate: "harm", delayUs: 7_000 });
  expect(decision.records.map(({ fault }) => fault)).toEqual(["late", "cut"]);
});

test("cut-record has nothing to do with what is not encrypted", () => {
  const chain = chainOf(CUT);
  expect(chain.decide(unitOf(), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain)).toMatchObject({ eligible: 0, fired: 0 });
});
