/**
 * The demo: its table from made-up visits, its checks, its events, and once the whole thing.
 */
import type { Result } from "@faultline/experiment";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemsOf } from "../src/demo/check.ts";
import { readEvents } from "../src/demo/events.ts";
import { demoSummary, demoTable } from "../src/demo/table.ts";
import type { Visit } from "../src/demo/tour.ts";
import { LatencyPicture } from "../src/output/picture.ts";
import { columnsOf, styleFor } from "../src/output/style.ts";
import { startDemo } from "./child.ts";
import { sampleResult } from "./sample-result.ts";

/** On a busy machine the demo takes several times its time: the test is about its truth. */
const DEMO_MS_MAX = 240_000;

const style = styleFor({ isTTY: false }, { LANG: "C.UTF-8" });

function visitOf(result: Result, problems: readonly string[] = []): Visit {
  const picture = new LatencyPicture();
  picture.add(500);
  const scenario = {
    name: "corruption",
    title: "",
    description: "",
    transports: ["tcp" as const],
    spec: result.spec,
    expect: "pass" as const,
  };
  return { stop: { scenario, transport: "tcp" }, result, picture, problems };
}

/** Whether an assertion sets an upper bound to a time: the one thing that a machine can fail. */
function isHowSoon({ metric, op }: Result["assertions"][number]): boolean {
  return /^(latencyMs|serviceMs|recovery)\./.test(metric) && op.startsWith("<");
}

describe("what every result is held to", () => {
  const result = sampleResult();
  const counted = (counts: Partial<Result["counts"]>): Result => ({
    ...result,
    counts: { ...result.counts, ...counts },
  });

  test("a sound result has no problem", () => {
    expect(problemsOf(result, "pass")).toEqual([]);
  });

  test("counts that do not add up are a problem", () => {
    expect(problemsOf(counted({ delivered: 197 }), "pass")).toEqual([
      "199 outcomes for 200 messages",
    ]);
  });

  test("a fault that never fired is a problem", () => {
    const [fault] = result.faults;
    const idle = { ...result, faults: fault === undefined ? [] : [{ ...fault, fired: 0 }] };
    expect(problemsOf(idle, "pass")).toEqual(["the fault flip never fired"]);
  });

  test("corruption that passes a checksum is a problem, without a checksum it is what was to be shown", () => {
    const blind = counted({ corruptionsUndetected: 3 });
    expect(problemsOf(blind, "pass")).toEqual(["3 corrupted bodies passed crc32c"]);
    const spec = { ...blind.spec, checksum: "none" as const };
    expect(problemsOf({ ...blind, spec }, "pass")).toEqual([]);
  });

  test("another verdict than expected is a problem with its reasons", () => {
    const late = { ...result, verdict: "inconclusive" as const, reasons: ["out of time"] };
    expect(problemsOf(late, "pass")).toEqual(["expected pass, got inconclusive: out of time"]);
    expect(problemsOf(late, "inconclusive")).toEqual([]);
  });
});

describe("the table", () => {
  test("has one row a run with what came of it", () => {
    const [heading, , row] = demoTable([visitOf(sampleResult())], { style, columnsMax: Infinity });
    expect(heading).toMatch(
      /^scenario +over +verdict +delivered +attempts +faults +expected +corrupt +missed +p50 ms +p90 ms +latency$/,
    );
    expect(row).toMatch(/^corruption +tcp +pass +198\/200 +251 +47 +50\.2 +47 +0 +0\.214 +104 +█$/);
  });

  test("fits 80 columns, and keeps scenario, transport, verdict and delivery whatever the width", () => {
    const visits = [visitOf(sampleResult())];
    for (const line of demoTable(visits, { style, columnsMax: 80 }).slice(0, -1)) {
      expect(columnsOf(line)).toBeLessThanOrEqual(80);
    }
    expect(demoTable(visits, { style, columnsMax: 20 })[0]).toMatch(
      /^scenario +over +verdict +delivered$/,
    );
  });

  test("a run that is not as expected is named below it", () => {
    const visits = [visitOf(sampleResult()), visitOf(sampleResult(), ["199 outcomes"])];
    const failures = ["loss over udp: the run is failed: out of memory"];
    const lines = demoSummary({ visits, failures }, { style, tookMs: 12_340, stops: 3 });
    expect(lines).toEqual([
      "1 of 3 runs as expected, 1 not made: 1 scenario, 400 messages in 502 attempts, 94 faults, 12.3 s",
      "corruption over tcp: 199 outcomes",
      "loss over udp: the run is failed: out of memory",
    ]);
  });
});

