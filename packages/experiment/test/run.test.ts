/** Runs on real sockets: what comes out, in which order, and what ends a run early. */
import { describe, expect, test } from "vitest";
import {
  type ExchangeLine,
  type FullSpec,
  type Result,
  type RunOptions,
  parseSpec,
  runExperiment,
} from "../src/index.ts";
import { hashJson } from "../src/result/canonical.ts";

const QUICK = {
  attemptsMax: 6,
  attemptTimeoutMs: 150,
  deadlineMs: 10_000,
  backoff: { firstMs: 5, maxMs: 20 },
};

function spec(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, seed: 42, client: QUICK, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function run(
  input: object,
  options: RunOptions = {},
): Promise<{ result: Result; lines: ExchangeLine[] }> {
  const lines: ExchangeLine[] = [];
  const { result } = await runExperiment(spec(input), {
    onExchange: (line) => lines.push(line),
    ...options,
  });
  const { messages, delivered, failed, rejected, indeterminate } = result.counts;
  expect(delivered + failed + rejected + indeterminate).toBe(messages);
  return { result, lines };
}

const transports = ["tcp", "udp"] as const;

describe.each(transports)("over %s", { concurrent: true }, (transport) => {
  test("every message has one line, and the counts are those of the lines", async () => {
    const faults = [
      { id: "drop", kind: "loss", direction: "request", probability: 0.1, answer: "error" },
      { id: "flip", kind: "corrupt", probability: 0.1 },
    ];
    const { result, lines } = await run({
      transport,
      faults,
      workload: { messages: 200, clients: 4 },
      // long enough that only a fault makes an attempt time out
      client: { ...QUICK, attemptTimeoutMs: 600 },
    });
    expect(new Set(lines.map(({ client, message }) => `${client}/${message}`)).size).toBe(200);
    expect(lines.map(({ client }) => client).filter((client) => client === 0)).toHaveLength(50);
    const attempts = lines.flatMap((line) => line.attempts);
    expect(result.counts.attempts).toBe(attempts.length);
    expect(result.counts.delivered).toBe(
      lines.filter(({ outcome }) => outcome === "delivered").length,
    );
    expect(result.counts.corruptionsUndetected).toBe(0);
    // each fault that the server counted met an attempt in the lines
    for (const { id, fired } of result.faults) {
      expect([id, attempts.filter(({ faults: met }) => met.includes(id)).length]).toEqual([
        id,
        fired,
      ]);
    }
    // and an attempt that met none ended by its reply
    const unscathed = attempts.filter(({ faults: met }) => met.length === 0);
    expect(new Set(unscathed.map(({ ended }) => ended))).toEqual(new Set(["reply"]));
  });

  test("lines come as messages settle, with times from the run's begin", async () => {
    const faults = [{ id: "lag", kind: "delay", delayMs: 5, jitterMs: 5 }];
    const { lines } = await run({ transport, faults, workload: { messages: 60, clients: 6 } });
    const ends = lines.map(({ attempts }) => attempts.at(-1)?.endedUs ?? 0);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    expect(
      Math.min(...lines.map(({ attempts }) => attempts[0]?.sentUs ?? -1)),
    ).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ends)).toBeLessThan(60_000_000);
  });

  test("the pipe codec joins its faults by their place on the wire", async () => {
    const faults = [{ id: "drop", kind: "loss", probability: 0.2, answer: "error" }];
    const { result, lines } = await run({
      transport,
      codec: "pipe",
      faults,
      // no timeout, however busy the machine: a late reply would be ambiguous, and rightly so
      client: { attemptTimeoutMs: 30_000 },
      workload: { messages: 60, clients: 3 },
    });
    expect(result).toMatchObject({
      verdict: "pass",
      counts: { delivered: 60, corruptionsUndetected: 0, ambiguous: 0 },
    });
    const met = lines
      .flatMap((line) => line.attempts)
      .filter(({ faults: ids }) => ids.includes("drop"));
    expect(met.length).toBe(result.faults[0]?.fired);
    expect(new Set(met.map(({ ended }) => ended))).toEqual(new Set(["error-reply"]));
  });

  test("a receiver that answers nothing but thanks is enough", async () => {
    const { result } = await run({
      transport,
      server: { responder: "receive-only" },
      workload: { messages: 20 },
    });
    expect(result).toMatchObject({
      verdict: "pass",
      counts: { delivered: 20, corruptionsUndetected: 0, executions: 20 },
    });
  });

  test("two workers and many in flight change no count", async () => {
    const workload = {
      messages: 120,
      clients: 4,
      inFlightMax: 8,
      payloadBytes: { min: 1, max: 2_000 },
    };
    const client = { ...QUICK, attemptTimeoutMs: 10_000 };
    const { result } = await run({ transport, workload, client, server: { workers: 2 } });
    expect(result.counts).toMatchObject({
      delivered: 120,
      attempts: 120,
      executions: 120,
      corruptionsUndetected: 0,
    });
  });
});

