/** Where theory is silent it says why; where it speaks, what it says of a run that differs. */
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, runExperiment } from "../src/index.ts";
import { forecastOf } from "../src/oracle/forecast.ts";
import { planArrivals } from "../src/plan/arrivals.ts";

function specOf(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 1, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const loss = (more: object = {}) => ({ id: "a", kind: "loss", probability: 0.2, ...more });
const late = { id: "b", kind: "delay", delayMs: 3_000, jitterMs: 3_000 };

describe("no closed form, for a reason that names the setting", () => {
  const cases: [string, object][] = [
    ["phases", { phases: [{ name: "p", durationMs: 1 }] }],
    ["codec", { codec: "pipe" }],
    ["workload.bodies", { workload: { bodies: ["a"] } }],
    ["countMax", { faults: [loss({ countMax: 3 })] }],
    [
      "everyMessages",
      { faults: [9_973, 9_967].map((n) => loss({ id: `${n}`, everyMessages: n })) },
    ],
    ["client.backoff.jitter", { faults: [late, loss()] }],
    ["client.attemptTimeoutMs", { faults: [late, loss({ answer: "error" })] }],
    ["client.deadlineMs", { client: { deadlineMs: 5_000 }, faults: [loss()] }],
    ["checksum", { checksum: "none", faults: [{ id: "a", kind: "corrupt" }] }],
    [
      "workload.payloadBytes",
      { workload: { payloadBytes: { min: 1, max: 9 } }, faults: [{ id: "a", kind: "corrupt" }] },
    ],
    [
      "workload.inFlightMax",
      { workload: { inFlightMax: 2 }, faults: [{ id: "a", kind: "reset" }] },
    ],
    ["workload.ratePerSecond", { workload: { ratePerSecond: 1_000 }, faults: [loss()] }],
    [
      "workload.arrivals",
      {
        workload: { ratePerSecond: 10 },
        faults: [{ id: "a", kind: "bandwidth", bytesPerSecond: 100_000 }],
      },
    ],
    ["composition", { composition: "exclusive", faults: [{ id: "a", kind: "burst-loss" }] }],
  ];
  test.each(cases)("%s", (setting, input) => {
    const forecast = forecastOf(specOf(input));
    expect(forecast.delivered).toContain(setting);
    expect(forecast.latency).toContain(setting);
    expect(forecast.counts.size).toBe(0);
  });

  test("on sockets, times belong to the machine, and counts do not", () => {
    const forecast = forecastOf(specOf({ mode: "real", faults: [loss()] }));
    expect(forecast.latency).toContain("mode");
    expect(forecast.service).toContain("mode");
    expect(forecast.delivered).not.toBeTypeOf("string");
    expect(forecast.counts.has("counts.attempts")).toBe(true);
  });
});

describe("in a result", () => {
  const spec = specOf({ workload: { messages: 400 }, faults: [loss({ answer: "error" })] });

  test("every oracle has either an expectation or a reason, and z only with the first", async () => {
    const burst = specOf({
      faults: [{ id: "a", kind: "burst-loss" }],
      client: { attemptTimeoutMs: 100 },
    });
    for (const one of [spec, burst, specOf({ codec: "pipe" })]) {
      const { result } = await runExperiment(one);
      expect(result.oracles.length).toBeGreaterThan(10);
      for (const { metric, expected, z, reason } of [
        { metric: "delivery", ...result.delivery },
        ...result.oracles,
      ]) {
        expect(expected === null, metric).toBe(reason !== null);
        if (expected === null) expect(z, metric).toBeNull();
        if (reason !== null) expect(reason, metric).toContain('"');
      }
    }
  });

  test("a series is expected to come to the sum of its runs", async () => {
    const one = await runExperiment(spec);
    const many = await runExperiment(
      specOf({ ...spec, seed: undefined, seeds: { base: 1, runs: 3 } }),
      { threads: 1 },
    );
    const expected = (result: typeof one.result) =>
      result.oracles.find(({ metric }) => metric === "counts.attempts")?.expected ?? NaN;
    expect(expected(many.result)).toBeCloseTo(3 * expected(one.result), 6);
    expect(many.result.delivery.expected).toBe(one.result.delivery.expected);
    expect(Math.abs(many.result.delivery.z ?? 0)).toBeLessThan(4);
  });

  test("a run that was cut short is compared with nothing", async () => {
    const abort = new AbortController();
    const long = { ...spec, workload: { ...spec.workload, messages: 100_000 } };
    const { result } = await runExperiment(long, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    expect(result.delivery.expected).toBeCloseTo(1 - 0.2 ** 4, 9);
    expect(result.delivery.z).toBeNull();
    expect(result.oracles.every(({ z, reason }) => z === null && reason !== null)).toBe(true);
  });
});

describe("Poisson arrivals", () => {
  const planned = () =>
    planArrivals(specOf({ workload: { clients: 3, ratePerSecond: 1_000, arrivals: "poisson" } }));

  test("rise, at the rate, and do not depend on the order of asking", () => {
    const plan = planned();
    const times = Array.from(
      { length: 30_000 },
      (_, index) => plan(index % 3, Math.floor(index / 3)) ?? NaN,
    );
    expect(times.every((at, index) => index === 0 || at >= times[index - 1]!)).toBe(true);
    // 30 s, known to 1/173
    expect(Math.abs(times.at(-1)! / 30_000_000 - 1)).toBeLessThan(4 / 173);
    expect([planned()(1, 5), plan(1, 5)]).toEqual([times[16], times[16]]);
  });

  test("come together and apart as chance has it: their gaps vary as much as they are long", () => {
    const plan = planned();
    const times = Array.from({ length: 9_000 }, (_, at) => plan(at % 3, Math.floor(at / 3)) ?? NaN);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const square = gaps.reduce((sum, gap) => sum + gap * gap, 0) / gaps.length;
    // E[X²] / E[X]² is 2, known to 0.047 from 9000 gaps
    expect(Math.abs(square / mean ** 2 - 2)).toBeLessThan(4 * 0.047);
  });

  test("need a rate", () => {
    const parsed = parseSpec({ specVersion: 1, workload: { arrivals: "poisson" } });
    expect(parsed.ok ? [] : parsed.errors.map(({ path }) => path)).toEqual(["/workload/arrivals"]);
  });
});
