/** Every limit of packets, on both sides. */
import { describe, expect, test } from "vitest";
import type { PacketLimits } from "../../src/index.ts";
import { decodePacket, PACKET_LIMITS_DEFAULT, packetLimitsOf } from "../../src/index.ts";
import { Assembly } from "../../src/packet/assembly.ts";
import { messageOf, MS, Pair, TRIP_US } from "./support.ts";

const SECOND = 1000 * MS;

describe("a limit that is none", () => {
  test.each([
    ["datagramBytesMax", 255, "an integer of 256 … 65507: got 255"],
    ["datagramBytesMax", 65_508, "an integer of 256 … 65507: got 65508"],
    ["messageBytesMax", 0, "an integer of 1 … 1073741824: got 0"],
    ["sendQueueMessagesMax", 1.5, "an integer of 1 … 65536: got 1.5"],
    ["ackDelayMs", 0, "a number of milliseconds of at least 1: got 0"],
    ["silenceMs", 86_400_001, "a number of milliseconds of at most 86400000: got 86400001"],
  ])("is refused by name: %s %s", (name, value, rule) => {
    expect(() => packetLimitsOf({ [name]: value })).toThrow(
      `Cannot carry packets as "${name}" must be ${rule}`,
    );
  });

  test("leaves the others as they are by default", () => {
    expect(packetLimitsOf({ ackDelayMs: 5 })).toEqual({ ...PACKET_LIMITS_DEFAULT, ackDelayMs: 5 });
  });
});

test.each([256, 1200, 9000])("no datagram is larger than datagramBytesMax, here %i", (bytesMax) => {
  const pair = new Pair(undefined, { datagramBytesMax: bytesMax });
  pair.send(pair.dialler, messageOf(0, 60_000));
  pair.until(() => pair.listener.messages.length === 1);
  const sizes = pair.dialler.sent.map(({ bytes }) => bytes);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(bytesMax);
  expect(Math.max(...sizes)).toBeGreaterThan(bytesMax - 40);
  expect(pair.listener.messages[0]).toEqual(messageOf(0, 60_000));
});

test("a message of messageBytesMax is carried, one byte more is not", () => {
  const pair = new Pair();
  const { messageBytesMax } = PACKET_LIMITS_DEFAULT;
  expect(pair.send(pair.dialler, messageOf(0, messageBytesMax + 1))).toBe(false);
  expect(pair.send(pair.dialler, messageOf(1, messageBytesMax))).toBe(true);
  pair.until(() => pair.dialler.core.isIdle);
  expect(pair.listener.messages).toEqual([messageOf(1, messageBytesMax)]);
  expect(pair.dialler.core.stats.messagesDropped).toBe(1);
});

describe("what is queued", () => {
  test.each<[string, Partial<PacketLimits>, number]>([
    ["sendQueueBytesMax", { sendQueueBytesMax: 5000 }, 5],
    ["sendQueueMessagesMax", { sendQueueMessagesMax: 7 }, 7],
  ])("reaches %s and no further, and drains as it is acknowledged", (_, limits, count) => {
    const pair = new Pair(undefined, limits);
    const { core } = pair.dialler;
    for (let index = 0; index < count; index++) {
      expect(core.isFull).toBe(false);
      expect(pair.send(pair.dialler, messageOf(index, 1000))).toBe(true);
    }
    expect(core.isFull).toBe(true);
    expect(pair.send(pair.dialler, messageOf(99, 1))).toBe(false);
    pair.until(() => core.isIdle);
    expect(core.isFull).toBe(false);
    expect(pair.listener.messages).toHaveLength(count);
  });
});

describe("what is not whole", () => {
  const limitsOf = (limits: Partial<PacketLimits>) => packetLimitsOf(limits);
  const part = (message: number, index: number, size = 100) => {
    return { message, index, count: 3, bytes: messageOf(message, size) };
  };

  test("takes assemblyBytesMax, 64 for each fragment and 8 for each place among them, and no more", () => {
    const assembly = new Assembly(limitsOf({ assemblyBytesMax: 2 * (164 + 3 * 8) }));
    assembly.add(part(0, 0), 0);
    expect(assembly.fits([part(1, 0)], 0)).toBe(true);
    expect(assembly.fits([part(1, 0)], 1)).toBe(false);
    assembly.add(part(1, 0), 0);
    expect(assembly.fits([part(2, 0, 1)], 0)).toBe(false);
    // What is whole at once, or was there before, takes no room.
    expect(assembly.fits([{ ...part(2, 0), count: 1 }, part(0, 0)], 0)).toBe(true);
  });

  test("counts the places of every fragment that a message claims to have", () => {
    const assembly = new Assembly(limitsOf({ assemblyBytesMax: 65 + 300 * 8 }));
    const claim = (count: number) => ({ ...part(0, 0, 1), count });
    expect(assembly.fits([claim(301)], 0)).toBe(false);
    expect(assembly.fits([claim(300)], 0)).toBe(true);
    assembly.add(claim(300), 0);
    expect(assembly.bytes).toBe(65 + 300 * 8);
    expect(assembly.fits([{ ...claim(300), index: 1 }], 0)).toBe(false);
  });

  test("holds little of peers that begin every message and end none", () => {
    const limits = limitsOf({});
    const assembly = new Assembly(limits);
    let begun = 0;
    for (let message = 0; message < limits.assemblyMessagesMax; message++) {
      const first = { ...part(message, 0, 1), count: 335 };
      if (!assembly.fits([first], 0)) break;
      assembly.add(first, 0);
      begun++;
    }
    expect(assembly.bytes).toBeLessThanOrEqual(limits.assemblyBytesMax);
    expect(begun).toBe(Math.floor(limits.assemblyBytesMax / (65 + 335 * 8)));
    assembly.expire(limits.messageLifetimeMs * MS);
    expect([assembly.size, assembly.bytes]).toEqual([0, 0]);
  });

  test("gives everything back when it is whole", () => {
    const assembly = new Assembly(limitsOf({}));
    assembly.add(part(0, 0), 0);
    assembly.add(part(0, 1), 0);
    expect(assembly.bytes).toBe(2 * 164 + 3 * 8);
    expect(assembly.add(part(0, 2), 0)).toHaveLength(300);
    expect(assembly.bytes).toBe(0);
  });

  test("is at most assemblyMessagesMax messages", () => {
    const assembly = new Assembly(limitsOf({ assemblyMessagesMax: 2 }));
    assembly.add(part(0, 0), 0);
    expect(assembly.fits([part(1, 0)], 0)).toBe(true);
    assembly.add(part(1, 0), 0);
    expect(assembly.fits([part(2, 0)], 0)).toBe(false);
    expect(assembly.fits([part(1, 1)], 0)).toBe(true);
  });

  test("never becomes larger than a message may be, whatever its fragments claim", () => {
    const assembly = new Assembly(limitsOf({ messageBytesMax: 500 }));
    assembly.add(part(0, 0, 200), 0);
    assembly.add(part(0, 1, 200), 0);
    expect(assembly.fits([part(0, 2, 100)], 0)).toBe(true);
    expect(assembly.fits([part(0, 2, 101)], 0)).toBe(false);
    expect(assembly.fits([{ ...part(1, 0), count: 60_000 }], 0)).toBe(false);
  });

  test("is dropped after messageLifetimeMs, and holds nothing then", () => {
    const assembly = new Assembly(limitsOf({ messageLifetimeMs: 1000 }));
    assembly.add(part(0, 0), 500 * MS);
    expect(assembly.expiresUs).toBe(1500 * MS);
    assembly.expire(1499 * MS);
    expect(assembly.size).toBe(1);
    assembly.expire(1500 * MS);
    expect([assembly.size, assembly.bytes]).toEqual([0, 0]);
  });
});

