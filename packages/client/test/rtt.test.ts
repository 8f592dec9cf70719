/** The estimate of round trips, against the figures of RFC 6298 and RFC 9002, and in a client. */
import { FakeClock, MemoryNetwork, seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RttEstimate, RttProfile } from "../src/index.ts";
import { createClient, createRttEstimate, rttProfiles } from "../src/index.ts";
import { endsOf, World } from "./support/world.ts";

const MS = 1000;
const PLAIN: RttProfile = {
  initialMs: 100,
  granularityMs: 1,
  ackDelayMaxMs: 0,
  floorMs: 0,
  ceilingMs: 60_000,
};

function after(samplesMs: readonly number[], profile = PLAIN): RttEstimate {
  return samplesMs.reduce((rtt, ms) => rtt.next(ms * MS), createRttEstimate(profile));
}

describe("an estimate of round trips", () => {
  test("begins with a timeout of about a second on an unknown path (RFC 9002, 6.2.2)", () => {
    const rtt = createRttEstimate();
    expect(rtt.timeoutUs(0)).toBe(333_000 + 4 * 166_500 + 25_000);
    expect(createRttEstimate(rttProfiles.loopback).timeoutUs(0)).toBe(20_000 + 40_000 + 5000);
  });

  test("takes the first sample whole, with half of it as variation (RFC 6298, 2.2)", () => {
    expect(after([80])).toMatchObject({ samples: 1, smoothedUs: 80_000, variationUs: 40_000 });
    expect(after([80]).timeoutUs(0)).toBe(240_000);
  });

  test("moves by an eighth and a quarter, the variation first (RFC 6298, 2.3)", () => {
    // |80 - 160| = 80: 3/4 * 40 + 1/4 * 80 = 50. 7/8 * 80 + 1/8 * 160 = 90.
    expect(after([80, 160])).toMatchObject({ smoothedUs: 90_000, variationUs: 50_000 });
    // |90 - 90| = 0: 3/4 * 50 = 37.5, and the mean stays.
    expect(after([80, 160, 90])).toMatchObject({ smoothedUs: 90_000, variationUs: 37_500 });
    expect(after([80, 160, 90])).toMatchObject({ latestUs: 90_000, minUs: 80_000 });
  });

  test("takes off the delay that the peer confesses, never below the shortest trip (5.3)", () => {
    const profile = { ...PLAIN, ackDelayMaxMs: 25 };
    const rtt = after([80], profile);
    // 100 - 20 = 80 is no shorter than the shortest: taken off.
    expect(rtt.next(100_000, 20_000).smoothedUs).toBe(80_000);
    // 90 - 20 = 70 would be: the sample counts as it is.
    expect(rtt.next(90_000, 20_000).smoothedUs).toBe(81_250);
    // No more than the longest delay is believed: 160 - 25.
    expect(rtt.next(160_000, 100_000).smoothedUs).toBe(Math.round((7 * 80_000 + 135_000) / 8));
  });

  test("doubles the timeout with every wait in vain, up to the ceiling (6.2.1)", () => {
    const rtt = after([80]);
    expect([0, 1, 2, 3].map((expiries) => rtt.timeoutUs(expiries) / MS)).toEqual([
      240, 480, 960, 1920,
    ]);
    for (const expiries of [10, 100, 1e6, Infinity]) expect(rtt.timeoutUs(expiries)).toBe(6e7);
  });

  test("never waits less than the granularity beyond the mean, nor less than the floor", () => {
    const steady = after(Array.from({ length: 100 }, () => 10));
    expect(steady.timeoutUs(0)).toBeLessThanOrEqual(12 * MS);
    expect(steady.timeoutUs(0)).toBeGreaterThanOrEqual(11 * MS);
    const floored = after([10], { ...PLAIN, floorMs: 1000 });
    expect(floored.timeoutUs(0)).toBe(1_000_000);
  });

  test("stays in bounds and whole microseconds, whatever is measured", () => {
    const samples = fc.array(fc.tuple(fc.double({ min: -1e9, max: 1e12 }), fc.nat(1e9)));
    const property = fc.property(samples, fc.nat(2000), (course, expiries) => {
      let rtt = createRttEstimate(rttProfiles.loopback);
      for (const [sampleUs, ackDelayUs] of course) {
        if (Number.isNaN(sampleUs)) continue;
        rtt = rtt.next(sampleUs, ackDelayUs);
        const timeoutUs = rtt.timeoutUs(expiries);
        expect(Number.isSafeInteger(timeoutUs) && Number.isSafeInteger(rtt.smoothedUs)).toBe(true);
        expect(timeoutUs).toBeGreaterThanOrEqual(5 * MS);
        expect(timeoutUs).toBeLessThanOrEqual(60_000 * MS);
        expect(rtt.smoothedUs).toBeGreaterThanOrEqual(0);
        expect(rtt.minUs).toBeLessThanOrEqual(rtt.latestUs);
      }
    });
    fc.assert(property, { numRuns: 200, seed: seed() });
  });

  test.each<[Partial<RttProfile>, string]>([
    [{ initialMs: -1 }, 'Cannot time round trips as "rtt.initialMs" must be a number of milli'],
    [{ ceilingMs: 4, floorMs: 5 }, '"rtt.ceilingMs" must be at least "rtt.floorMs", 5: got 4'],
  ])("%j is refused", (wrong, message) => {
    expect(() => createRttEstimate({ ...PLAIN, ...wrong })).toThrow(message);
  });
});

