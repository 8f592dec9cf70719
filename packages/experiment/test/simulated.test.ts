import { describe, expect, test } from "vitest";
import {
  type ExchangeLine,
  parseSpec,
  planScenario,
  runExperiment,
  scenarios,
  transportsIn,
  wasAborted,
} from "../src/index.ts";
import type { FullSpec } from "../src/index.ts";

const CASES = scenarios.flatMap((scenario) =>
  transportsIn("simulated", scenario).map((transport) => ({ name: scenario.name, transport })),
);

function plan(scenario: string, more: object = {}): FullSpec {
  const planned = planScenario({ scenario, mode: "simulated", ...more });
  if (!planned.ok) throw new Error(JSON.stringify(planned.errors));
  return planned.spec;
}

function specOf(more: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 5, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function run(spec: FullSpec) {
  const lines: ExchangeLine[] = [];
  const { result } = await runExperiment(spec, { onExchange: (line) => lines.push(line) });
  return { result, lines };
}

describe("a simulated run", () => {
  test.each(CASES)(
    "of $name over $transport passes, and a second one has the same body",
    async ({ name, transport }) => {
      const spec = plan(name, { transport });
      const first = await run(spec);
      const { counts } = first.result;
      expect(first.result.verdict, JSON.stringify(first.result.reasons)).toBe("pass");
      expect(counts.delivered + counts.failed + counts.rejected + counts.indeterminate).toBe(
        counts.messages,
      );
      const second = await run(spec);
      expect(second.result.digest).toBe(first.result.digest);
      expect(second.result.bodyHash).toBe(first.result.bodyHash);
      expect(second.lines).toEqual(first.lines);
    },
  );

  test("does not depend on who looks on, or on the threads it is told", async () => {
    const spec = plan("corruption");
    const { result } = await run(spec);
    const unseen = await runExperiment(spec);
    expect(unseen.result.bodyHash).toBe(result.bodyHash);
    const threads = await runExperiment({ ...spec, server: { ...spec.server, workers: 4 } });
    expect(threads.result.digest).toBe(result.digest);
  });

  test("has another digest with another seed", async () => {
    const one = await run(plan("baseline", { seed: 1 }));
    const other = await run(plan("baseline", { seed: 2 }));
    expect(other.result.digest).not.toBe(one.result.digest);
  });

  test("takes ten minutes of delays in no time", async () => {
    const spec = specOf({
      workload: { messages: 10, clients: 1 },
      client: { attemptTimeoutMs: 120_000, deadlineMs: 120_000 },
      faults: [{ id: "late", kind: "delay", delayMs: 60_000 }],
    });
    const { result } = await run(spec);
    expect(result.counts.delivered).toBe(10);
    // 60 s of fault and the two ways of the link, nothing that a busy machine could add
    expect(result.latencyMs.min).toBeGreaterThanOrEqual(60_000);
    expect(result.latencyMs.max).toBeLessThan(60_001);
  });

  test("meets the same faults as on sockets", async () => {
    const workload = { messages: 120, clients: 4 };
    const faults = [
      { id: "flip", kind: "corrupt", direction: "both", probability: 0.1 },
      { id: "drop", kind: "loss", probability: 0.1 },
    ];
    const client = { attemptTimeoutMs: 1_000 };
    const simulated = await run(specOf({ workload, faults, client }));
    const real = await run(specOf({ workload, faults, client, mode: "real" }));
    const met = new Map<string, string>();
    const key = (line: ExchangeLine, attempt: number): string =>
      `${line.client}/${line.message}/${attempt}`;
    for (const line of simulated.lines)
      for (const { attempt, faults: ids } of line.attempts) met.set(key(line, attempt), ids.join());
    let both = 0;
    for (const line of real.lines) {
      for (const { attempt, faults: ids } of line.attempts) {
        const there = met.get(key(line, attempt));
        if (there === undefined) continue;
        both += 1;
        expect(ids.join(), key(line, attempt)).toBe(there);
      }
    }
    expect(both).toBeGreaterThanOrEqual(120);
  });

  test("that is aborted gives what it has, and everything adds up", async () => {
    const abort = new AbortController();
    const spec = specOf({ workload: { messages: 200_000 } });
    const { result } = await runExperiment(spec, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    const { counts } = result;
    expect(result.verdict).toBe("inconclusive");
    expect(counts.delivered).toBeGreaterThan(0);
    expect(counts.rejected).toBeGreaterThan(0);
    expect(counts.delivered + counts.failed + counts.rejected + counts.indeterminate).toBe(200_000);
    expect(wasAborted(result)).toBe(true);
  });

  test("a stop that comes when all runs of a series are over takes nothing away", async () => {
    const abort = new AbortController();
    const spec = specOf({ workload: { messages: 20 }, seeds: { runs: 3 } });
    const { result } = await runExperiment(spec, {
      signal: abort.signal,
      onProgress: ({ done, total }) => done === total && abort.abort(),
    });
    expect(abort.signal.aborted).toBe(true);
    expect([result.verdict, wasAborted(result)]).toEqual(["pass", false]);
  });
});
