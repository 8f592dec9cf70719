/** The digest and the hash of bytes: pinned, and sensitive to every bit. */
import { payloads } from "@faultline/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Digest, hashBytes } from "../src/digest.ts";

test("the hash of bytes is the same for ever", () => {
  const inputs = [0, 1, 2, 3, 4, 5, 63, 64, 1000].map((size) =>
    new Uint8Array(size).map((_, index) => index * 37),
  );
  const digest = new Digest();
  for (const bytes of inputs) digest.add(hashBytes(bytes));
  expect(digest.toString()).toMatchInlineSnapshot(`"113465d455f2cfd6"`);
});

test("one flipped bit changes the hash", () => {
  fc.assert(
    fc.property(payloads(80), fc.nat(), (bytes, place) => {
      fc.pre(bytes.length > 0);
      const other = bytes.slice();
      const bit = place % (bytes.length * 8);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(hashBytes(other)).not.toBe(hashBytes(bytes));
    }),
  );
});

test("zeros of another length hash otherwise", () => {
  const hashes = Array.from({ length: 40 }, (_, size) => hashBytes(new Uint8Array(size)));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("the order of words matters, and so does every one of them", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), fc.nat(), (words, at) => {
      const digestOf = (list: readonly number[]): string => {
        const digest = new Digest();
        for (const word of list) digest.add(word);
        return digest.toString();
      };
      const changed = words.with(at % words.length, (words[at % words.length] ?? 0) ^ 1);
      expect(digestOf(changed)).not.toBe(digestOf(words));
      expect(digestOf([...words, 0])).not.toBe(digestOf(words));
    }),
  );
});
