/**
 * A result as a person reads it: the verdict first, then why, then the line that replays it.
 *
 * Every figure comes from the result; nothing is computed here but shares and rounding. Names
 * from a spec are made printable: a spec may come from a stranger.
 */
import type { AssertionResult, FaultResult, Result } from "@faultline/experiment";

import { count, duration, figure, percent, plural, UNKNOWN } from "./numbers.ts";
import { oracleLines } from "./oracles.ts";
import { PICTURE_AXIS } from "./picture.ts";
import type { LatencyPicture } from "./picture.ts";
import { printable } from "./printable.ts";
import { betweenText, runsIn, runTable, runsText, seedText } from "./runs.ts";
import { columnsOf } from "./style.ts";
import type { Style } from "./style.ts";
import { drawTable } from "./table.ts";
import { verdictPaint } from "./verdict.ts";
import { wireTexts } from "./wire.ts";

function mark(verdict: Result["verdict"], style: Style): string {
  const [good, bad, open] = style.unicode ? ["✔", "✘", "?"] : ["ok", "NO", "??"];
  const shape = verdict === "pass" ? good : verdict === "inconclusive" ? open : bad;
  return verdictPaint(verdict, style)(shape);
}

function heading(result: Result, style: Style): string[] {
  const { spec } = result;
  const { messages, clients } = spec.workload;
  const facts = [
    seedText(spec),
    result.mode,
    spec.transport,
    spec.codec === "frame" ? `frame with ${spec.checksum}` : spec.codec,
    ...(spec.seal === null ? [] : [`sealed with ${spec.seal.cipher}`]),
    ...(spec.seeds === null ? [] : [plural(runsIn(spec.seeds), "run")]),
    plural(messages, "message"),
    plural(clients, "client"),
  ];
  const dot = style.unicode ? " · " : ", ";
  const verdict = verdictPaint(result.verdict, style);
  return [
    `${style.bold(printable(spec.name))}  ${style.bold(verdict(result.verdict.toUpperCase()))}`,
    style.dim(facts.join(dot)),
  ];
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(11)} ${text}`;
}

/** Facts behind one label, in as many lines as the terminal needs; no fact is cut in two. */
function rows(label: string, facts: readonly string[], columnsMax: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1)}   ${fact}`;
    const fits = columnsOf(row("", longer)) <= columnsMax;
    if (lines.length === 0 || !fits) lines.push(fact);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line, at) => row(at === 0 ? label : "", line));
}

function outcomes(result: Result): string[] {
  const { counts, delivery } = result;
  const others = (["failed", "rejected", "indeterminate"] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => `${count(counts[name])} ${name}`);
  const z = delivery.z === null ? "" : ` (z ${figure(delivery.z)})`;
  const expected = delivery.expected === null ? "" : `, expected ${percent(delivery.expected)}${z}`;
  const interval = delivery.interval === null ? "" : ` ${intervalText(delivery.interval)}`;
  const ratio = `${percent(delivery.ratio)}${interval}${expected}`;
  return [`${count(counts.delivered)} of ${count(counts.messages)}`, ratio, ...others];
}

function intervalText(interval: readonly [number | null, number | null]): string {
  const [low, high] = interval;
  return `in [${low === null ? "…" : figure(low)}, ${high === null ? "…" : figure(high)}]`;
}

function attempts(result: Result): string[] {
  const { counts } = result;
  const parts: [number, string][] = [
    [counts.retries, "retries"],
    [counts.timeouts, "timeouts"],
    [counts.errorReplies, "error replies"],
    [counts.resets, "resets"],
    [counts.reconnects, "reconnects"],
    [counts.staleReplies, "stale replies"],
    [counts.duplicatesSuppressed, "duplicates suppressed"],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, words]) => `${count(n)} ${words}`);
  return [count(counts.attempts), ...said];
}

function corruption(result: Result, style: Style): string {
  const { corruptionsDetected, corruptionsUndetected } = result.counts;
  const wrong = `${count(corruptionsUndetected)} undetected`;
  const tail = corruptionsUndetected > 0 ? style.bad(wrong) : wrong;
  return `${count(corruptionsDetected)} detected   ${tail}`;
}

