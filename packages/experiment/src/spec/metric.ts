/**
 * The metrics an assertion may name: paths of numbers in a result.
 *
 * Known in advance, so that a misspelt metric is an error of the spec and not a verdict nobody
 * understands. A phase restricts a metric to the messages planned in it; what cannot be told
 * message by message (bytes, reconnects, executions) has no phase. Only a proportion, a mean and a
 * quantile have an interval, so only they may carry a confidence.
 */

const MESSAGE_COUNTS = [
  "messages",
  "delivered",
  "failed",
  "rejected",
  "indeterminate",
  "attempts",
  "retries",
  "timeouts",
  "errorReplies",
  "resets",
  "corruptionsUndetected",
  "ambiguous",
];
const RUN_COUNTS = [
  "reconnects",
  "corruptionsDetected",
  "duplicatesSuppressed",
  "staleReplies",
  "executions",
  "bytesSent",
  "bytesReceived",
];
const QUANTILES = ["p50", "p90", "p95", "p99", "p999"];
const SUMMARY = ["n", "min", "mean", "max", ...QUANTILES];
const LATENCIES = ["latencyMs", "serviceMs"];
const FAULT_FIELDS = ["eligible", "fired", "expected", "z"];
const DELIVERY_FIELDS = ["ratio", "expected"];
const WIRE_FIELDS = [
  "packets",
  "captureBytes",
  "payloadBytes",
  "entropyBitsPerByte",
  "readable",
  "longestRunBytes",
];
const RECOVERY_FIELDS = ["toFirstSuccessMs", "toSteadyStateMs"];

/** A metric path taken apart. */
export interface MetricPath {
  readonly group:
    | "counts"
    | "delivery"
    | "latencyMs"
    | "serviceMs"
    | "faults"
    | "recovery"
    | "wire";
  readonly field: string;
  /** Only for `faults`. */
  readonly fault: string | undefined;
}

/** Takes a path apart; undefined where no result has such a number. A fault's id may hold dots. */
export function parseMetric(metric: string): MetricPath | undefined {
  const first = metric.indexOf(".");
  const last = metric.lastIndexOf(".");
  const group = metric.slice(0, Math.max(first, 0));
  const field = metric.slice(last + 1);
  if (group === "faults" && last > first && FAULT_FIELDS.includes(field)) {
    return { group, field, fault: metric.slice(first + 1, last) };
  }
  if (first !== last || !(FIELDS.get(group)?.includes(field) ?? false)) return undefined;
  return { group: group as MetricPath["group"], field, fault: undefined };
}

const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["counts", [...MESSAGE_COUNTS, ...RUN_COUNTS]],
  ["delivery", DELIVERY_FIELDS],
  ["latencyMs", SUMMARY],
  ["serviceMs", SUMMARY],
  ["recovery", RECOVERY_FIELDS],
  ["wire", WIRE_FIELDS],
]);

/** Whether the metric can be told for one phase. */
export function knowsPhase(path: MetricPath): boolean {
  if (path.group === "counts") return MESSAGE_COUNTS.includes(path.field);
  if (path.group === "delivery") return path.field === "ratio";
  if (path.group === "recovery") return true;
  return LATENCIES.includes(path.group);
}

/** Whether the metric counts what happened in a run, so that more runs make it larger. */
export function isTotal({ group, field }: MetricPath): boolean {
  if (group === "faults") return field !== "z";
  return group === "counts" || field === "n";
}

/** Whether the metric has an interval, so that a confidence means something. */
export function knowsConfidence(path: MetricPath): boolean {
  if (LATENCIES.includes(path.group))
    return path.field === "mean" || QUANTILES.includes(path.field);
  return path.group === "delivery" && path.field === "ratio";
}
