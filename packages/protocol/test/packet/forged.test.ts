/** What strangers send: it changes nothing, not a window, not a timer, not a message. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketWriter } from "../../src/packet/encode.ts";
import { draws } from "../support.ts";
import type { End } from "./support.ts";
import { CONNECTION, messageOf, MS, Pair } from "./support.ts";

/** All that can be seen of an end. */
function stateOf({ core, messages, arrivedUs, sent }: End) {
  const { datagramsRefused: _, ...stats } = core.stats;
  const { dueUs, inFlightBytes, isIdle, isValidated, rtt, windowBytes } = core;
  return {
    stats,
    dueUs,
    inFlightBytes,
    isIdle,
    isValidated,
    rtt,
    windowBytes,
    messages,
    arrivedUs,
    sent,
  };
}

/** A course of messages both ways, with somebody who puts datagrams on the wire meanwhile. */
function course(meddle: (pair: Pair, recorded: readonly Uint8Array[]) => void): Pair {
  const recorded: Uint8Array[] = [];
  const pair: Pair = new Pair((datagram) => {
    recorded.push(datagram);
    return [25 * MS];
  });
  const { dialler, listener } = pair;
  listener.onMessage = (message) => void listener.core.send(message.slice(), pair.nowUs);
  for (let index = 0; index < 5; index++) {
    pair.send(dialler, messageOf(index, index * 2000));
    pair.runTo((index + 1) * 40 * MS);
    meddle(pair, recorded);
  }
  pair.until(() => dialler.messages.length === 5);
  return pair;
}

const quiet = course(() => {});

function expectUnmoved(meddle: (pair: Pair, recorded: readonly Uint8Array[]) => void): void {
  const pair = course(meddle);
  expect(stateOf(pair.dialler)).toEqual(stateOf(quiet.dialler));
  expect(stateOf(pair.listener)).toEqual(stateOf(quiet.listener));
}

/** Delivers without letting anything leave but what the end would send anyway. */
function deliver(pair: Pair, bytes: Uint8Array): void {
  for (const end of [pair.dialler, pair.listener]) pair.arrive(end, bytes);
}

test("garbage, and packets with any damage, are not there", () => {
  fc.assert(
    fc.property(fc.nat(), (salt) => {
      const next = draws(salt + 1);
      expectUnmoved((pair, recorded) => {
        deliver(
          pair,
          Uint8Array.from({ length: next() % 300 }, () => next() & 0xff),
        );
        const copy = recorded[next() % recorded.length]!.slice();
        copy[next() % copy.length]! ^= 1 + (next() % 255);
        deliver(pair, copy);
      });
    }),
    { numRuns: 30 },
  );
});

test("a packet that comes again is refused: nothing is delivered, acknowledged or validated twice", () => {
  const pair = course((at, recorded) => {
    // What has long arrived; a packet that comes for the first time would be no repetition.
    for (const bytes of recorded.slice(0, at.nowUs > 50 * MS ? 2 : 0)) deliver(at, bytes);
  });
  expect(stateOf(pair.dialler)).toEqual(stateOf(quiet.dialler));
  expect(stateOf(pair.listener)).toEqual(stateOf(quiet.listener));
  expect(pair.listener.core.stats.datagramsRefused).toBeGreaterThan(0);
});

/** Sound packets of a peer that means harm: any part, any number, any claim. */
const hostile = fc.array(
  fc.record({
    number: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(2 ** 48 - 1, 2 ** 40)),
    message: fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(2 ** 48 - 1)),
    index: fc.nat({ max: 400 }),
    more: fc.integer({ min: 1, max: 60_000 }),
    size: fc.nat({ max: 1000 }),
    words: fc.nat({ max: 7 }),
    acked: fc.nat({ max: 20 }),
  }),
  { maxLength: 60 },
);

test("a peer that means harm is given nothing that it did not send, and breaks nothing", () => {
  fc.assert(
    fc.property(hostile, (packets) => {
      // The only one who is heard is the one who means harm.
      const pair = new Pair(() => []);
      const { listener } = pair;
      let sent = 0;
      listener.onMessage = (message) => void listener.core.send(message.slice(), pair.nowUs);
      for (const { number, message, index, more, size, words, acked } of packets) {
        const datagram = forged({ number, flags: words & 2 })((writer) => {
          if ((words & 1) !== 0) {
            writer.putAck({ ranges: [{ low: 0, high: acked }], delayUs: 0xffff_ffff });
          }
          if ((words & 4) !== 0) writer.putToken("response", { high: 1, low: 2 });
          const count = index + more;
          const bytes = messageOf(message, size);
          if (count <= 0xffff) writer.putFragment({ message, index, count, bytes });
        });
        sent += datagram.length;
        pair.arrive(listener, datagram);
        pair.runTo(pair.nowUs + 5 * MS);
        expect(listener.sentBytes).toBeLessThanOrEqual(3 * sent);
      }
      const got = listener.messages.reduce((sum, { length }) => sum + length, 0);
      expect(got).toBeLessThanOrEqual(sent);
      pair.runTo(120_000 * MS);
      expect(listener.core.end).toBe("silent");
    }),
  );
});

function forged(start: Partial<{ flags: number; number: number; connection: typeof CONNECTION }>) {
  return (put: (writer: PacketWriter) => void): Uint8Array => {
    const writer = new PacketWriter(1200);
    writer.begin({ flags: 0, number: 1000, connection: CONNECTION, ...start }, 1200);
    put(writer);
    return writer.finish();
  };
}

describe("a sound packet", () => {
  test("of another connection is refused", () => {
    const other = { high: 1, low: 2 };
    const part = { message: 77, index: 0, count: 1, bytes: messageOf(1, 9) };
    expectUnmoved((pair) =>
      deliver(
        pair,
        forged({ connection: other })((writer) => writer.putFragment(part)),
      ),
    );
  });

  test("that comes back to its sender is refused", () => {
    expectUnmoved((pair, recorded) => {
      const own = recorded.filter((bytes) => (bytes[3]! & 1) === 0);
      for (const bytes of own) pair.arrive(pair.dialler, bytes);
    });
  });

  test("that acknowledges what was never sent is refused with all it holds", () => {
    const ack = { ranges: [{ low: 0, high: 999_999 }], delayUs: 0 };
    expectUnmoved((pair) => {
      pair.arrive(
        pair.listener,
        forged({ flags: 0 })((writer) => writer.putAck(ack)),
      );
      pair.arrive(
        pair.dialler,
        forged({ flags: 1 })((writer) => writer.putAck(ack)),
      );
    });
  });
});