describe("a client that measures", () => {
  const adaptive = { attemptTimeoutMs: "adaptive", rtt: "loopback" } as const;

  test("waits for an attempt as long as the round trips say, and twice as long for the next", () => {
    const world = new World({
      client: { ...adaptive, backoff: { firstMs: 1, jitter: "none" } },
      serve: (request) => (request.frame.operation < 40 ? request.echo(10) : undefined),
    });
    for (let message = 0; message < 40; message++) world.send("x");
    const { rtt } = world.client.stats();
    expect(rtt).toMatchObject({ samples: 40, smoothedUs: 10_000 });
    const { attempts } = world.send("silence");
    // 10 + max(4 * variation, 5) + 5 ms.
    expect(attempts.map(({ endedUs, sentUs }) => endedUs - sentUs)).toEqual([
      20_000, 40_000, 80_000, 160_000,
    ]);
  });

  test("replaces a silent link after three such timeouts, not after a fixed time", () => {
    const world = new World({
      client: { ...adaptive, deadlineMs: 2000 },
      serve: (request) =>
        request.connection === 0 && request.index > 9 ? undefined : request.echo(10),
      onPing: () => {},
    });
    for (let message = 0; message < 10; message++) world.send("x");
    const outcome = world.send("silence");
    expect(outcome.outcome).toBe("delivered");
    expect(world.client.stats()).toMatchObject({ pings: 1, reconnects: 1 });
    expect(outcome.endedUs - outcome.submittedUs).toBeLessThan(300 * MS);
  });

  test("keeps a fixed attempt timeout where one is given, and still measures", () => {
    const world = new World({
      client: { attemptTimeoutMs: 50, rtt: "loopback", attemptsMax: 2 },
      serve: (request) => (request.index === 0 ? request.echo(10) : undefined),
    });
    world.send("x");
    expect(world.client.stats().rtt?.smoothedUs).toBe(10_000);
    expect(endsOf(world.send("y"))).toEqual(["timeout", "timeout"]);
    expect(world.requests[2]!.atUs - world.requests[1]!.atUs).toBe(150_000);
  });

  test("takes no sample from a reply that may be another's", () => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ clock });
    const nothing = (): void => {};
    let texts = 0;
    network.listen((link) => ({
      onOpen: nothing,
      // The first text is answered when the second has come, and nobody can tell which it was.
      onBytes: (bytes) => void (++texts === 2 && link.send(bytes.slice())),
      onDrain: nothing,
      onEnd: () => link.end(),
      onClose: nothing,
    }));
    const client = createClient({
      dialer: network,
      clock,
      draw: () => 0,
      session: { high: 0, low: 1 },
      codec: "pipe",
      rtt: "loopback",
      attemptTimeoutMs: 50,
    });
    let isAmbiguous = false;
    client.submit("Hey", {}, ({ ambiguous }) => (isAmbiguous = ambiguous));
    clock.runUntil(() => isAmbiguous);
    expect(isAmbiguous).toBe(true);
    expect(client.stats().rtt).toMatchObject({ samples: 0, smoothedUs: 20_000 });
  });

  test("tells what it knows, and a client that does not measure tells nothing", () => {
    const world = new World({ client: { rtt: "internet" } });
    expect(world.client.stats().rtt).toMatchObject({ samples: 0, smoothedUs: 333_000 });
    expect(new World().client.stats().rtt).toBeNull();
  });

  test("must have something to measure by", () => {
    expect(() => new World({ client: { attemptTimeoutMs: "adaptive", rtt: null } })).toThrow(
      'Cannot retry as "attemptTimeoutMs" must be a number of milliseconds where "rtt" is null',
    );
    expect(() => new World({ client: { rtt: "lan" as "loopback" } })).toThrow(
      'Cannot time round trips as "rtt" must be one of "internet", "loopback": got "lan"',
    );
  });
});
