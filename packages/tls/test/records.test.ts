/** Records come out whole, wherever reads happened to end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordReader } from "../src/index.ts";

const record = fc
  .record({
    type: fc.constantFrom(20, 21, 22, 23),
    body: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  })
  .map(({ type, body }) => Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 255, ...body));

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

describe("a record reader", () => {
  test("gives the same records however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(record),
        fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
        (records, sizes) => {
          const reader = new RecordReader();
          const all = joined(records);
          const seen: Uint8Array[] = [];
          for (let at = 0; at < all.length;) {
            const size = sizes.next().value;
            seen.push(...reader.push(all.subarray(at, at + size)).map(({ bytes }) => bytes));
            at += size;
          }
          expect(seen).toEqual(records);
          expect(reader.takeRest()).toHaveLength(0);
        },
      ),
    );
  });

  test("tells encrypted records from the others, and keeps half of one", () => {
    const reader = new RecordReader();
    const found = reader.push(
      Uint8Array.of(22, 3, 1, 0, 1, 9, 23, 3, 3, 0, 1, 8, 23, 3, 3, 0, 2, 7),
    );
    expect(found.map(({ encrypted }) => encrypted)).toEqual([false, true]);
    expect([...reader.takeRest()]).toEqual([23, 3, 3, 0, 2, 7]);
    expect(reader.takeRest()).toHaveLength(0);
  });

  test.each([
    ["a text", [...new TextEncoder().encode("GET / HTTP/1.1\r\n")]],
    ["a length that no record has", [23, 3, 3, 255, 255, 1, 2]],
  ])("hands on %s as it came, for the engine to refuse", (_name, bytes) => {
    const found = new RecordReader().push(Uint8Array.from(bytes));
    expect(found).toEqual([{ bytes: Uint8Array.from(bytes), encrypted: false }]);
  });
});
