/** Pitfall 28. Ids are compared in 32 bits, and the four thousand millionth message is lost. */
import { decodeDatagram, encodeFrame, isRefusal } from "@faultline/protocol";
import { numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { OPERATIONS_SPAN, Pending } from "../../src/pending.ts";
import { SESSION } from "../support/world.ts";

const EDGES = [2 ** 31, 2 ** 32, 2 ** 52];

/** The id as it travels. */
function travelled(operation: number): number {
  const item = decodeDatagram(
    encodeFrame({
      type: 2,
      checksum: "crc32c",
      flags: 0,
      status: 0,
      session: SESSION,
      operation,
      attempt: 1,
      remainingMs: 0,
      payload: new Uint8Array(0),
    }),
  );
  return isRefusal(item) ? -1 : item.operation;
}

describe.each(EDGES)("operations around %i", (edge) => {
  test("are found by their replies, in any order, each once", () => {
    const pending = new Pending<{ operation: number }>(64);
    const next = numbers(seed());
    let operation = edge - 500;
    const open: number[] = [];
    let found = 0;
    while (operation < edge + 500 || open.length > 0) {
      if (operation < edge + 500 && pending.hasRoomFor(operation)) {
        pending.add({ operation });
        open.push(operation++);
      } else {
        const id = travelled(open.splice(next() % open.length, 1)[0]!);
        const item = pending.get(id);
        if (item === undefined) continue;
        found++;
        pending.delete(item);
        expect(pending.get(id)).toBeUndefined();
      }
    }
    expect(found).toBe(1000);
  });

  test("never stand further apart than the server remembers", () => {
    const pending = new Pending<{ operation: number }>(OPERATIONS_SPAN);
    pending.add({ operation: edge - 5 });
    expect(pending.hasRoomFor(edge - 6 + OPERATIONS_SPAN)).toBe(true);
    expect(pending.hasRoomFor(edge - 5 + OPERATIONS_SPAN)).toBe(false);
  });
});

test("a naive client that keeps ids in 32 bits takes the newer for the older", () => {
  const isNewer = (one: number, other: number): boolean => (one | 0) > (other | 0);
  expect(isNewer(2 ** 31 + 2, 2 ** 31 - 2)).toBe(false);
});
