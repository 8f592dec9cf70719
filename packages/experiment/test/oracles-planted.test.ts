/**
 * Simulators and clients that are wrong by 1 %, planted here: the oracles must find each of them.
 *
 * Which figure gives a mistake away, and why 100 000 messages are enough, stands beside each. Means
 * of what varies a lot (a latency under full jitter) would need more; a quantile, a certainty or a
 * count of many draws needs less. Every case is run in its true form by the other oracle tests, or
 * has its like there; here it is enough that the planted form is caught.
 */
import { createClient } from "@faultline/client";
import { createServerCore } from "@faultline/server";
import { describe, expect, test } from "vitest";
import type { FullFault, SimulatedParts } from "../src/index.ts";
import { observe, PATIENCE_MS, Z_MAX, zOf } from "./support/oracle.ts";

type Fault = NonNullable<
  Parameters<SimulatedParts["createServerCore"]>[0]["plan"]
>["faults"][number];

/** A server whose faults are not those of the spec. */
function withFaults(change: (fault: Fault) => Fault): Partial<SimulatedParts> {
  return {
    createServerCore: (options) => {
      const { plan } = options;
      if (plan === undefined) return createServerCore(options);
      return createServerCore({ ...options, plan: { ...plan, faults: plan.faults.map(change) } });
    },
  };
}

type ClientSettings = Parameters<SimulatedParts["createClient"]>[0];

/** A client that keeps to other settings. */
function withClient(change: (options: ClientSettings) => Partial<ClientSettings>) {
  return {
    createClient: (options: ClientSettings) => createClient({ ...options, ...change(options) }),
  };
}

interface Planted {
  readonly name: string;
  readonly spec: Parameters<typeof observe>[0];
  readonly parts: Partial<SimulatedParts>;
  /** The figure that gives it away. */
  readonly metric: string;
}

const steady = { kind: "constant", firstMs: 100, jitter: "none" } as const;
const lost = (probability: number, more: object = {}): Partial<FullFault> =>
  ({ id: "lost", kind: "loss", probability, ...more }) as Partial<FullFault>;

const PLANTED: readonly Planted[] = [
  {
    // 180 000 draws of chance 0.8: a standard deviation is 170 losses, 1 % of the chance 1 440
    name: "a loss that is 1 % likelier than it says, of what it says",
    spec: { client: { attemptsMax: 2 }, faults: [lost(0.8, { answer: "error" })] },
    parts: withFaults((fault) => ({ ...fault, probability: 0.808 })),
    metric: "faults.lost.fired",
  },
  {
    // the mean number of attempts goes from 1.417 to 1.436, and is known to 0.002
    name: "a loss with a chance of 0.31 instead of 0.3",
    spec: { client: { attemptTimeoutMs: 100 }, faults: [lost(0.3)] },
    parts: withFaults((fault) => ({ ...fault, probability: 0.31 })),
    metric: "counts.attempts",
  },
  {
    // three in ten messages wait once, so the p90 is one wait and two round trips, exactly
    name: "a backoff that is 1 % too long",
    spec: { client: { backoff: steady }, faults: [lost(0.3, { answer: "error" })] },
    parts: withClient(({ backoff }) => ({ backoff: { ...backoff, firstMs: 101 } })),
    metric: "latencyMs.p90",
  },
  {
    // three in ten messages wait for a timeout, so the p90 is one timeout and one wait, exactly
    name: "an attempt timeout that is 1 % too long",
    spec: { client: { attemptTimeoutMs: 1_000, backoff: steady }, faults: [lost(0.3)] },
    parts: withClient(() => ({ attemptTimeoutMs: 1_010 })),
    metric: "serviceMs.p90",
  },
  {
    // where everything is lost, chance has no say: 200 000 attempts, not one more or less
    name: "a client that makes one attempt too few for every hundredth message",
    spec: { client: { attemptsMax: 2 }, faults: [lost(1, { answer: "error" })] },
    parts: {
      createClient: (options) => {
        const client = createClient(options);
        const submit = client.submit.bind(client);
        let message = 0;
        client.submit = (body, more, done) => {
          message += 1;
          return submit(body, message % 100 === 0 ? { ...more, attemptsMax: 1 } : more, done);
        };
        return client;
      },
    },
    metric: "counts.attempts",
  },
  {
    // 100 000 even delays of 0 to 100 ms have a mean known to 0.09 ms, and it is off by 0.5
    name: "a delay that is 1 % too long",
    spec: { faults: [{ id: "lag", kind: "delay", delayMs: 50, jitterMs: 50 }] },
    parts: withFaults((fault) => (fault.kind === "delay" ? { ...fault, delayMs: 50.5 } : fault)),
    metric: "serviceMs.mean",
  },
  {
    // a sixth of all messages is lost instead of a seventh, which bursts blur but do not hide
    name: "bursts that begin with a chance of 0.06 instead of 0.05",
    spec: {
      client: { attemptTimeoutMs: 50, attemptsMax: 1 },
      faults: [{ id: "burst", kind: "burst-loss" }],
    },
    parts: withFaults((fault) => (fault.kind === "burst-loss" ? { ...fault, p: 0.06 } : fault)),
    metric: "delivery.ratio",
  },
  {
    // a bucket has no chance in it: the sum of 100 000 latencies is known to the microsecond
    name: "a bucket that is filled 1 % too slowly",
    spec: { faults: [{ id: "narrow", kind: "bandwidth", bytesPerSecond: 100_000 }] },
    parts: withFaults((fault) =>
      fault.kind === "bandwidth" ? { ...fault, bytesPerSecond: 99_000 } : fault,
    ),
    metric: "latencyMs.mean",
  },
];

describe("the oracles find", () => {
  test.each(PLANTED)(
    "$name",
    async ({ spec, parts, metric }) => {
      const z = zOf(await observe(spec, parts), metric);
      expect(Math.abs(z ?? 0), metric).toBeGreaterThan(Z_MAX);
    },
    PATIENCE_MS,
  );
});
