/**
 * The report of a run: every figure stands where a reader looks for it, whole and true.
 */
import { describe, expect, test } from "vitest";
import { LatencyPicture } from "../src/output/picture.ts";
import { reportLines } from "../src/output/report.ts";
import { styleFor } from "../src/output/style.ts";
import { PASSED, sampleResult } from "./sample-result.ts";

const style = styleFor({ isTTY: false }, { LANG: "C.UTF-8" });
const report = (result = sampleResult()): string =>
  reportLines(result, { style, columnsMax: Infinity }).join("\n");

describe("the report", () => {
  test("opens with the name and the verdict and closes with the line that replays it", () => {
    const lines = report().split("\n");
    expect(lines[0]).toBe("corruption over tcp  PASS");
    expect(lines[1]).toBe("seed 42 · real · tcp · frame with crc32c · 200 messages · 1 client");
    expect(lines.at(-2)).toContain(
      "npx -y pnpm@12 faultline run corruption --transport tcp --seed 42",
    );
  });

  test("shows what came of the messages, and only the counts that say something", () => {
    const text = report();
    expect(text).toContain(
      "delivered   198 of 200   99 % in [0.964, 0.997], expected 99.84 % (z -2.97)   2 failed",
    );
    expect(text).not.toContain("rejected");
    expect(text).toContain(
      "attempts    251   51 retries   3 timeouts   4 error replies   5 resets   6 reconnects",
    );
    expect(text).toContain("corruption  47 detected   0 undetected");
    expect(text).toContain("latency ms  min 0.08   p50 0.214   p90 104   p99 313   max 640");
  });

  test("breaks the line of a narrow terminal between two counts, never within one", () => {
    const lines = reportLines(sampleResult(), { style, columnsMax: 61 });
    const at = lines.findIndex((line) => line.startsWith("  attempts"));
    expect(lines.slice(at, at + 2)).toEqual([
      "  attempts    251   51 retries   3 timeouts   4 error replies",
      "              5 resets   6 reconnects   8 stale replies",
    ]);
    const narrowest = reportLines(sampleResult(), { style, columnsMax: 1 });
    expect(narrowest).toContain("              4 error replies");
  });

  test("a quantile that is not known is a dash, never a zero", () => {
    const result = sampleResult();
    const text = report({ ...result, latencyMs: { ...result.latencyMs, p99: null } });
    expect(text).toContain("p99 –");
  });

  test("says per fault how often it fired and how often it should have", () => {
    expect(report()).toMatch(/flip +corrupt +47 +50\.2 +251 +-0\.5/);
  });

  test("says how soon after each fault phase things were as before, or why that is not known", () => {
    expect(report()).not.toContain("recovery");
    const text = report(
      sampleResult({
        recovery: [
          { phase: "storm", toFirstSuccessMs: 1.25, toSteadyStateMs: 480, reason: null },
          { phase: "gale", toFirstSuccessMs: 3, toSteadyStateMs: null, reason: "no \u001b window" },
        ],
      }),
    );
    expect(text).toContain("recovery    from storm   success after 1.25 ms   steady after 480 ms");
    expect(text).toContain(String.raw`from gale   success after 3 ms   no \x1b window`);
  });

  test("marks what must hold sometimes", () => {
    const text = report(sampleResult({ assertions: [{ ...PASSED, sometimes: true }] }));
    expect(text).toContain("✔ sometimes delivery.ratio >= 0.9");
  });

  test("puts theory beside measurement where chance had a say, or a certainty failed", () => {
    const text = report();
    expect(text).toMatch(/counts\.attempts +250 +251 +0\.14/);
    expect(text).toMatch(/counts\.timeouts +0 +3 +1 000 000/);
    expect(text).not.toContain("counts.executions");
    expect(text).not.toContain("latencyMs.mean");
    expect(report(sampleResult({ oracles: [] }))).not.toContain("by theory");
  });

  test("says why, where the verdict is not pass", () => {
    const open = { ...PASSED, verdict: "fail" as const, message: "expected >= 0.9 got 0.1" };
    const text = report(
      sampleResult({ verdict: "fail", assertions: [open], reasons: ["stopped"] }),
    );
    expect(text).toContain("✘ delivery.ratio >= 0.9   expected >= 0.9 got 0.1");
    expect(text).toContain("✘ stopped");
  });

  test("draws ASCII only where nothing else can be shown", () => {
    const picture = new LatencyPicture();
    picture.add(500);
    const ascii = styleFor({ isTTY: false }, { LC_ALL: "C" });
    const lines = reportLines(sampleResult({ verdict: "fail" }), {
      style: ascii,
      columnsMax: 80,
      picture,
    });
    expect(lines.join("\n")).toMatch(/^[\n -~]*$/);
  });

  test("every escape it draws with is a colour, whatever is written in capitals", () => {
    const color = styleFor({ isTTY: true }, { LANG: "C.UTF-8" });
    const lines = reportLines(sampleResult(), { style: color, columnsMax: 80 });
    expect(lines[0]).toContain("PASS");
    expect(
      lines
        .join("\n")
        .split("\u001b[")
        .slice(1)
        .every((text) => /^\d+m/.test(text)),
    ).toBe(true);
  });

  test("a name from a stranger's spec cannot repaint the terminal", () => {
    const result = sampleResult();
    const text = report({ ...result, spec: { ...result.spec, name: "\u001b[2Jgone" } });
    expect(text).toContain(String.raw`\x1b[2Jgone`);
    expect(text).not.toContain("\u001b");
  });
});
