/** Canonical JSON against the examples of RFC 8785, and SHA-256 against its published vectors. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, hashJson, sha256Hex } from "../src/result/canonical.ts";

describe("canonical JSON", () => {
  test("writes the example of RFC 8785 section 3.2.2 as it stands there", () => {
    const value = {
      numbers: JSON.parse(
        "[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]",
      ) as number[],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test("orders keys by UTF-16 units (RFC 8785 section 3.2.3), integer-like ones too", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const order = Object.values(
      JSON.parse(canonicalJson(value).replace(/"1":/, '"~1":')) as object,
    );
    expect(order).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
    expect(canonicalJson({ "10": 1, "9": 2, a: 3 })).toBe('{"10":1,"9":2,"a":3}');
  });

  test("writes numbers as ECMAScript does: no minus zero, exponents from 1e21 and 1e-7", () => {
    const numbers = [-0, 1e20, 1e21, 1e-6, 1e-7, 5e-324, 1.7976931348623157e308, 9007199254740991];
    expect(canonicalJson(numbers)).toBe(
      "[0,100000000000000000000,1e+21,0.000001,1e-7,5e-324,1.7976931348623157e+308,9007199254740991]",
    );
  });

  test("refuses what is no JSON", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const value of [NaN, Infinity, "\ud800", cycle, undefined]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });

  test("is the same for any order of keys, and reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed());
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the hash", () => {
  test("is SHA-256 of the UTF-8 bytes (FIPS 180-4 examples)", () => {
    expect(sha256Hex("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hashJson({})).toBe(`sha256:${sha256Hex("{}")}`);
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
