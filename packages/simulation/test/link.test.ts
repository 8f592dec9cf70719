/** Links: when a packet arrives, and whether; measured against closed forms. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Draws } from "../src/draws.ts";
import type { Packet } from "../src/link.ts";
import { DirectedLink, LOST } from "../src/link.ts";
import { linkOptionsOf } from "../src/link-options.ts";
import type { LinkOptions } from "../src/index.ts";
import { LINK_OPTIONS_DEFAULT } from "../src/index.ts";

function linkOf(options: Partial<LinkOptions>, seed = 1): DirectedLink {
  const ends = { source: "a", target: "b" };
  return new DirectedLink(ends, linkOptionsOf(options, LINK_OPTIONS_DEFAULT), new Draws(seed));
}

function packet(ordinal: number, size = 100, flow = 9): Packet {
  return { flow, ordinal, attempt: 1, size };
}

/** Counts of a chance p in n draws lie within 4 standard deviations, once in 16 000 tests not. */
function expectShare(hits: number, count: number, chance: number): void {
  const z = (hits - count * chance) / Math.sqrt(count * chance * (1 - chance));
  expect(Math.abs(z)).toBeLessThan(4);
}

test("packets sent at once over a constant delay all arrive after that delay", () => {
  // An infinite server: a link whose delay were a queue would deliver them one after the other.
  const link = linkOf({ delayUs: 700 });
  const arrivals = Array.from({ length: 1000 }, (_, index) => link.depart(packet(index), 50));
  expect(new Set(arrivals)).toEqual(new Set([750]));
});

test("N packets of S bytes sent at once at rate R have arrived after d + NS/R, to the microsecond", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1000, max: 1_000_000_000 }),
      fc.nat({ max: 1_000_000 }),
      (sizes, bytesPerSecond, delayUs) => {
        const link = linkOf({ bytesPerSecond, delayUs });
        let bytes = 0;
        for (const [index, size] of sizes.entries()) {
          bytes += size;
          const exactUs = Math.ceil((bytes * 1_000_000) / bytesPerSecond);
          expect(link.depart(packet(index, size), 40)).toBe(40 + delayUs + exactUs);
        }
      },
    ),
  );
});

test("a wire that was idle saves nothing up for later", () => {
  const link = linkOf({ bytesPerSecond: 1_000_000, delayUs: 0 });
  expect(link.depart(packet(0, 100), 0)).toBe(100);
  expect(link.depart(packet(1, 100), 5000)).toBe(5100);
  expect(link.depart(packet(2, 100), 5050)).toBe(5200);
});

test("a full queue drops the packet that comes last, and takes one again when one has left", () => {
  const link = linkOf({ bytesPerSecond: 1_000_000, delayUs: 0, queuePacketsMax: 3 });
  const arrivals = [0, 1, 2, 3].map((index) => link.depart(packet(index), 0));
  expect(arrivals).toEqual([100, 200, 300, LOST]);
  expect(link.depart(packet(4), 99)).toBe(LOST);
  expect(link.depart(packet(5), 100)).toBe(400);
  expect(link.stats.overflowed).toBe(2);
});

test("a queue limited in bytes takes exactly that many", () => {
  const link = linkOf({ bytesPerSecond: 1_000_000, delayUs: 0, queueBytesMax: 250 });
  expect(link.depart(packet(0, 100), 0)).toBe(100);
  expect(link.depart(packet(1, 151), 0)).toBe(LOST);
  expect(link.depart(packet(2, 150), 0)).toBe(250);
});

test("a queue that never runs empty forgets what has left", () => {
  const link = linkOf({ bytesPerSecond: 1_000_000, delayUs: 0, queuePacketsMax: 5000 });
  link.depart(packet(0, 100_000), 0);
  for (let index = 1; index < 4000; index++) {
    expect(link.depart(packet(index, 10), index * 10)).toBe(100_000 + index * 10);
  }
  expect(link.depart(packet(4000, 10), 139_000)).toBe(140_000);
  expect(link.stats.overflowed).toBe(0);
});

test("a rate that changes holds for what is sent from then on", () => {
  const link = linkOf({ bytesPerSecond: 3_000_000, delayUs: 0 });
  expect(link.depart(packet(0, 1000), 0)).toBe(334);
  link.set({ bytesPerSecond: 1_000_000 });
  expect(link.depart(packet(1, 1000), 0)).toBe(1333);
  link.set({ bytesPerSecond: 0 });
  expect(link.depart(packet(2, 1000), 0)).toBe(0);
});

