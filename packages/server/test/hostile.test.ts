/** Bytes that nobody meant: whatever comes, the server lives, and accepts only what was sent. */
import type { FaultSpec } from "@faultline/faults";
import { encodeFrame, FrameType } from "@faultline/protocol";
import { cut, cuts, frames, payloads } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Talker } from "./support/core-world.ts";
import { CoreWorld, frame, join, plan, SESSION } from "./support/core-world.ts";

const GOOD = { high: 0xfeed, low: 0xbeef };

/** A frame with some bytes changed, cut off or put behind it. */
const mutated = fc
  .record({
    sent: frames(60),
    flips: fc.array(fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }), {
      maxLength: 4,
    }),
    keep: fc.option(fc.nat({ max: 140 }), { nil: undefined }),
    tail: payloads(20),
  })
  .map(({ sent, flips, keep, tail }) => {
    const bytes = encodeFrame(sent);
    for (const { at, by } of flips) bytes[at % bytes.length]! ^= by;
    return join([bytes.subarray(0, keep ?? bytes.length), tail]);
  });

const hostile = fc.array(fc.oneof(payloads(200), mutated), { minLength: 1, maxLength: 8 });

describe.each(["stream", "datagram"] as const)("over a %s link", (kind) => {
  test("random and mutated bytes never stop the server, nor disturb another client", () => {
    fc.assert(
      fc.property(hostile, cuts(), (inputs, sizes) => {
        const world = new CoreWorld({ kind, limits: { frameTimeoutMs: 1000 } });
        const good = world.dial();
        const bad = world.dial();
        const pieces = kind === "stream" ? cut(join(inputs), sizes) : inputs;
        for (const [operation, piece] of pieces.entries()) {
          bad.sendBytes(piece.slice());
          good.send({ session: GOOD, operation });
          world.advanceMs(1);
        }
        world.advanceMs(2000);
        expect(good.replies).toHaveLength(pieces.length);
        expect(good.seen.isClosed).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test("a frame with flipped bits is never executed", () => {
    const flips = fc.array(fc.nat({ max: 8 * 47 - 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(flips, (bits) => {
        const world = new CoreWorld({ kind });
        const bytes = encodeFrame(frame());
        for (const bit of new Set(bits)) bytes[bit >>> 3]! ^= 1 << (bit & 7);
        world.dial().sendBytes(bytes);
        world.advanceMs(1);
        expect(world.core.stats().executions).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe("exactly once", () => {
  const every: readonly FaultSpec[] = [
    { id: "loss", kind: "loss", probability: 0.15, direction: "both" },
    { id: "told", kind: "loss", probability: 0.05, direction: "both", answer: "error" },
    { id: "twice", kind: "duplicate", probability: 0.2, direction: "both" },
    { id: "late", kind: "delay", probability: 0.2, delayMs: 30, jitterMs: 30, direction: "both" },
    { id: "swap", kind: "reorder", probability: 0.1, direction: "both" },
    { id: "flip", kind: "corrupt", probability: 0.15, direction: "both" },
    { id: "short", kind: "corrupt", how: "truncate", probability: 0.05, direction: "both" },
  ];
  const resets: FaultSpec = { id: "rst", kind: "reset", probability: 0.03, direction: "both" };

  test.each(["stream", "datagram"] as const)(
    "holds over a %s link under every fault at once",
    (kind) => {
      const faults = kind === "stream" ? [...every, resets] : every;
      const world = new CoreWorld({
        kind,
        plan: plan(...faults),
        responder: "counter",
        events: "none",
      });
      let client = world.dial();
      const counts = new Set<number>();
      const operations = 400;
      for (let operation = 0; operation < operations; operation++) {
        for (let attempt = 1; ; attempt++) {
          if (client.seen.isClosed) client = world.dial();
          client.send({ operation, attempt, payload: new Uint8Array(200) });
          world.advanceMs(100);
          const count = countIn(client, operation);
          if (count === undefined) {
            // A damaged stream is given up, as a client does.
            if (client.received.some((item) => "refused" in item)) client.link.reset();
            continue;
          }
          counts.add(count);
          break;
        }
      }
      expect(counts.size).toBe(operations);
      expect(world.core.stats()).toMatchObject({ executions: operations, counter: operations });
      expect(world.core.stats().replayed).toBeGreaterThan(50);
    },
  );
});

/** The count in the reply to an operation, if a sound one has come. */
function countIn(client: Talker, operation: number): number | undefined {
  for (const item of client.received) {
    if ("refused" in item || item.type !== FrameType.reply) continue;
    if (item.operation !== operation || item.session.low !== SESSION.low) continue;
    return new DataView(item.payload.buffer, item.payload.byteOffset).getUint32(4);
  }
  return undefined;
}
