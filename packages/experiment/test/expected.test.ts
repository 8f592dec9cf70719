/** The closed form of the delivery ratio: known answers, a simulation of the chain, and honest nulls. */
import { describe, expect, test } from "vitest";
import { parseSpec } from "../src/index.ts";
import { expectedDelivery } from "../src/index.ts";

const QUICK = { attemptsMax: 3, attemptTimeoutMs: 100, deadlineMs: 30_000 };

function expected(input: object): number | null {
  const parsed = parseSpec({ specVersion: 1, client: QUICK, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return expectedDelivery(parsed.spec);
}

const loss = (probability: number, more: object = {}) => ({
  id: "a",
  kind: "loss",
  probability,
  ...more,
});

describe("where attempts fail alone", () => {
  test("no fault means that everything arrives", () => {
    expect(expected({})).toBe(1);
  });

  test("independent faults fail an attempt unless all of them pass it", () => {
    expect(expected({ faults: [loss(0.2)] })).toBeCloseTo(1 - 0.2 ** 3, 12);
    expect(expected({ faults: [loss(0.2, { direction: "both" })] })).toBeCloseTo(1 - 0.36 ** 3, 12);
    const both = [
      loss(0.2),
      { id: "b", kind: "corrupt", probability: 0.1 },
      { id: "c", kind: "reset", probability: 0.1 },
    ];
    expect(expected({ faults: both })).toBeCloseTo(1 - (1 - 0.8 * 0.9 * 0.9) ** 3, 12);
  });

  test("an exclusive draw fails it by the sum, whatever the direction", () => {
    const faults = [
      loss(0.2, { direction: "both" }),
      { id: "b", kind: "corrupt", probability: 0.2 },
    ];
    expect(expected({ faults, composition: "exclusive" })).toBeCloseTo(1 - 0.4 ** 3, 12);
  });

  test("a short delay, a duplicate or an overtaking alone fails nothing", () => {
    const calm = [
      { id: "a", kind: "delay", delayMs: 10, jitterMs: 10 },
      { id: "b", kind: "duplicate" },
      { id: "c", kind: "reorder", delayMs: 10 },
    ];
    expect(expected({ faults: calm })).toBe(1);
    expect(expected({ faults: [calm[0], loss(0.5, { id: "d" })] })).toBeCloseTo(1 - 0.5 ** 3, 12);
  });

  test("bursts follow the two-state chain", () => {
    const burst = (p: number, r: number, lossInBad = 1, lossInGood = 0) =>
      expected({ faults: [{ id: "a", kind: "burst-loss", p, r, lossInBad, lossInGood }] });
    // all lost: bad from the start and never left
    expect(burst(0.05, 0.3)).toBeCloseTo(1 - (0.05 / 0.35) * 0.7 ** 2, 12);
    expect(burst(0, 0)).toBe(1);
    // memoryless when p + r = 1: the same as independent losses
    expect(burst(0.2, 0.8)).toBeCloseTo(1 - 0.2 ** 3, 12);
    expect(burst(0.4, 0.1, 0.5, 0.5)).toBeCloseTo(1 - 0.5 ** 3, 12);
  });
});

describe("where there is no closed form", () => {
  const cases: [string, object][] = [
    ["a count that chance uses up", { faults: [loss(0.2, { countMax: 3 })] }],
    ["phases", { faults: [loss(0.2)], phases: [{ name: "p", durationMs: 1 }] }],
    [
      "messages in flight together on a connection that is reset",
      { faults: [{ id: "a", kind: "reset", probability: 0.1 }], workload: { inFlightMax: 2 } },
    ],
    ["bodies of the user's", { workload: { bodies: ["drop table"] } }],
    ["the pipe codec", { codec: "pipe", faults: [loss(0.2)] }],
    ["damage that nobody detects", { checksum: "none", faults: [{ id: "a", kind: "corrupt" }] }],
    ["a truncated frame on a stream", { faults: [{ id: "a", kind: "corrupt", how: "truncate" }] }],
    ["a delay that may pass the timeout", { faults: [{ id: "a", kind: "delay", delayMs: 90 }] }],
    [
      "a delay with a long tail",
      {
        faults: [{ id: "a", kind: "delay", delayMs: 20, jitterMs: 10, distribution: "pareto" }],
      },
    ],
    [
      "copies of a request, each answered in its own time",
      {
        faults: [
          { id: "a", kind: "duplicate", direction: "request" },
          { id: "b", kind: "delay", delayMs: 5, jitterMs: 5 },
        ],
      },
    ],
    ["a narrow pipe", { faults: [{ id: "a", kind: "bandwidth", bytesPerSecond: 1 }] }],
    [
      "a burst beside resets",
      {
        faults: [
          { id: "a", kind: "reset", probability: 0.1 },
          { id: "b", kind: "burst-loss" },
        ],
      },
    ],
    [
      "silent losses that the deadline cuts short",
      { client: { ...QUICK, deadlineMs: 400 }, faults: [loss(0.2)] },
    ],
  ];
  test.each(cases)("%s: null", (_, input) => {
    expect(expected(input)).toBeNull();
  });

  test("losses that are told at once need no such time", () => {
    const faults = [loss(0.2, { answer: "error" })];
    expect(expected({ client: { ...QUICK, deadlineMs: 400 }, faults })).toBeCloseTo(
      1 - 0.2 ** 3,
      12,
    );
    expect(
      expected({ transport: "udp", faults: [{ id: "a", kind: "corrupt", how: "truncate" }] }),
    ).toBe(0);
  });
});
