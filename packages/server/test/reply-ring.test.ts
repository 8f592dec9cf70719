/** The memory behind "exactly once", against a model that remembers everything. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteBudget, ReplyRing } from "../src/core/reply-ring.ts";

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

function ring(options: { slotsMax?: number; bytesMax?: number; budget?: number } = {}) {
  const { slotsMax = 1024, bytesMax = 65_536, budget = 1_000_000 } = options;
  const shared = new ByteBudget(budget);
  return { budget: shared, ring: new ReplyRing({ slotsMax, bytesMax }, shared) };
}

describe("a reply ring", () => {
  test("gives a reply back for the same operation and body", () => {
    const { ring: memory } = ring();
    expect(memory.look(3, 111, 5)).toBe("new");
    memory.store(3, 111, 5, bytes(10, 7));
    expect(memory.look(3, 111, 5)).toBe("known");
    expect(memory.replay(3)).toEqual(bytes(10, 7));
  });

  test("calls another checksum or length of the body reused", () => {
    const { ring: memory } = ring();
    memory.look(3, 111, 5);
    memory.store(3, 111, 5, bytes(1, 1));
    expect([memory.look(3, 112, 5), memory.look(3, 111, 6)]).toEqual(["reused", "reused"]);
  });

  test("calls an operation too old once the one that many later is stored, not before", () => {
    const { ring: memory } = ring({ slotsMax: 64 });
    for (const operation of [0, 63]) {
      memory.look(operation, 1, 1);
      memory.store(operation, 1, 1, bytes(1, operation));
    }
    expect(memory.look(0, 1, 1)).toBe("known");
    expect(memory.look(64, 1, 1)).toBe("new");
    memory.store(64, 1, 1, bytes(1, 64));
    expect(memory.look(0, 1, 1)).toBe("too-old");
    expect(memory.look(63, 1, 1)).toBe("known");
  });

  test("holds the largest operation id", () => {
    const { ring: memory } = ring();
    const last = Number.MAX_SAFE_INTEGER;
    memory.look(last, 1, 1);
    memory.store(last, 1, 1, bytes(3, 9));
    expect(memory.look(last, 1, 1)).toBe("known");
    expect(memory.replay(last)).toEqual(bytes(3, 9));
  });

  test("starts small, and takes from the budget only what it needs", () => {
    const { ring: memory, budget } = ring({ budget: 100_000 });
    memory.look(0, 1, 1);
    memory.store(0, 1, 1, bytes(64, 1));
    expect(100_000 - budget.leftBytes).toBe(16 * 24 + 1024);
    memory.free();
    expect(budget.leftBytes).toBe(100_000);
  });

  test("never executes what it has no room to remember", () => {
    const { ring: memory } = ring({ budget: 16 * 24 - 1 });
    expect(memory.look(0, 1, 1)).toBe("full");
    const { ring: second } = ring({ budget: 16 * 24 + 1024 });
    for (let operation = 0; operation < 16; operation++) {
      expect(second.look(operation, 1, 1)).toBe("new");
      second.store(operation, 1, 1, bytes(1, 1));
    }
    expect(second.look(16, 1, 1)).toBe("full");
    expect(second.look(3, 1, 1)).toBe("known");
  });

  test("does not give up other replies for one that can never fit", () => {
    const { ring: memory } = ring({ bytesMax: 1024 });
    memory.look(0, 1, 1);
    memory.store(0, 1, 1, bytes(100, 5));
    memory.look(1, 1, 1);
    memory.store(1, 1, 1, bytes(2000, 6));
    expect([memory.look(0, 1, 1), memory.look(1, 1, 1)]).toEqual(["known", "too-old"]);
  });

  test("keeps its memory flat over any number of messages", () => {
    const { ring: memory, budget } = ring({ bytesMax: 1_048_576 });
    const used: number[] = [];
    for (let operation = 0; operation < 20_000; operation++) {
      memory.look(operation, 1, 64);
      memory.store(operation, 1, 64, bytes(64, 1));
      if (operation % 5000 === 4999) used.push(1_000_000 - budget.leftBytes);
    }
    expect(new Set(used).size).toBe(1);
    expect(used[0]).toBe(1024 * 24 + 131_072);
  });

  test("never forgets an execution, never mixes up two replies, whatever the order", () => {
    const step = fc.record({
      operation: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 500 }), fc.maxSafeNat()),
      length: fc.nat({ max: 700 }),
      checksum: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { ring: memory } = ring({ slotsMax: 64, bytesMax: 4096, budget: 64 * 24 + 4096 });
        const executed = new Map<number, { checksum: number; length: number; fill: number }>();
        for (const [index, { operation, length, checksum }] of steps.entries()) {
          const known = executed.get(operation);
          const found = memory.look(operation, checksum, length);
          if (found === "known") {
            expect(known).toMatchObject({ checksum, length });
            expect(memory.replay(operation)).toEqual(bytes(length, known!.fill));
          } else if (found === "reused") {
            expect(known).toBeDefined();
            expect(known).not.toEqual({ checksum, length, fill: known!.fill });
          } else if (found === "new") {
            expect(known).toBeUndefined();
            memory.store(operation, checksum, length, bytes(length, index & 0xff));
            executed.set(operation, { checksum, length, fill: index & 0xff });
          } else expect(found).toBe("too-old");
        }
      }),
      { numRuns: 300 },
    );
  });
});
