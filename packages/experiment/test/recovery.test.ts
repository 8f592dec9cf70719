/** Roles of phases, and how soon after a fault things are as before: figures worked out by hand. */
import { describe, expect, test } from "vitest";
import { type FullSpec, type Result, parseSpec, runExperiment } from "../src/index.ts";
import { knowsPhase, parseMetric } from "../src/spec/metric.ts";

function specOf(more: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 3, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const run = async (more: object) => (await runExperiment(specOf(more))).result;

/**
 * A message every 10 ms, one second of calm, one of total loss, one of calm. One attempt each, given
 * up after 105 ms: the messages of 1000 … 1990 ms fail, the last ten of them after the end, at
 * 2005, 2015 … 2095 ms, in between those of 2000, 2010 … that succeed.
 */
const STORM = {
  transport: "udp",
  workload: { messages: 300, ratePerSecond: 100, inFlightMax: 32 },
  client: { attemptsMax: 1, attemptTimeoutMs: 105, deadlineMs: 5_000 },
  faults: [{ id: "drop", kind: "loss", direction: "request" }],
  phases: [
    { name: "baseline", durationMs: 1_000 },
    { name: "fault", durationMs: 1_000, faults: ["drop"] },
    { name: "recovery", durationMs: 1_000 },
  ],
};

const about = (metric: string, op: string, value: number, phase: string | null = "fault") => ({
  metric: `recovery.${metric}`,
  op,
  value,
  phase,
});

describe("recovery", () => {
  test("is told from the end of the fault: to the first success and to a steady state", async () => {
    const result = await run(STORM);
    expect(result.counts).toMatchObject({ messages: 300, delivered: 200, failed: 100 });
    const tripMs = result.latencyMs.max ?? NaN;
    // every trip takes the same on this network, and less than the 5 ms between a success and a failure
    expect(result.latencyMs.min).toBe(tripMs);
    expect(tripMs).toBeLessThan(5);
    const [recovery] = result.recovery ?? [];
    expect(recovery?.phase).toBe("fault");
    // the message of 2000 ms, one trip later
    expect(recovery?.toFirstSuccessMs).toBeCloseTo(tripMs, 9);
    // 19 of 20 cannot be told from 100 of 100, 18 can: the first window with one failure (that of
    // 2095 ms) begins with the message of 2090 ms
    expect(recovery?.toSteadyStateMs).toBeCloseTo(90 + tripMs, 9);
    expect(recovery?.reason).toBeNull();
  });

  test("takes as many messages in a row as it is told", async () => {
    const steady = async (recovery: object) =>
      (await run({ ...STORM, recovery })).recovery?.[0]?.toSteadyStateMs;
    const tripMs = (await run(STORM)).latencyMs.max ?? NaN;
    // 9 of 10 can be told from 100 of 100: a window must be without failure, so it begins after the last
    expect(await steady({ windowMessages: 10 })).toBeCloseTo(100 + tripMs, 9);
    // at 99.9 % even 17 of 20 cannot be told: three failures, those of 2075, 2085 and 2095 ms
    expect(await steady({ confidence: 0.999 })).toBeCloseTo(70 + tripMs, 9);
  });

  test("is not steady before the backlog is gone, though everything is delivered", async () => {
    // forty attempts 115 ms apart: nothing is given up, all that waited comes after the end
    const result = await run({
      ...STORM,
      workload: { ...STORM.workload, inFlightMax: 200 },
      client: {
        attemptsMax: 40,
        attemptTimeoutMs: 105,
        deadlineMs: 60_000,
        backoff: { kind: "constant", firstMs: 10, jitter: "none" },
      },
    });
    expect(result.counts.delivered).toBe(300);
    const [recovery] = result.recovery ?? [];
    const tripMs = result.latencyMs.min ?? NaN;
    // the message of 1080 ms is tried again for the eighth time at 2000 ms, when a fresh one is sent
    expect(recovery?.toFirstSuccessMs).toBeCloseTo(tripMs, 6);
    // of the backlog, four have their next attempt 100 ms after the end, five 105 ms, four 110 ms, none later;
    // ten slow ones of twenty leave a quick median: the last of the first four and the nine others
    expect(recovery?.toSteadyStateMs).toBeCloseTo(100 + tripMs, 6);
  });

  test("does not take a reply that was merely late for a success", async () => {
    const [baseline, fault, recovery] = STORM.phases;
    const late = { id: "late", kind: "delay", delayMs: 45 };
    const after = { id: "after", kind: "delay", delayMs: 30 };
    const phases = [baseline, { ...fault, faults: [late] }, { ...recovery, faults: [after] }];
    const result = await run({ ...STORM, faults: [], phases });
    const tripMs = result.latencyMs.min ?? NaN;
    // the reply to the message of 1960 ms comes 5 ms after the end, that to the one of 2000 ms 30 ms after it
    expect(result.recovery?.[0]?.toFirstSuccessMs).toBeCloseTo(30 + tripMs, 6);
    // and 30 ms are slower than anything before: a median no window of the baseline would have
    expect(result.recovery?.[0]?.toSteadyStateMs).toBeNull();
  });

  test("holds the median against what so many messages of the baseline would have", async () => {
    const [baseline, fault, recovery] = STORM.phases;
    const steady = async (everyMessages: number) => {
      const slow = { id: "slow", kind: "delay", delayMs: 30, everyMessages };
      const after = { id: "after", kind: "delay", delayMs: 30 };
      const phases = [{ ...baseline, faults: [slow] }, fault, { ...recovery, faults: [after] }];
      return (await run({ ...STORM, phases })).recovery?.[0]?.toSteadyStateMs ?? null;
    };
    // the 15th of 20 bounds their median at 95 %: the quantile at 3/4 of the baseline, which is slow where
    // one message in three is, and quick where one in four is
    expect(await steady(3)).toBeGreaterThan(0);
    expect(await steady(4)).toBeNull();
  });

  test("has no times where there are none, and says why", async () => {
    const [baseline, fault, recovery] = STORM.phases;
    const reasons = async (phases: object, more: object = {}) =>
      (await run({ ...STORM, ...more, phases })).recovery?.map(({ reason }) => reason);
    expect(await reasons([baseline, fault])).toEqual(["the phase lasts until the run ends"]);
    expect(await reasons([fault, recovery])).toEqual(["no phase before it has the role baseline"]);
    expect(await reasons([{ ...baseline, durationMs: 100 }, fault, recovery])).toEqual([
      "the baseline delivered 10 messages, 20 are needed",
    ]);
    const again = { ...fault, name: "again", role: "fault", faults: ["drop"] };
    expect(await reasons([baseline, fault, again, recovery])).toEqual([
      "no message settled between it and the next fault phase",
      "nothing sent after it was delivered",
    ]);
    expect(await reasons([baseline, fault, { ...recovery, durationMs: 95 }, again])).toEqual([
      "19 messages settled between it and the next fault phase, a window takes 20",
      "the phase lasts until the run ends",
    ]);
    // half of everything is lost for ever after: twenty in a row are never like the baseline
    const half = { id: "half", kind: "loss", direction: "request", everyMessages: 2 };
    expect(await reasons([baseline, fault, { ...recovery, faults: [half] }])).toEqual([
      "no 20 messages in a row after it were like the baseline",
    ]);
    expect((await run({ ...STORM, phases: null, faults: [] })).recovery).toBeNull();
  });

  test("can be asserted; what was never reached fails where it was waited for longer", async () => {
    const verdicts = (result: Result) => result.assertions.map(({ verdict }) => verdict);
    const assert = [
      about("toFirstSuccessMs", "<=", 5),
      about("toSteadyStateMs", "<=", 95, null),
      about("toSteadyStateMs", "<", 90),
    ];
    expect(verdicts(await run({ ...STORM, assert }))).toEqual(["pass", "pass", "fail"]);
    const [baseline, fault, recovery] = STORM.phases;
    const half = { id: "half", kind: "loss", direction: "request", everyMessages: 2 };
    const never = await run({
      ...STORM,
      phases: [baseline, fault, { ...recovery, faults: [half] }],
      assert: [
        about("toSteadyStateMs", "<", 500),
        about("toSteadyStateMs", "<", 5_000),
        about("toSteadyStateMs", ">", 500),
      ],
    });
    expect(verdicts(never)).toEqual(["fail", "inconclusive", "pass"]);
    expect(never.assertions[0]?.message).toMatch(
      /^expected recovery.toSteadyStateMs in phase fault < 500, got nothing within 8\d\d.*: no 20 messages/,
    );
  });

  test("on sockets has the same course", async () => {
    const { recovery } = await run({
      ...STORM,
      mode: "real",
      workload: { messages: 150, ratePerSecond: 200, inFlightMax: 64 },
      client: { ...STORM.client, attemptTimeoutMs: 500 },
      phases: [
        { name: "calm", durationMs: 250, role: "baseline" },
        { name: "storm", durationMs: 100, role: "fault", faults: ["drop"] },
        { name: "recovery", durationMs: 400 },
      ],
      recovery: { confidence: 0.9999 },
    });
    expect(recovery).toMatchObject([{ phase: "storm" }]);
    // later messages are sent before the lost ones are given up, so the first success comes first
    expect(recovery?.[0]?.toFirstSuccessMs).toBeGreaterThanOrEqual(0);
  });
});

describe("a warm-up", () => {
  const phases = [
    { name: "warm-up", durationMs: 500, faults: ["slow"] },
    { name: "baseline", durationMs: 1_000 },
  ];
  const spec = {
    workload: { messages: 150, ratePerSecond: 100, inFlightMax: 32 },
    faults: [{ id: "slow", kind: "delay", delayMs: 50 }],
    phases,
    assert: [
      { metric: "latencyMs.min", op: ">=", value: 50, phase: "warm-up" },
      { metric: "latencyMs.n", op: "==", value: 100 },
      { metric: "counts.messages", op: "==", value: 150 },
    ],
  };

  test("counts as every phase does, but its latencies are its own", async () => {
    const result = await run(spec);
    expect(result.verdict).toBe("pass");
    expect(result.counts).toMatchObject({ messages: 150, delivered: 150 });
    expect(result.latencyMs).toMatchObject({ n: 100 });
    expect(result.serviceMs).toMatchObject({ n: 100 });
    expect(result.latencyMs.max).toBeLessThan(50);
  });

  test("is one by its role alone", async () => {
    const named = await run({ ...spec, phases: [{ ...phases[0], role: null }, phases[1]] });
    expect(named.latencyMs).toMatchObject({ n: 150 });
    expect(named.latencyMs.max).toBeGreaterThanOrEqual(50);
  });
});

describe("every number of a result", () => {
  /** Paths of the numbers, as an assertion writes them. */
  function numbers(value: unknown, path: readonly string[]): string[] {
    if (typeof value === "number") return [path.join(".")];
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([name, inner]) => numbers(inner, [...path, name]));
  }

  test("is a metric, and may be asked of a phase or says that it cannot", async () => {
    const result = await run({ ...STORM, phases: STORM.phases });
    const { counts, delivery, latencyMs, serviceMs, faults, recovery } = result;
    const named = {
      counts,
      delivery: { ratio: delivery.ratio, expected: 1 },
      latencyMs: { ...latencyMs, p99: 1, p999: 1 },
      serviceMs,
      faults: Object.fromEntries(
        faults.map(({ id, eligible, fired, expected }) => [
          id,
          { eligible, fired, expected, z: 1 },
        ]),
      ),
      recovery: recovery?.[0],
    };
    const found = numbers(named, []);
    expect(found.length).toBeGreaterThan(40);
    for (const metric of found) {
      const path = parseMetric(metric);
      expect(path, metric).toBeDefined();
      if (path === undefined) continue;
      const parsed = parseSpec({
        specVersion: 1,
        ...STORM,
        assert: [{ metric, op: ">=", value: 0, phase: "fault" }],
      });
      const refusal = `must be null, as ${metric} cannot be told by phase: got "fault"`;
      expect(parsed.ok || parsed.errors[0]?.message, metric).toBe(knowsPhase(path) || refusal);
      if (!parsed.ok) continue;
      const { result: answered } = await runExperiment({ ...parsed.spec, mode: "simulated" });
      // latencies of a phase in which nothing was delivered have no meaning; all else has a number
      const nothing = metric.startsWith("latencyMs.") || metric.startsWith("serviceMs.");
      expect(typeof answered.assertions[0]?.observed, metric).toBe(
        nothing && !metric.endsWith(".n") ? "object" : "number",
      );
    }
  });
});