describe("server-sent events", () => {
  async function eventsOf(parts: readonly Uint8Array[]): Promise<unknown[]> {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* parts;
    }
    const events: unknown[] = [];
    for await (const event of readEvents(body())) events.push(event);
    return events;
  }
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("any cut of the bytes gives the same events", async () => {
    const text =
      ': hello\n\nevent: progress\nid: 1\ndata: {"done":1}\n\ndata: ü\ndata:two\n\nevent: end\r\ndata\r\n\r\n';
    const events = [
      { event: "progress", data: '{"done":1}' },
      { event: "message", data: "ü\ntwo" },
      { event: "end", data: "" },
    ];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => {
        const whole = bytes(text);
        const parts: Uint8Array[] = [];
        for (let at = 0; at < whole.length; at += size) parts.push(whole.subarray(at, at + size));
        expect(await eventsOf(parts)).toEqual(events);
      }),
    );
  });

  test("an event that was cut off is left out", async () => {
    expect(await eventsOf([bytes("data: whole\n\nevent: end\ndata: x\n")])).toEqual([
      { event: "message", data: "whole" },
    ]);
  });
});

describe("the whole demo", () => {
  test(
    "runs every scenario over every transport through the API, and every result is true",
    async () => {
      const ended = await startDemo(["--json"]).ended;
      expect(ended.stdout.trim().split("\n").length).toBe(1);
      const results = JSON.parse(ended.stdout) as Result[];
      expect(new Set(results.map(({ spec }) => spec.name)).size).toBeGreaterThanOrEqual(13);
      expect(new Set(results.map(({ spec }) => spec.transport))).toEqual(
        new Set(["tcp", "udp", "tls"]),
      );
      for (const result of results) {
        const { counts, spec, faults } = result;
        expect(counts.delivered + counts.failed + counts.rejected + counts.indeterminate).toBe(
          counts.messages,
        );
        for (const fault of faults)
          expect(fault.fired, `${spec.name} ${spec.transport} ${fault.id}`).toBeGreaterThan(0);
        if (spec.checksum !== "none") expect(counts.corruptionsUndetected).toBe(0);
      }
      // A busy machine can be late, and nothing else: what was missed is a promise of how soon, …
      const missed = results.flatMap(({ assertions, reasons, spec, verdict }) =>
        assertions
          .filter((one) => one.verdict !== "pass" && !isHowSoon(one))
          .map(({ message }) => `${spec.name} ${spec.transport} ${verdict}: ${message}`)
          .concat(reasons),
      );
      expect(missed).toEqual([]);
      // … and the demo says so, and its exit code agrees.
      const odd = results.filter(({ verdict }) => verdict !== "pass").length;
      expect(ended.code, ended.stderr).toBe(odd === 0 ? 0 : 1);
      expect(ended.stderr).toContain(
        `${results.length - odd} of ${results.length} runs as expected`,
      );
      const blind = results.filter(({ spec }) => spec.checksum === "none");
      expect(blind.some(({ counts }) => counts.corruptionsUndetected > 0)).toBe(true);
    },
    DEMO_MS_MAX,
  );

  test(
    "does the same on the simulated network: every run as expected, and the same bytes again",
    async () => {
      const [one, other] = [
        startDemo(["--json", "--mode", "simulated"]),
        startDemo(["--json", "--mode=simulated"]),
      ];
      const ended = await one.ended;
      expect(ended.code, ended.stderr).toBe(0);
      const results = JSON.parse(ended.stdout) as Result[];
      expect(results.length).toBeGreaterThanOrEqual(29);
      expect(ended.stderr).toContain(`${results.length} of ${results.length} runs as expected`);
      expect(new Set(results.map(({ mode }) => mode))).toEqual(new Set(["simulated"]));
      const again = JSON.parse((await other.ended).stdout) as Result[];
      const bytesOf = (all: readonly Result[]) =>
        all.map(({ digest, bodyHash }) => [digest, bodyHash]);
      expect(bytesOf(again)).toEqual(bytesOf(results));
    },
    DEMO_MS_MAX,
  );

  test("refuses what it does not know, in one line, exit code 3", async () => {
    const ended = await startDemo(["--sed", "1"]).ended;
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(ended.stderr).toBe(
      "demo: unknown option '--sed' (did you mean --seed?); see demo --help\n",
    );
  });

  test("Ctrl-C cancels its runs and ends with exit code 1, without a trace of an error", async () => {
    const child = startDemo([]);
    await new Promise<void>((resolve) => {
      child.process.stderr.on("data", () => {
        if (child.stderr().includes(" runs through ")) resolve();
      });
    });
    child.kill("SIGINT");
    const ended = await child.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).not.toMatch(/Error|\n {4}at /);
  });
});
