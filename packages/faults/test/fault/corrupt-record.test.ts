import { expect, test } from "vitest";
import { checkFault, PASS_DECISION } from "../../src/index.ts";
import { BYTES, chainOf, decideMany, deeds, onlyStats, unitOf } from "../helpers.ts";

const FLIP = { id: "flip", kind: "corrupt-record" } as const;
/** 64 bytes, with a header of 5, their type and a tag of 16. */
const RECORD_BYTES = BYTES.length + 22;

test("corrupt-record flips one bit of what is encrypted, and says which", () => {
  const decision = chainOf(FLIP).decide(unitOf({ records: true }), 0);
  expect(decision).toMatchObject({ fate: "harm", replaced: false, harm: { how: "flip" } });
  const { harm } = decision;
  if (harm?.how !== "flip") throw new Error("no bit is flipped");
  const did = `flip: flipped bit ${harm.bit} of byte ${harm.at} of the encrypted record`;
  expect(deeds(decision)).toEqual([did]);
});

test("corrupt-record may meet any byte behind the header of the record, and no other", () => {
  const places = decideMany(chainOf(FLIP), 5_000, { records: true }).map(({ harm }) => harm!.at);
  const expected = Array.from({ length: RECORD_BYTES - 5 }, (_, index) => index + 5);
  expect([...new Set(places)].toSorted((a, b) => a - b)).toEqual(expected);
});

test("corrupt-record stays in the first record of a message that fills several", () => {
  const large = { records: true, bytes: new Uint8Array(1_000_000) };
  for (const { harm } of decideMany(chainOf(FLIP), 500, large)) {
    expect(harm!.at).toBeLessThan(16_384 + 22);
  }
});

test("corrupt-record has nothing to do with what is not encrypted, nor with requests", () => {
  const chain = chainOf(FLIP);
  expect(chain.decide(unitOf(), 0)).toBe(PASS_DECISION);
  expect(chain.decide(unitOf({ stream: false }), 0)).toBe(PASS_DECISION);
  expect(chain.decide(unitOf({ records: true, direction: "request" }), 0)).toBe(PASS_DECISION);
  expect(onlyStats(chain)).toMatchObject({ eligible: 0, fired: 0, expected: 0 });
  expect(checkFault({ ...FLIP, direction: "request" })).toEqual([
    {
      path: "/direction",
      message: 'Cannot use fault as "direction" must be one of reply: got "request"',
    },
  ]);
});

test("corrupt-record is drawn by the message's key, whatever else was asked before", () => {
  const fault = { ...FLIP, probability: 0.3 };
  const all = decideMany(chainOf(fault), 200, { records: true });
  const chain = chainOf(fault);
  const backwards = all.map((_, at) =>
    chain.decide(unitOf({ records: true, message: 199 - at }), 9),
  );
  expect(backwards.toReversed().map(({ harm }) => harm)).toEqual(all.map(({ harm }) => harm));
  expect(onlyStats(chain)).toMatchObject({ eligible: 200, expected: 60 });
});
