/** The promises of a packet connection, whatever the wire does: two ends, a fake time, any fate. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draws } from "../support.ts";
import type { Fate } from "./support.ts";
import { messageOf, MS, Pair, TRIP_US } from "./support.ts";

/** Loses, doubles and holds up as its numbers say. */
function unkind(seed: number, perThousand: { loss: number; twice: number; late: number }): Fate {
  const next = draws(seed + 1);
  const happens = (chance: number): boolean => next() % 1000 < chance;
  return () => {
    if (happens(perThousand.loss)) return [];
    const delayUs = TRIP_US / 2 + (happens(perThousand.late) ? next() % (80 * MS) : 0);
    return happens(perThousand.twice) ? [delayUs, delayUs + (next() % (60 * MS))] : [delayUs];
  };
}

const wires = fc.record({
  seed: fc.nat(),
  loss: fc.constantFrom(0, 50, 100, 300),
  twice: fc.constantFrom(0, 100, 500),
  late: fc.constantFrom(0, 100, 500),
});
const sizes = fc.array(
  fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 5000 }), fc.constantFrom(1139, 1140, 1141, 65_600)),
  { minLength: 1, maxLength: 12 },
);

function sorted(messages: readonly Uint8Array[]): string[] {
  return messages.map((message) => `${message.length}:${message.join(",")}`).toSorted();
}

describe("whatever is lost, doubled and overtaken", () => {
  test("every message arrives exactly once and intact, both ways", () => {
    fc.assert(
      fc.property(wires, sizes, sizes, (wire, there, back) => {
        const pair = new Pair(unkind(wire.seed, wire));
        const requests = there.map((size, index) => messageOf(index, size));
        const replies = back.map((size, index) => messageOf(100 + index, size));
        for (const message of requests) pair.send(pair.dialler, message);
        // Who was dialled can answer only once it was spoken to.
        pair.listener.onMessage = () => {
          for (const message of replies.splice(0)) pair.listener.core.send(message, pair.nowUs);
        };
        const expected = sorted(replies);
        const { dialler, listener } = pair;
        const isDone = (): boolean =>
          dialler.messages.length >= back.length && listener.messages.length >= there.length;
        expect(pair.until(isDone, 25_000 * MS)).toBe(true);
        pair.until(() => false, 2000 * MS);
        expect(sorted(listener.messages)).toEqual(sorted(requests));
        expect(sorted(dialler.messages)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("never more fragments are on their way than the window allows, but for probes", () => {
    fc.assert(
      fc.property(wires, (wire) => {
        const pair = new Pair(unkind(wire.seed, wire));
        let probes = 0;
        pair.dialler.onSent = ({ core, sent }) => {
          const isProbe = core.stats.probes > probes;
          probes = core.stats.probes;
          // A word (ping, token, ack) is let through: the window may open by its answer alone.
          const isWord = sent.at(-1)!.bytes < 200;
          if (!isProbe && !isWord) expect(core.inFlightBytes).toBeLessThanOrEqual(core.windowBytes);
        };
        for (let index = 0; index < 8; index++) pair.send(pair.dialler, messageOf(index, 40_000));
        pair.until(() => pair.listener.messages.length === 8, 25_000 * MS);
        expect(pair.dialler.sent.length).toBeGreaterThan(8);
      }),
      { numRuns: 40 },
    );
  });

  test("an address gets three times what came from it, until it has proved that it hears", () => {
    fc.assert(
      fc.property(wires, fc.integer({ min: 1, max: 2000 }), (wire, request) => {
        const pair = new Pair(unkind(wire.seed, wire));
        const { listener } = pair;
        listener.onMessage = () => void listener.core.send(messageOf(1, 65_600), pair.nowUs);
        listener.onSent = ({ core, receivedBytes, sentBytes }) => {
          if (!core.isValidated) expect(sentBytes).toBeLessThanOrEqual(3 * receivedBytes);
        };
        pair.send(pair.dialler, messageOf(0, request));
        expect(pair.until(() => pair.dialler.messages.length === 1, 25_000 * MS)).toBe(true);
        expect(listener.core.isValidated).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