describe("a result", () => {
  test("holds the whole spec, its hash, and how to run it again", async () => {
    const input = { workload: { messages: 5 } };
    const { result } = await run(input);
    const { bodyHash, envelope, ...body } = result;
    expect(result.spec).toEqual(spec(input));
    expect([result.specHash, bodyHash]).toEqual([hashJson(spec(input)), hashJson(body)]);
    expect(result.replay).toBe("npx -y pnpm@12 faultline run spec.json --seed 42");
    expect(envelope.runtime).toMatch(/^(node|deno) \d+\./);
    expect(Date.parse(envelope.endedAt)).toBeGreaterThanOrEqual(Date.parse(envelope.startedAt));
  });

  test("counts a body that the check refuses as rejected, and it was never sent", async () => {
    const bodies = ["hello", "please DROP TABLE users", " ", "bye"];
    const { result, lines } = await run({ workload: { bodies } });
    expect(result.counts).toMatchObject({
      messages: 4,
      delivered: 2,
      rejected: 2,
      attempts: 2,
      executions: 2,
    });
    expect(lines.filter(({ outcome }) => outcome === "rejected").map(({ error }) => error)).toEqual(
      ["refused-by-check", "refused-by-check"],
    );
    const unchecked = await run({ workload: { bodies }, client: { ...QUICK, forbidden: null } });
    expect(unchecked.result.counts.delivered).toBe(4);
  });

  test("is inconclusive where a declared fault never had its chance", async () => {
    const faults = [{ id: "never", kind: "loss", everyMessages: 1_000 }];
    const { result } = await run({ faults, workload: { messages: 10 } });
    expect(result.verdict).toBe("inconclusive");
    expect(result.reasons[0]).toContain("fault never never fired");
  });

  test("sees what no checksum shows", async () => {
    const faults = [{ id: "flip", kind: "corrupt", direction: "request", how: "byte" }];
    const { result } = await run({
      checksum: "none",
      faults,
      workload: { messages: 40, payloadBytes: 1_000 },
    });
    expect(result.counts.corruptionsUndetected).toBeGreaterThan(20);
  });

  test("counts giving up on what may have executed as indeterminate where that matters", async () => {
    const faults = [{ id: "drop", kind: "loss" }];
    const client = { ...QUICK, attemptsMax: 1, attemptTimeoutMs: 40 };
    const workload = { messages: 5, clients: 5 };
    const { result } = await run({ faults, client, workload, server: { responder: "counter" } });
    expect(result.counts).toMatchObject({ indeterminate: 5, failed: 0, executions: 5 });
    expect(result.latencyMs).toMatchObject({ n: 0, min: null, mean: null });
    const idempotent = await run({ faults, client, workload });
    expect(idempotent.result.counts).toMatchObject({ indeterminate: 0, failed: 5, executions: 5 });
  });

  test("has latency from the plan and service time from the send", async () => {
    const faults = [{ id: "lag", kind: "delay", delayMs: 20 }];
    const { result } = await run({ faults, workload: { messages: 20, ratePerSecond: 500 } });
    // one in flight at 20 ms each, asked for every 2 ms: the queue shows in the latency alone
    expect(result.latencyMs.max).toBeGreaterThan(300);
    expect(result.serviceMs.p50).toBeLessThan((result.latencyMs.p50 ?? 0) / 2);
    expect(result.serviceMs.min).toBeGreaterThanOrEqual(20);
  });
});

describe("phases", () => {
  test("bring their faults and take them away, and own their messages", async () => {
    const faults = [{ id: "drop", kind: "loss", answer: "error" }];
    const phases = [
      { name: "before", durationMs: 200 },
      { name: "during", durationMs: 200, faults: ["drop"] },
      { name: "after", durationMs: 200 },
    ];
    const client = { ...QUICK, attemptsMax: 1 };
    const ratio = (phase: string, op: string, value: number) => ({
      metric: "delivery.ratio",
      op,
      value,
      phase,
    });
    const { result } = await run({
      faults,
      phases,
      client,
      workload: { messages: 60, ratePerSecond: 100 },
      assert: [ratio("before", ">=", 0.5), ratio("during", "<=", 0.5), ratio("after", ">=", 0.5)],
    });
    expect(result.assertions.map(({ verdict, n }) => [verdict, n])).toEqual([
      ["pass", 20],
      ["pass", 20],
      ["pass", 20],
    ]);
  });
});

describe("a run that ends early", () => {
  const slow = {
    faults: [{ id: "lag", kind: "delay", delayMs: 50 }],
    workload: { messages: 1_000, clients: 2, inFlightMax: 2 },
  };

  test("when aborted gives what it has: the rest was never sent", async () => {
    const controller = new AbortController();
    const { result, lines } = await run(slow, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done >= 10) controller.abort();
      },
    });
    expect(result.verdict).toBe("inconclusive");
    expect(result.reasons[0]).toMatch(/^aborted: \d+ of 1000 messages had settled$/);
    expect(result.counts.delivered).toBeGreaterThanOrEqual(10);
    expect(result.counts.rejected).toBeGreaterThan(900);
    expect(lines.length).toBe(
      1_000 - result.counts.rejected + lines.filter(({ outcome }) => outcome === "rejected").length,
    );
  });

  test("when aborted before it began has sent nothing", async () => {
    const { result, lines } = await run(slow, { signal: AbortSignal.abort() });
    expect(result.counts).toMatchObject({ messages: 1_000, rejected: 1_000, attempts: 0 });
    expect(lines).toEqual([]);
  });

  test("at the wall limit says so", async () => {
    const { result } = await run(slow, { limits: { wallMsMax: 300 } });
    expect(result.reasons[0]).toMatch(/^stopped at the wall limit of 300 ms: /);
    expect(result.verdict).toBe("inconclusive");
  });
});

describe("progress", () => {
  test("is told about a hundred times, by count, and ends with everything", async () => {
    const told: number[] = [];
    await run(
      { workload: { messages: 1_000, inFlightMax: 16 } },
      { onProgress: ({ done }) => told.push(done) },
    );
    expect(told).toHaveLength(100);
    expect(told.at(-1)).toBe(1_000);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });
});