test("a packet that finds no room is as good as lost, but for what it acknowledges", () => {
  const pair = new Pair();
  const { dialler, listener } = pair;
  pair.send(dialler, messageOf(0, 10));
  pair.until(() => listener.messages.length === 1);
  pair.send(listener, messageOf(1, 10));
  pair.until(() => dialler.messages.length === 1);
  let last: Uint8Array | undefined;
  pair.fate = (datagram) => {
    last = datagram;
    return [];
  };
  pair.send(dialler, messageOf(2, 3000));
  const [packet, bytes] = [decodePacket(last!)!, last!.length];
  const { nowUs } = pair;
  const acks = { ...packet, ack: { ranges: [{ low: 0, high: 0 }], delayUs: 0 } };
  const at = { bytes, nowUs, heldBytes: PACKET_LIMITS_DEFAULT.assemblyBytesMax };
  expect(listener.core.isIdle).toBe(false);
  expect(listener.core.receive(acks, at)).toEqual([]);
  expect(listener.core.isIdle).toBe(true);
  // It was not taken: the same packet is not one that came before.
  expect(listener.core.receive(packet, { ...at, heldBytes: 0 })).toEqual([]);
  expect(listener.core.stats).toMatchObject({ datagramsRefused: 1 });
});

test("a message is sent again for messageLifetimeMs, then it is given up", () => {
  const pair = new Pair(() => [], { messageLifetimeMs: 5000 });
  pair.send(pair.dialler, messageOf(0, 100));
  pair.runTo(5 * SECOND - 1);
  expect(pair.dialler.core.isIdle).toBe(false);
  expect(pair.dialler.core.stats.fragmentsRepeated).toBeGreaterThan(1);
  pair.runTo(5 * SECOND);
  expect(pair.dialler.core.isIdle).toBe(true);
  const { fragmentsRepeated } = pair.dialler.core.stats;
  pair.runTo(20 * SECOND);
  expect(pair.dialler.core.stats.fragmentsRepeated).toBe(fragmentsRepeated);
});

test("an ack waits ackDelayMs at most", () => {
  const pair = new Pair(undefined, { ackDelayMs: 10 });
  pair.send(pair.dialler, messageOf(0, 10));
  pair.runTo(TRIP_US / 2 + 10 * MS - 1);
  expect(pair.listener.sent).toHaveLength(0);
  pair.runTo(TRIP_US / 2 + 10 * MS);
  expect(pair.listener.sent).toHaveLength(1);
});

describe("silence", () => {
  test("of silenceMs ends a connection, at both ends", () => {
    const pair = new Pair(undefined, { silenceMs: 8000 });
    pair.send(pair.dialler, messageOf(0, 10));
    pair.runTo(SECOND);
    pair.fate = () => [];
    pair.runTo(8 * SECOND);
    expect([pair.dialler.core.end, pair.listener.core.end]).toEqual([undefined, undefined]);
    pair.runTo(9 * SECOND);
    expect([pair.dialler.core.end, pair.listener.core.end]).toEqual(["silent", "silent"]);
  });

  test("is broken by a ping after pingAfterMs, so that who is idle stays connected", () => {
    const pair = new Pair(undefined, { silenceMs: 8000, pingAfterMs: 2000 });
    pair.send(pair.dialler, messageOf(0, 10));
    pair.runTo(SECOND);
    const { length } = pair.dialler.sent;
    pair.runTo(2 * SECOND);
    expect(pair.dialler.sent).toHaveLength(length);
    pair.runTo(3 * SECOND);
    expect(pair.dialler.sent).toHaveLength(length + 1);
    pair.runTo(60 * SECOND);
    expect([pair.dialler.core.end, pair.listener.core.end]).toEqual([undefined, undefined]);
  });
});
