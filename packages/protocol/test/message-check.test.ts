import fc from "fast-check";
import { expect, test } from "vitest";
import { createMessageCheck } from "../src/index.ts";
import { bytesOf } from "./support.ts";

const check = createMessageCheck();

test("a message with something in it passes, as text and as bytes", () => {
  expect([check("Hey"), check(bytesOf("Hey"))]).toEqual([{ ok: true }, { ok: true }]);
});

test.each(["", "   ", "\r\n\t", "\u00a0\u3000"])(
  "an empty or blank message is refused: %j",
  (text) => {
    expect(check(text)).toMatchObject({ ok: false, code: "empty" });
    expect(check(bytesOf(text))).toMatchObject({ ok: false, code: "empty" });
  },
);

test.each([
  ["please DROP Table users", "drop table"],
  ["shutDown now", "shutdown"],
  ["a MALWAREd text", "malware"],
])("a forbidden phrase is found whatever its case: %s", (text, phrase) => {
  expect(check(bytesOf(text))).toEqual({
    ok: false,
    code: "forbidden",
    phrase,
    message: `The message contains the forbidden phrase "${phrase}".`,
  });
});

test("the phrases can be chosen, and none at all is a choice", () => {
  const own = createMessageCheck({ forbidden: ["Größe"] });
  expect(own("drop table")).toEqual({ ok: true });
  expect(own("GRÖSSE und GRÖßE")).toMatchObject({ code: "forbidden", phrase: "Größe" });
  expect(createMessageCheck({ forbidden: [] })("shutdown")).toEqual({ ok: true });
});

test("damaged UTF-8 is judged, not thrown at", () => {
  expect(check(Uint8Array.of(0xff, 0xfe, 0xc3))).toEqual({ ok: true });
});

test("a blank phrase, which every message would contain, is refused", () => {
  expect(() => createMessageCheck({ forbidden: ["ok", " "] })).toThrow(TypeError);
});

test("bytes are judged as their text is", () => {
  const own = createMessageCheck({
    forbidden: ["drop table", "kelvin", "m\u00e4h", "\u212a2", "aab"],
  });
  const piece = fc.oneof(
    fc.constantFrom("DROP TABLE", "drop  table", "\u212aelvin", "kElVin", "M\u00c4H", "K2", "aaab"),
    fc.constantFrom(" ", "\t", "\u0000", "\u0085", "\ufeff", "\u00a0", "m", "d", "drop tabl"),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const text = pieces.join("");
      expect(own(bytesOf(text))).toEqual(own(new TextDecoder().decode(bytesOf(text))));
    }),
    { numRuns: 1000 },
  );
});
