/** How losses are found and what follows from them: RFC 9002, one rule a test. */
import { describe, expect, test } from "vitest";
import { decodePacket } from "../../src/index.ts";
import { Congestion } from "../../src/packet/congestion.ts";
import type { Fate } from "./support.ts";
import { messageOf, MS, Pair, TRIP_US } from "./support.ts";

const small = (number: number) => messageOf(number, 64);

/** Loses the datagrams of one end that are named by their packet number. */
function losing(from: "dialler" | "listener", ...numbers: readonly number[]): Fate {
  return (datagram, sender) => {
    const { number } = decodePacket(datagram)!;
    return sender === from && numbers.includes(number) ? [] : [TRIP_US / 2];
  };
}

describe("a lost packet", () => {
  test("is sent again when three later ones have come through", () => {
    const pair = new Pair(losing("dialler", 2));
    for (let index = 0; index < 6; index++) pair.send(pair.dialler, small(index));
    pair.until(() => pair.listener.messages.length === 6);
    expect(pair.dialler.core.stats).toMatchObject({
      packetsLost: 1,
      fragmentsRepeated: 1,
      probes: 0,
    });
    // Found with the first ack after one round trip, there half a trip later.
    expect(pair.nowUs).toBe(TRIP_US + TRIP_US / 2);
  });

  test("is sent again after 9/8 of a round trip when too few came after it", () => {
    const pair = new Pair(losing("dialler", 6));
    for (let index = 0; index < 4; index++) pair.send(pair.dialler, small(index));
    pair.until(() => pair.dialler.core.isIdle);
    const startUs = pair.nowUs;
    // Numbers 4, 5 and on: an ack of the listener's is not among them.
    for (let index = 4; index < 8; index++) pair.send(pair.dialler, small(index));
    pair.until(() => pair.listener.messages.length === 8);
    expect(pair.dialler.core.stats).toMatchObject({ packetsLost: 1, probes: 0 });
    const { smoothedUs, latestUs } = pair.dialler.core.rtt;
    expect(Math.max(smoothedUs, latestUs)).toBeLessThanOrEqual(TRIP_US * 1.6);
    expect(pair.nowUs - startUs).toBeGreaterThanOrEqual((TRIP_US * 9) / 8 + TRIP_US / 2);
    expect(pair.nowUs - startUs).toBeLessThan(TRIP_US * 2.4);
  });

  test("at the tail is found by a probe after the probe timeout", () => {
    const pair = new Pair();
    pair.send(pair.dialler, small(0));
    pair.until(() => pair.dialler.core.isIdle);
    // Number 1 gave the token back.
    pair.fate = losing("dialler", 2);
    pair.runTo(500 * MS);
    const startUs = pair.nowUs;
    const timeoutUs = pair.dialler.core.rtt.timeoutUs(0);
    pair.send(pair.dialler, small(1));
    pair.until(() => pair.listener.messages.length === 2);
    expect(pair.nowUs - startUs).toBe(timeoutUs + TRIP_US / 2);
    expect(pair.dialler.core.stats.probes).toBeGreaterThan(0);
  });

  test("halves the window once a round trip, however many are lost in it", () => {
    const pair = new Pair(losing("dialler", 1, 3, 5));
    pair.send(pair.dialler, messageOf(0, 11_000));
    const before = pair.dialler.core.windowBytes;
    expect(before).toBe(10 * 1200);
    pair.until(() => pair.dialler.core.isIdle);
    expect(pair.dialler.core.stats.packetsLost).toBe(3);
    expect(pair.dialler.core.windowBytes).toBeLessThan(before);
    expect(pair.dialler.core.windowBytes).toBeGreaterThanOrEqual(before / 2);
  });
});

test("acks that are lost cost nothing: later ones tell the same", () => {
  const acks: Fate = (_, from) => (from === "listener" && lost++ < 3 ? [] : [TRIP_US / 2]);
  let lost = 0;
  const pair = new Pair(acks);
  for (let index = 0; index < 10; index++) pair.send(pair.dialler, small(index));
  pair.until(() => pair.dialler.core.isIdle);
  expect(lost).toBeGreaterThan(3);
  expect(pair.listener.messages).toHaveLength(10);
  expect(pair.dialler.core.stats).toMatchObject({ packetsLost: 0, fragmentsRepeated: 0 });
});

test("packets that overtake each other by less than three are not taken for lost", () => {
  // Every fourth is late by two places.
  const late: Fate = (datagram, from) => {
    const { number } = decodePacket(datagram)!;
    return [TRIP_US / 2 + (from === "dialler" && number % 4 === 0 ? 2 * MS : 0)];
  };
  const pair = new Pair(late);
  for (let index = 0; index < 40; index++) {
    pair.send(pair.dialler, small(index));
    pair.runTo((index + 1) * MS);
  }
  pair.until(() => pair.listener.messages.length === 40);
  expect(pair.dialler.core.stats).toMatchObject({ packetsLost: 0, fragmentsRepeated: 0 });
});

