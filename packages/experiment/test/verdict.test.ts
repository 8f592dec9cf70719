/** Verdicts: what passes, what fails, and what a sample cannot tell. */
import { describe, expect, test } from "vitest";
import type { Assertion } from "../src/index.ts";
import { LatencySample } from "../src/statistics/latency.ts";
import { judge as judgeEvidence } from "../src/verdict/assertion.ts";
import { compareInterval, comparePoint } from "../src/verdict/compare.ts";
import { silentFaults, worst } from "../src/verdict/verdict.ts";
import type { View } from "../src/verdict/view.ts";

function sample(n: number): LatencySample {
  const latencies = new LatencySample();
  for (let ms = 1; ms <= n; ms += 1) latencies.record(ms * 1_000);
  return latencies;
}

function view(delivered: number, messages: number, n = messages): View {
  return {
    counts: { messages, delivered, timeouts: 3 },
    latency: sample(n),
    service: sample(n),
    expected: 0.98,
    faults: [{ id: "a.b", kind: "loss", eligible: 10, fired: 3, expected: 2, z: null }],
    recovery: undefined,
    wire: null,
  };
}

function assertion(
  metric: string,
  op: Assertion["op"],
  value: number,
  more: Partial<Assertion> = {},
): Assertion {
  return { metric, op, value, confidence: null, phase: null, sometimes: false, ...more };
}

const judge = (one: Assertion, of: View | undefined, complete = true) =>
  judgeEvidence(one, { view: of, complete });

describe("an interval against a threshold", () => {
  test("decides only when all of it agrees", () => {
    const answers = (op: Assertion["op"]) =>
      [1, 2, 3, 4, 5].map((value) => compareInterval([2, 4], op, value)).join(" ");
    expect(answers(">=")).toBe("yes yes unsure unsure no");
    expect(answers(">")).toBe("yes unsure unsure no no");
    expect(answers("<=")).toBe("no unsure unsure yes yes");
    expect(answers("<")).toBe("no no unsure unsure yes");
    expect(answers("==")).toBe("no unsure unsure unsure no");
    expect(answers("!=")).toBe("yes unsure unsure unsure yes");
  });

  test("of one point is that point", () => {
    expect(compareInterval([1, 1], "==", 1)).toBe("yes");
    expect(compareInterval([1, 1], "!=", 1)).toBe("no");
  });

  test("with an open side is never decided on that side", () => {
    expect(compareInterval([3, null], "<=", 1e9)).toBe("unsure");
    expect(compareInterval([3, null], ">=", 2)).toBe("yes");
    expect(compareInterval([null, 3], ">", 4)).toBe("no");
  });

  test("a point is compared as it stands", () => {
    const holds = (["<", "<=", "==", "!=", ">=", ">"] as const).filter(
      (op) => comparePoint(2, op, 2) === "yes",
    );
    expect(holds).toEqual(["<=", "==", ">="]);
  });
});