test("loss, duplication, reordering and corruption happen as often as they were asked for", () => {
  const chance = 0.07;
  const count = 40_000;
  const link = linkOf({ loss: chance, duplicate: chance, reorder: chance, corrupt: chance });
  let copies = 0;
  let damaged = 0;
  for (let index = 0; index < count; index++) {
    link.depart(packet(index), 0);
    if (link.departCopy(packet(index), 0) !== LOST) copies++;
    if (link.damages(packet(index))) damaged++;
  }
  const { stats } = link;
  for (const hits of [stats.lost, copies, damaged]) expectShare(hits, count, chance);
  expect([copies, damaged]).toEqual([stats.duplicated, stats.corrupted]);
  // Copies that are made draw for themselves whether they are late.
  expectShare(stats.reordered, count - stats.lost + copies, chance);
});

test("chance 1 is always, chance 0 is never", () => {
  const always = linkOf({ loss: 1 });
  const never = linkOf({ loss: 0, jitterUs: 1 });
  for (let index = 0; index < 500; index++) {
    expect(always.depart(packet(index), 0)).toBe(LOST);
    expect(never.depart(packet(index), 0)).not.toBe(LOST);
  }
});

test("jitter takes every value from 0 to its bound, all alike", () => {
  const link = linkOf({ delayUs: 100, jitterUs: 9 });
  const counts = new Map<number, number>();
  for (let index = 0; index < 20_000; index++) {
    const atUs = link.depart(packet(index), 0);
    counts.set(atUs, (counts.get(atUs) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
  ]);
  for (const hits of counts.values()) expectShare(hits, 20_000, 0.1);
});

test("two packets under jitter change places as often as the closed form says", () => {
  // Gap g, jitter uniform on 0 … J: (1 - g/J)² / 2, and a tie is no change of places.
  const [jitterUs, gapUs, pairs] = [10_000, 4000, 20_000];
  const link = linkOf({ jitterUs });
  let swapped = 0;
  for (let index = 0; index < pairs; index++) {
    const first = link.depart(packet(2 * index), 0);
    if (link.depart(packet(2 * index + 1), gapUs) < first) swapped++;
  }
  expectShare(swapped, pairs, (1 - gapUs / jitterUs) ** 2 / 2);
});

test("switching one fault on leaves the luck of all others as it was", () => {
  const lost = (options: Partial<LinkOptions>): number[] => {
    const link = linkOf({ loss: 0.2, ...options });
    return Array.from({ length: 2000 }, (_, index) => index).filter(
      (index) => link.depart(packet(index), 0) === LOST,
    );
  };
  const alone = lost({});
  expect(lost({ jitterUs: 500, reorder: 0.5, duplicate: 0.5, corrupt: 0.5 })).toEqual(alone);
  expect(lost({ delayUs: 9999 })).toEqual(alone);
});

test("another seed, another flow: other luck; the same: the same", () => {
  const luck = (seed: number, flow: number): string =>
    Array.from({ length: 200 }, (_, index) =>
      linkOf({ loss: 0.5 }, seed).depart(packet(index, 1, flow), 0) === LOST ? "x" : ".",
    ).join("");
  expect(luck(1, 1)).toBe(luck(1, 1));
  expect(new Set([luck(1, 1), luck(2, 1), luck(1, 2), luck(1, 3)]).size).toBe(4);
});

test("nothing departs from a cut link, nothing leaves it, and it says how much it swallowed", () => {
  const link = linkOf({});
  expect(link.lets()).toBe(true);
  link.cut();
  expect(link.depart(packet(0), 0)).toBe(LOST);
  expect([link.isCut, link.lets()]).toEqual([true, false]);
  link.repair();
  expect(link.depart(packet(1), 0)).toBe(50);
  expect(link.stats).toMatchObject({ packets: 2, bytes: 200, cut: 2, lost: 0 });
});

test("an option out of its bounds is refused, and the link stays as it was", () => {
  const link = linkOf({ delayUs: 5 });
  const wrong: readonly Partial<LinkOptions>[] = [
    { delayUs: -1 },
    { jitterUs: 0.5 },
    { bytesPerSecond: -1 },
    { queuePacketsMax: 0 },
    { queueBytesMax: 0 },
    { mtuBytes: 65_508 },
    { reorderDelayUs: Infinity },
    { loss: 1.01 },
    { duplicate: -0.1 },
    { reorder: Number.NaN },
  ];
  for (const options of wrong) expect(() => link.set(options)).toThrow(/Cannot set up a link as "/);
  expect(() => link.set({ corrupt: "much" as never })).toThrow(TypeError);
  expect(link.options.delayUs).toBe(5);
});
