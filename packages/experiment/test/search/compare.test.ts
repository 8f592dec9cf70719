/** Two specs on the same seeds. */
import { describe, expect, test } from "vitest";
import { compareSpecs, type Comparison, type FullSpec } from "../../src/index.ts";
import { newcombe } from "../../src/statistics/newcombe.ts";
import { specOf } from "./support.ts";

function lossy(client: object, more: object = {}): FullSpec {
  return specOf({
    workload: { messages: 100, clients: 4 },
    client: {
      attemptTimeoutMs: 50,
      ...client,
      backoff: { kind: "constant", firstMs: 10, jitter: "none" },
    },
    faults: [{ id: "drop", kind: "loss", probability: 0.3 }],
    ...more,
  });
}

const TWO = lossy({ attemptsMax: 2 });
const THREE = lossy({ attemptsMax: 3 });

function changes({ differences }: Comparison): Record<string, string> {
  return Object.fromEntries(differences.map(({ figure, change }) => [figure, change]));
}

describe("a comparison", () => {
  test("of a spec with itself finds no pair that differs", async () => {
    const same = await compareSpecs(TWO, TWO, { seeds: 5 });
    // a hundred messages support no p99
    const { "latencyMs.p99": p99, ...others } = changes(same);
    expect(p99).toBe("unknown");
    expect(new Set(Object.values(others))).toEqual(new Set(["same"]));
    expect(same.messages).toMatchObject({ onlyFirst: 0, onlySecond: 0, difference: 0, p: 1 });
    expect(same.messages!.both + same.messages!.neither).toBe(500);
  });

  test("of two attempts with three: more arrives, and what is paid for it", async () => {
    const compared = await compareSpecs(TWO, THREE, { seeds: 20, base: 100 });
    expect(changes(compared)).toMatchObject({
      "delivery.ratio": "better",
      attemptsPerMessage: "worse",
      "latencyMs.mean": "worse",
    });
    // the third attempt is drawn, the first two are the same: no message is lost that was not
    const { messages, differences } = compared;
    expect(messages!.onlyFirst).toBe(0);
    expect(messages!.p).toBeLessThan(1e-6);
    // 0.3² - 0.3³
    expect(messages!.interval![0]).toBeLessThan(0.063);
    expect(messages!.interval![1]).toBeGreaterThan(0.063);
    expect(differences[0]!.difference).toBeCloseTo(messages!.difference!, 12);
    expect(compared.runs.map(({ seed }) => seed)).toEqual(
      Array.from({ length: 20 }, (_, index) => 100 + index),
    );
    const other = await compareSpecs(THREE, TWO, { seeds: 20, base: 100 });
    expect(changes(other)["delivery.ratio"]).toBe("worse");
    expect(other.messages!.difference).toBe(-messages!.difference!);
  });

  test("knows more from the same messages than from as many others", async () => {
    const { messages } = await compareSpecs(TWO, THREE, { seeds: 10 });
    const { both, onlyFirst, onlySecond, neither } = messages!;
    const n = both + onlyFirst + onlySecond + neither;
    const apart = newcombe(
      { successes: both + onlySecond, n },
      { successes: both + onlyFirst, n },
    )!;
    const paired = messages!.interval!;
    expect(paired[1]! - paired[0]!).toBeLessThan((apart[1] - apart[0]) / 1.3);
  });

  test("leaves open what one seed cannot tell, and what a run does not have", async () => {
    const one = await compareSpecs(TWO, THREE, { seeds: 1 });
    expect(new Set(Object.values(changes(one)))).toEqual(new Set(["unknown"]));
    const none = lossy({ attemptsMax: 1 }, { faults: [{ id: "all", kind: "loss" }] });
    const dead = await compareSpecs(none, none, { seeds: 2 });
    expect(dead.differences.find(({ figure }) => figure === "latencyMs.p50")).toMatchObject({
      n: 0,
      difference: null,
      change: "unknown",
    });
  });

  test("does not pair messages where the two send other ones", async () => {
    const fewer = { ...THREE, workload: { ...THREE.workload, messages: 60 } };
    expect((await compareSpecs(TWO, fewer, { seeds: 2 })).messages).toBeNull();
  });

  test("that is stopped keeps its finished pairs", async () => {
    const stop = new AbortController();
    const compared = await compareSpecs(TWO, THREE, {
      seeds: 100,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 4) stop.abort();
      },
    });
    expect(compared).toMatchObject({ ended: "aborted", seeds: { asked: 100, tried: 4 } });
    expect(compared.differences[0]!.n).toBe(4);
  });

  test.each([
    [{ seeds: 0 }, '"seeds" must be a whole number from 1 to 1000000: got 0'],
    [{ base: -1 }, '"base" must be a whole number from 0, with all seeds below 2^53: got -1'],
    [{ confidence: 1 }, '"confidence" must be a number from 0.5 to 0.9999: got 1'],
  ])("refuses %o", async (options, message) => {
    await expect(compareSpecs(TWO, THREE, options)).rejects.toThrow(message);
  });
});
