/** What a server says of its life: there and back, its bounds, and what says nothing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeLife,
  encodeLife,
  LIFE_TAG_MAX,
  lifeFields,
  lifeOf,
  nextLifeTag,
} from "../src/index.ts";

const notices = fc.record({
  tag: fc.integer({ min: 1, max: LIFE_TAG_MAX }),
  ageMs: fc.nat({ max: 0xffff_ffff }),
});

describe("a life", () => {
  test("comes back from an error reply's payload and from a pong's fields as it was said", () => {
    fc.assert(
      fc.property(notices, (notice) => {
        expect(decodeLife(encodeLife(notice))).toEqual(notice);
        expect(lifeOf(lifeFields(notice))).toEqual(notice);
      }),
    );
  });

  test("that is older than 49 days says 49 days: never more than it can prove", () => {
    const old = { tag: 7, ageMs: 2 ** 40 };
    expect(decodeLife(encodeLife(old))).toEqual({ tag: 7, ageMs: 2 ** 32 - 1 });
    expect(lifeFields(old)).toEqual({ life: 7, remainingMs: 2 ** 32 - 1 });
  });

  test("is not said by a payload of another size, nor by the tag 0", () => {
    expect(decodeLife(new Uint8Array(0))).toBeUndefined();
    expect(decodeLife(new Uint8Array(7).fill(1))).toBeUndefined();
    expect(decodeLife(new Uint8Array(9).fill(1))).toBeUndefined();
    expect(decodeLife(new Uint8Array(8))).toBeUndefined();
    expect(lifeOf({ remainingMs: 5 })).toBeUndefined();
    expect(lifeOf({ life: 0, remainingMs: 5 })).toBeUndefined();
  });

  test("never has the tag of the one before, nor 0", () => {
    const tags = new Set<number>();
    for (let tag = 1, count = 0; count < LIFE_TAG_MAX; count++) tags.add((tag = nextLifeTag(tag)));
    expect(tags.size).toBe(LIFE_TAG_MAX);
    expect([...tags].every((tag) => tag >= 1 && tag <= LIFE_TAG_MAX)).toBe(true);
  });
});
