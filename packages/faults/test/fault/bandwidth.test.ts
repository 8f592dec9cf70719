import { expect, test } from "vitest";
import { FaultChain, zScore } from "../../src/index.ts";
import { chainOf, deeds, onlyStats, planOf, unitOf } from "../helpers.ts";

const KILOBYTE = new Uint8Array(1000);
const SLOW = { id: "thin", kind: "bandwidth", bytesPerSecond: 10_000, burstBytes: 2000 } as const;

test("bandwidth lets a burst through at once and makes the rest wait its turn", () => {
  const chain = chainOf(SLOW);
  const delays = Array.from(
    { length: 5 },
    (_, message) => chain.decide(unitOf({ bytes: KILOBYTE, message }), 0).delayUs,
  );
  // 10 000 bytes a second: each kilobyte above the burst of two takes 100 ms.
  expect(delays).toEqual([0, 0, 100_000, 200_000, 300_000]);
});

test("bandwidth fills up again while nothing is sent, but not above the burst", () => {
  const chain = chainOf(SLOW);
  const at = (nowUs: number): number => chain.decide(unitOf({ bytes: KILOBYTE }), nowUs).delayUs;
  expect([at(0), at(0), at(0)]).toEqual([0, 0, 100_000]);
  // 100 ms pay the debt, another 50 bring 500 bytes: half a kilobyte is still owed.
  expect(at(150_000)).toBe(50_000);
  expect([at(10_000_000), at(10_000_000), at(10_000_000)]).toEqual([0, 0, 100_000]);
});

test("bandwidth in the long run is what it was set to", () => {
  const chain = chainOf({ ...SLOW, burstBytes: 0 });
  let arrivedUs = 0;
  for (let message = 0; message < 1000; message += 1) {
    // One kilobyte each 50 ms: twice as much as the link carries.
    const nowUs = message * 50_000;
    arrivedUs = nowUs + chain.decide(unitOf({ bytes: KILOBYTE, message }), nowUs).delayUs;
  }
  expect(arrivedUs).toBe(1000 * 100_000);
});

test("bandwidth of a fast link is exact too, message by message", () => {
  const chain = chainOf({ ...SLOW, bytesPerSecond: 300_000_000, burstBytes: 0 });
  let last = 0;
  for (let message = 0; message < 3000; message += 1) {
    last = chain.decide(unitOf({ bytes: new Uint8Array(100), message }), 0).delayUs;
  }
  // 300 000 bytes at 300 MB a second: 1 ms, though one message takes a third of a microsecond.
  expect(last).toBe(1000);
});

test("each session and each direction has a bandwidth of its own", () => {
  const chain = chainOf({ ...SLOW, direction: "both", burstBytes: 1000 });
  const at = (other: object): number =>
    chain.decide(unitOf({ bytes: KILOBYTE, ...other }), 0).delayUs;
  expect([at({}), at({ direction: "request" }), at({ sessionLow: 1 })]).toEqual([0, 0, 0]);
  expect([at({}), at({ direction: "request" }), at({ sessionLow: 1 })]).toEqual([
    100_000, 100_000, 100_000,
  ]);
});

test("bandwidth does not run backwards with a clock that does", () => {
  const chain = chainOf({ ...SLOW, burstBytes: 1000 });
  expect(chain.decide(unitOf({ bytes: KILOBYTE }), 5_000_000).delayUs).toBe(0);
  expect(chain.decide(unitOf({ bytes: KILOBYTE }), 4_000_000).delayUs).toBe(100_000);
});

test("bandwidth fires on every message it carries, waiting or not", () => {
  const chain = chainOf({ id: "thin", kind: "bandwidth", bytesPerSecond: 1000 });
  expect(deeds(chain.decide(unitOf(), 0))).toEqual(["thin: delayed 0 us"]);
  expect(onlyStats(chain)).toEqual({
    id: "thin",
    kind: "bandwidth",
    eligible: 1,
    fired: 1,
    expected: 1,
    variance: 0,
  });
  expect(zScore(onlyStats(chain))).toBeNull();
});

test("a forgotten session starts with a full bucket", () => {
  const slow = { ...SLOW, burstBytes: 1000 };
  const chain = new FaultChain(planOf([slow]), { sessionsMax: 2 });
  const at = (sessionLow: number): number =>
    chain.decide(unitOf({ bytes: KILOBYTE, sessionLow }), 0).delayUs;
  // Two sessions are remembered; the third pushes out the first.
  expect([at(1), at(2), at(1), at(2)]).toEqual([0, 0, 100_000, 100_000]);
  expect([at(3), at(2), at(1)]).toEqual([0, 200_000, 0]);
});