describe("an assertion", () => {
  test("without a confidence compares what was observed", () => {
    expect(judge(assertion("delivery.ratio", ">=", 0.9), view(180, 200))).toMatchObject({
      observed: 0.9,
      interval: null,
      n: 200,
      verdict: "pass",
      message: "expected delivery.ratio >= 0.9, got 0.9 of 200",
    });
    expect(judge(assertion("counts.timeouts", "==", 0), view(1, 1))).toMatchObject({
      verdict: "fail",
      n: null,
      message: "expected counts.timeouts == 0, got 3",
    });
  });

  test("with one passes or fails only where the whole interval does", () => {
    const at = (delivered: number) =>
      judge(assertion("delivery.ratio", ">=", 0.9, { confidence: 0.95 }), view(delivered, 200));
    expect(at(195).verdict).toBe("pass");
    expect(at(182).verdict).toBe("inconclusive");
    expect(at(160).verdict).toBe("fail");
    expect(at(182).interval?.map((end) => end?.toFixed(3))).toEqual(["0.862", "0.942"]);
  });

  test("says how large a sample would decide", () => {
    const undecided = judge(
      assertion("delivery.ratio", ">=", 0.99, { confidence: 0.95 }),
      view(200, 200),
    );
    expect(undecided).toMatchObject({ verdict: "inconclusive" });
    expect(undecided.message).toMatch(
      /^expected delivery.ratio >= 0.99, got 1 \(0.981155 … 1\) of 200: undecided, about 38\d messages would decide$/,
    );
    const never = judge(
      assertion("delivery.ratio", ">=", 0.5, { confidence: 0.95 }),
      view(100, 200),
    );
    expect(never.message).toMatch(/: undecided$/);
  });

  test("about a quantile uses order statistics, and an open end decides nothing", () => {
    const p90 = (n: number, value: number) =>
      judge(assertion("latencyMs.p90", "<=", value, { confidence: 0.99 }), view(1, 1, n));
    expect(p90(1_000, 1_000).verdict).toBe("pass");
    expect(p90(1_000, 900).verdict).toBe("inconclusive");
    expect(p90(1_000, 700).verdict).toBe("fail");
    // 40 support a p90 at 95 %, but give no upper end at 99 %
    expect(p90(40, 1e6)).toMatchObject({
      verdict: "inconclusive",
      interval: [expect.any(Number), null],
    });
    expect(p90(40, 1e6).message).toContain("unbounded");
  });

  test("about a quantile says how many messages would decide", () => {
    // 910 of 1000 at most 910 ms: a p90 below 910.5 ms is likely and not sure
    const near = judge(
      assertion("latencyMs.p90", "<", 910.5, { confidence: 0.95 }),
      view(1, 1, 1_000),
    );
    expect(near.message).toMatch(/: undecided, about 3[45]\d\d messages would decide$/);
  });

  test("about a mean is decided by batches, and inconclusive where these resemble each other", () => {
    const mean = (value: number, latencies: LatencySample) => {
      const seen = { ...view(1, 1), latency: latencies };
      return judge(assertion("latencyMs.mean", "<", value, { confidence: 0.95 }), seen);
    };
    const mixed = new LatencySample();
    for (let n = 0; n < 400; n += 1) mixed.record(((n * 7_919) % 101) * 1_000);
    expect(mean(60, mixed)).toMatchObject({ verdict: "pass", n: 400 });
    expect(mean(40, mixed).verdict).toBe("fail");
    const near = mean(50.1, mixed);
    expect(near.verdict).toBe("inconclusive");
    expect(near.message).toMatch(/: undecided, about \d+ messages would decide$/);
    // ever slower: no batch is long enough, so nothing is said of the mean, however far the threshold
    expect(mean(1e9, sample(1_000))).toMatchObject({ verdict: "inconclusive", interval: null });
    expect(mean(1e9, sample(1_000)).message).toContain("the run is too short for its mean");
    expect(mean(1e9, sample(19)).message).toContain(
      "19 messages give a mean no interval, 20 would",
    );
  });

  test("that must hold sometimes passes once seen, and fails only a run that went to its end", () => {
    const fired = (value: number, complete = true) =>
      judge(assertion("faults.a.b.fired", ">=", value, { sometimes: true }), view(1, 1), complete);
    expect(fired(1)).toMatchObject({ verdict: "pass", observed: 3, sometimes: true });
    expect(fired(1, false).verdict).toBe("pass");
    expect(fired(4)).toMatchObject({
      verdict: "fail",
      message: "expected sometimes faults.a.b.fired >= 4, got 3: held in 0 of 1 run",
    });
    expect(fired(4, false).verdict).toBe("inconclusive");
    const never = assertion("counts.timeouts", ">=", 1, { sometimes: true, phase: "gone" });
    expect(judge(never, undefined)).toMatchObject({
      verdict: "fail",
      message:
        "expected sometimes counts.timeouts in phase gone >= 1, got nothing: held in 0 of 1 run",
    });
  });

  test("about what the sample does not support is inconclusive and says what would", () => {
    expect(judge(assertion("serviceMs.p99", "<", 1), view(1, 1, 200))).toMatchObject({
      observed: null,
      verdict: "inconclusive",
      message: "expected serviceMs.p99 < 1, got nothing: 200 messages support no p99, 368 would",
    });
    expect(judge(assertion("latencyMs.mean", "<", 1), view(0, 1, 0)).message).toContain(
      "there was no message",
    );
    expect(judge(assertion("delivery.ratio", "<", 1), view(0, 0)).message).toContain(
      "there was no message",
    );
  });

  test("about a number without meaning here is inconclusive", () => {
    const silent = judge(assertion("faults.a.b.z", "<", 4), view(1, 1));
    expect(silent).toMatchObject({ verdict: "inconclusive", observed: null });
    expect(silent.message).toContain("it has no meaning in this run");
    expect(judge(assertion("faults.gone.z", "<", 4), view(1, 1)).verdict).toBe("inconclusive");
    expect(judge(assertion("counts.executions", "<", 4), view(1, 1)).verdict).toBe("inconclusive");
    expect(judge(assertion("nonsense", "<", 4), view(1, 1)).message).toContain(
      "no result has such a number",
    );
  });

  test("names its phase, and a phase that never began decides nothing", () => {
    const recovery = assertion("delivery.ratio", "==", 1, { phase: "recovery" });
    expect(judge(recovery, view(9, 10)).message).toBe(
      "expected delivery.ratio in phase recovery == 1, got 0.9 of 10",
    );
    expect(judge(recovery, undefined)).toMatchObject({ verdict: "inconclusive", n: null });
  });

  test("finds every sort of number", () => {
    const of = (metric: string) => judge(assertion(metric, "<", 1e9), view(100, 200)).observed;
    expect(
      ["faults.a.b.fired", "faults.a.b.eligible", "delivery.expected", "counts.delivered"].map(of),
    ).toEqual([3, 10, 0.98, 100]);
    expect(["latencyMs.n", "latencyMs.min", "serviceMs.max"].map(of)).toEqual([200, 1, 200]);
  });
});

describe("the verdict of a run", () => {
  test("is the worst of all, in the order error, fail, inconclusive, pass", () => {
    expect(worst([])).toBe("pass");
    expect(worst(["pass", "inconclusive"])).toBe("inconclusive");
    expect(worst(["inconclusive", "fail", "pass"])).toBe("fail");
    expect(worst(["fail", "error"])).toBe("error");
  });

  test("a fault that should have fired and never did is named", () => {
    const fault = { id: "f", kind: "loss", eligible: 100, fired: 0, expected: 20, z: -5 };
    expect(silentFaults([fault])).toEqual(["fault f never fired: 0 of 100, 20 expected"]);
    expect(silentFaults([{ ...fault, expected: null }])).toEqual(["fault f never fired: 0 of 100"]);
    expect(silentFaults([{ ...fault, eligible: 0, expected: 0 }])[0]).toContain("met no message");
    // fewer than one firing promised: its silence proves nothing
    expect(
      silentFaults([
        { ...fault, expected: 0.4 },
        { ...fault, fired: 1 },
      ]),
    ).toEqual([]);
  });
});
