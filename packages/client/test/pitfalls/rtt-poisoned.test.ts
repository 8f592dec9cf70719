/** Pitfall 16. A round trip is measured from the wrong sending, since nobody knows which was answered. */
import { describe, expect, test } from "vitest";
import type { RttEstimate } from "../../src/index.ts";
import { createRttEstimate, rttProfiles } from "../../src/index.ts";
import { World } from "../support/world.ts";
import { chanceOf } from "./support.ts";

const RTT_US = 50_000;

/** 300 messages over a path of 50 ms that loses every fifth datagram, repeated after 40 ms. */
function lossy(): { world: World; naive: RttEstimate } {
  const isLost = chanceOf(200);
  const world = new World({
    network: {
      kind: "datagram",
      latencyUs: RTT_US / 2,
      meddle: (bytes) => (isLost() ? undefined : bytes),
    },
    client: {
      rtt: "loopback",
      attemptTimeoutMs: 40,
      attemptsMax: 20,
      // Here, retries outnumber the replies by design.
      retryBudget: null,
      backoff: { firstMs: 1, maxMs: 5 },
    },
  });
  let naive = createRttEstimate(rttProfiles.loopback);
  for (let message = 0; message < 300; message++) {
    const { attempts, endedUs } = world.send("x");
    naive = naive.next(endedUs - attempts.at(-1)!.sentUs);
  }
  return { world, naive };
}

describe("round trips of 50 ms, all of them repeated before the reply can come", () => {
  test("are measured as 50 ms, since every reply names the attempt that it answers", () => {
    const { rtt } = lossy().world.client.stats();
    expect(rtt?.samples).toBeGreaterThan(250);
    expect(rtt?.smoothedUs).toBeGreaterThan(45_000);
    expect(rtt?.smoothedUs).toBeLessThan(60_000);
  });

  test("are measured too short by a naive client, which takes the last sending for the answered one", () => {
    expect(lossy().naive.smoothedUs).toBeLessThan(40_000);
  });
});

test("a reported delay of the reply is taken off only as far as was agreed", () => {
  const ackDelayUsMax = 1000 * rttProfiles.internet.ackDelayMaxMs;
  let honest = createRttEstimate(rttProfiles.internet).next(RTT_US);
  for (let sample = 0; sample < 200; sample++) honest = honest.next(2 * RTT_US, 10_000_000);
  expect(Math.abs(honest.smoothedUs - (2 * RTT_US - ackDelayUsMax))).toBeLessThan(100);
});

test("a reported delay of the reply is not believed beyond the longest that was agreed", () => {
  let honest = createRttEstimate(rttProfiles.internet);
  for (let sample = 0; sample < 100; sample++) honest = honest.next(RTT_US, 10_000_000);
  expect(honest.smoothedUs).toBe(RTT_US);
});
