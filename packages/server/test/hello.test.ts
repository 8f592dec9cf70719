/**
 * The first record of a TLS connection: nothing is handed on before it is whole, nothing is lost.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Hello } from "../src/hello.ts";

/** A handshake's record that announces so many bytes, and what of them is there. */
function record(announced: number, there: number): Uint8Array {
  return Uint8Array.of(
    22,
    3,
    1,
    announced >>> 8,
    announced & 255,
    ...new Uint8Array(there).fill(7),
  );
}

/** What is handed on, piece by piece. */
function handedOn(pieces: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  const hello = new Hello();
  return pieces.map((piece) => hello.take(piece));
}

test("a hello is handed on with its last byte, whole, wherever it was cut", () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 305 }), { maxLength: 20 });
  fc.assert(
    fc.property(cuts, (places) => {
      const bytes = record(300, 300);
      const at = [0, ...places.toSorted((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
      const whole = pieces.findIndex((_, index) => at[index + 1] === bytes.length);
      const given = handedOn(pieces);
      expect(given.slice(0, whole).every((one) => one === undefined)).toBe(true);
      expect(given[whole]).toEqual(bytes);
    }),
  );
});

test("what follows a hello in the same bytes goes with it", () => {
  const bytes = Uint8Array.of(...record(2, 2), 23, 3, 3);
  expect(handedOn([bytes])).toEqual([bytes]);
});

test.each([
  [16_384, undefined],
  [16_385, 5],
])("a record that announces %i bytes is waited for up to the most there may be", (bytes, given) => {
  const [first] = handedOn([record(bytes, 0)]);
  expect(first?.length).toBe(given);
});

test("what is no handshake is the engine's to refuse, at once", () => {
  const text = new TextEncoder().encode("GET / HTTP/1.1");
  expect(handedOn([text])).toEqual([text]);
  expect(handedOn([new Uint8Array(0)])).toEqual([undefined]);
});