test("an ack waits for a second packet, at most 25 ms, and says how long it did", () => {
  const pair = new Pair();
  pair.send(pair.dialler, small(0));
  pair.until(() => pair.listener.sent.length === 1);
  expect(pair.nowUs).toBe(TRIP_US / 2 + 25 * MS);
  pair.until(() => pair.dialler.core.isIdle);
  expect(pair.dialler.core.rtt.latestUs).toBe(TRIP_US + 25 * MS);
  expect(pair.dialler.core.rtt.latestUs).toBe(TRIP_US + 25 * MS);
});

test("the time that an ack was kept back is no part of the round trip", () => {
  const pair = new Pair();
  pair.send(pair.dialler, small(0));
  pair.send(pair.dialler, small(1));
  for (let trip = 1; trip < 20; trip++) {
    pair.runTo(trip * 200 * MS);
    pair.send(pair.dialler, small(trip + 1));
  }
  pair.until(() => pair.dialler.core.isIdle);
  const { latestUs, minUs, smoothedUs } = pair.dialler.core.rtt;
  expect([latestUs, minUs, smoothedUs]).toEqual([TRIP_US + 25 * MS, TRIP_US, TRIP_US]);
});

test("two packets are acknowledged at once", () => {
  const pair = new Pair();
  pair.send(pair.dialler, small(0));
  pair.send(pair.dialler, small(1));
  pair.until(() => pair.listener.sent.length === 1);
  expect(pair.nowUs).toBe(TRIP_US / 2);
});

describe("the window", () => {
  test("begins with 10 datagrams and doubles in a round trip of slow start", () => {
    const window = new Congestion(1200);
    expect(window.windowBytes).toBe(12_000);
    for (let packet = 0; packet < 10; packet++) window.acknowledged(1200, 5, true);
    expect(window.windowBytes).toBe(24_000);
  });

  test("grows by one datagram a round trip after a loss, and never below two by losses", () => {
    const window = new Congestion(1200);
    window.lost(5, 10);
    expect(window.windowBytes).toBe(6000);
    for (let packet = 0; packet < 5; packet++) window.acknowledged(1200, 11, true);
    expect(window.windowBytes).toBe(7200);
    for (let loss = 2; loss < 9; loss++) window.lost(loss * 10, loss * 10 + 5);
    expect(window.windowBytes).toBe(2400);
  });

  test("keeps half of what it had earned towards the next datagram when it is halved", () => {
    const window = new Congestion(1200);
    window.lost(5, 10);
    for (let packet = 0; packet < 4; packet++) window.acknowledged(1200, 11, true);
    window.lost(15, 20);
    expect(window.windowBytes).toBe(3000);
    window.acknowledged(600, 21, true);
    expect(window.windowBytes).toBe(4200);
  });

  test("does not grow for who does not use it, nor for what left before the last loss", () => {
    const window = new Congestion(1200);
    window.acknowledged(1200, 5, false);
    expect(window.windowBytes).toBe(12_000);
    window.lost(5, 10);
    window.acknowledged(12_000, 10, true);
    expect(window.windowBytes).toBe(6000);
  });

  test("falls to two datagrams when nothing came through for three probe timeouts", () => {
    let dark = false;
    const pair = new Pair(() => (dark ? [] : [TRIP_US / 2]), { messageLifetimeMs: 60_000 });
    for (let index = 0; index < 16; index++) pair.send(pair.dialler, messageOf(index, 60_000));
    pair.runTo(200 * MS);
    expect(pair.dialler.core.windowBytes).toBeGreaterThan(12_000);
    expect(pair.listener.messages.length).toBeLessThan(16);
    dark = true;
    pair.runTo(8000 * MS);
    dark = false;
    let least = Infinity;
    pair.dialler.onSent = ({ core }) => (least = Math.min(least, core.windowBytes));
    pair.until(() => pair.listener.messages.length === 16, 60_000 * MS);
    expect(least).toBe(2400);
    expect(pair.listener.messages).toHaveLength(16);
  });
});

test("a window of packets leaves spread over the round trip, not all at once", () => {
  const pair = new Pair();
  for (let index = 0; index < 16; index++) pair.send(pair.dialler, messageOf(index, 65_000));
  pair.until(() => pair.nowUs > 6 * TRIP_US);
  const perMs = new Map<number, number>();
  for (const { atUs } of pair.dialler.sent) {
    const ms = Math.floor(atUs / MS);
    perMs.set(ms, (perMs.get(ms) ?? 0) + 1);
  }
  expect(pair.dialler.sent.length).toBeGreaterThan(100);
  expect(Math.max(...perMs.values())).toBeLessThanOrEqual(16);
});

describe("a datagram that is lost", () => {
  test("holds up its own message alone: the replies to the other 99 come as if it had not been", () => {
    const pair = new Pair(losing("dialler", 42));
    const { dialler, listener } = pair;
    listener.onMessage = (message) => void listener.core.send(message.slice(), pair.nowUs);
    for (let index = 0; index < 100; index++) pair.send(dialler, Uint8Array.of(index));
    pair.until(() => dialler.messages.length === 100);
    const lateBy = dialler.arrivedUs.map((atUs) => atUs - TRIP_US);
    expect(lateBy.filter((us) => us === 0)).toHaveLength(99);
    expect(dialler.messages.at(-1)).toEqual(Uint8Array.of(42));
  });
});