function latency(result: Result): string {
  const { latencyMs } = result;
  const names = ["min", "p50", "p90", "p99", "max"] as const;
  return names.map((name) => `${name} ${figure(latencyMs[name])}`).join("   ");
}

/** One line for each fault phase: how soon after it things were as before. */
function recoveries(result: Result): string[] {
  return (result.recovery ?? []).map((one, at) => {
    const known = [
      one.toFirstSuccessMs === null ? [] : [`success after ${figure(one.toFirstSuccessMs)} ms`],
      one.toSteadyStateMs === null ? [] : [`steady after ${figure(one.toSteadyStateMs)} ms`],
      one.reason === null ? [] : [printable(one.reason)],
    ].flat();
    return row(at === 0 ? "recovery" : "", `from ${printable(one.phase)}   ${known.join("   ")}`);
  });
}

function faultTable(faults: readonly FaultResult[], style: Style, columnsMax: number): string[] {
  const rows = faults.map((fault) => [
    `  ${printable(fault.id)}`,
    fault.kind,
    fault.fired === 0 ? style.warn("0") : count(fault.fired),
    figure(fault.expected),
    count(fault.eligible),
    figure(fault.z),
  ]);
  const columns = [
    { title: "  fault" },
    { title: "kind" },
    { title: "fired", align: "right" as const },
    { title: "expected", align: "right" as const },
    { title: "eligible", align: "right" as const },
    { title: "z", align: "right" as const, giveUp: 1 },
  ];
  return drawTable(columns, rows, { columnsMax, style });
}

function assertionLine(assertion: AssertionResult, style: Style): string {
  const phase = assertion.phase === null ? "" : ` in ${printable(assertion.phase)}`;
  const seen = assertion.sometimes ? "sometimes " : "";
  const claim = `${seen}${printable(assertion.metric)} ${assertion.op} ${assertion.value}${phase}`;
  const observed = assertion.observed === null ? UNKNOWN : figure(assertion.observed);
  const interval = assertion.interval === null ? "" : ` ${intervalText(assertion.interval)}`;
  const detail =
    assertion.verdict === "pass" ? `got ${observed}${interval}` : printable(assertion.message);
  return `  ${mark(assertion.verdict, style)} ${claim}   ${style.dim(detail)}`;
}

/**
 * The report as lines without their newlines.
 *
 * @param picture latencies of the run, left out where none were seen
 */
export function reportLines(
  result: Result,
  options: {
    readonly style: Style;
    readonly columnsMax: number;
    readonly picture?: LatencyPicture;
  },
): string[] {
  const { style, picture, columnsMax } = options;
  const axis = style.dim(style.unicode ? PICTURE_AXIS : "10 us to 10 s, logarithmic");
  const lines = [
    ...heading(result, style),
    "",
    ...rows("delivered", outcomes(result), columnsMax),
    ...rows("attempts", attempts(result), columnsMax),
    row("corruption", corruption(result, style)),
    row("latency ms", latency(result)),
  ];
  const { runs, betweenRuns } = result;
  if (runs !== null) lines.push(row("runs", runsText(result)));
  if (betweenRuns !== null) lines.push(row("between", betweenText(betweenRuns)));
  if (picture !== undefined) lines.push(row("", `${picture.draw(style)}  ${axis}`));
  lines.push(...recoveries(result));
  const wire = result.wire === null ? [] : wireTexts(result.wire, result.spec, style);
  lines.push(...wire.map((text, at) => row(at === 0 ? "wire" : "", text)));
  if (result.faults.length > 0) lines.push("", ...faultTable(result.faults, style, columnsMax));
  if (runs !== null && runs.length > 0) lines.push("", ...runTable(runs, style, columnsMax));
  lines.push(...oracleLines(result.oracles, style, columnsMax));
  if (result.assertions.length > 0) {
    lines.push("", ...result.assertions.map((assertion) => assertionLine(assertion, style)));
  }
  for (const reason of result.reasons)
    lines.push(`  ${mark(result.verdict, style)} ${printable(reason)}`);
  lines.push("", row("replay", result.replay), row("took", duration(result.envelope.wallMs)));
  return lines;
}
