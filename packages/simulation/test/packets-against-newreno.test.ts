/**
 * A file of 10 MiB over packets and over TCP NewReno, on the same path: 50 ms round trip, so many
 * packets lost each way. TCP has segments of 1460 bytes, packets are 1200: what either is allowed.
 *
 * The model is no straw man: at 1 % it is as fast as Mathis' formula says of NewReno without
 * timeouts, MSS / RTT · sqrt(3 / 2p), and at 10 % faster than Padhye's, which has them.
 */
import { describe, expect, test } from "vitest";
import { MIB, overNewReno, overPackets } from "./transfer.ts";

const RTT_US = 50_000;
const MSS = 1460;
const SEEDS = [1, 2, 3];

const lossy = (seed: number, loss: number, mib = 10) => ({
  seed,
  bytes: mib * MIB,
  link: { delayUs: RTT_US / 2, loss },
});

/** Bytes a second. */
function rate(bytes: number, us: number): number {
  return (bytes * 1_000_000) / us;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mathis(mss: number, loss: number): number {
  return (mss / (RTT_US / 1_000_000)) * Math.sqrt(1.5 / loss);
}

/** Padhye, Firoiu, Towsley, Kurose 1998, equation 30, an ack for every second segment. */
function padhye(mss: number, loss: number, timeoutS: number): number {
  const fast = (RTT_US / 1_000_000) * Math.sqrt((4 * loss) / 3);
  const slow = Math.min(1, 3 * Math.sqrt((6 * loss) / 8)) * loss * (1 + 32 * loss * loss);
  return mss / (fast + timeoutS * slow);
}

describe("10 MiB at 10 % loss each way and a round trip of 50 ms", () => {
  test("take packets no longer than 1/0.8 of what TCP NewReno takes", () => {
    for (const seed of SEEDS) {
      const packets = overPackets(lossy(seed, 0.1));
      const stream = overNewReno(lossy(seed, 0.1));
      expect(stream.us / packets.us).toBeGreaterThanOrEqual(0.8);
    }
  });

  test("cost packets as many repetitions as losses, and few more", () => {
    // 1 / 0.9 is what the losses alone ask for; the rest is headers and probes.
    for (const seed of SEEDS) {
      const { bytesSent } = overPackets(lossy(seed, 0.1));
      expect(bytesSent / (10 * MIB)).toBeLessThan(1.25);
    }
  });
});

describe("the model of TCP NewReno", () => {
  test("is as fast as Mathis' formula where one segment in a hundred is lost", () => {
    const rates = SEEDS.map((seed) => rate(10 * MIB, overNewReno(lossy(seed, 0.01)).us));
    const ratio = mean(rates) / mathis(MSS, 0.01);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.4);
  });

  test("is no slower than Padhye's formula where one in ten is", () => {
    const rates = SEEDS.map((seed) => rate(4 * MIB, overNewReno(lossy(seed, 0.1, 4)).us));
    expect(mean(rates) / padhye(MSS, 0.1, 0.25)).toBeGreaterThan(1);
  });
});

test("where little is lost, TCP's larger segments win: packets reach Mathis for theirs", () => {
  const rates = SEEDS.map((seed) => rate(10 * MIB, overPackets(lossy(seed, 0.01)).us));
  const ratio = mean(rates) / mathis(1140, 0.01);
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.3);
});
