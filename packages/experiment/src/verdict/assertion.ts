/**
 * One assertion against the numbers: pass, fail or inconclusive, with a sentence a person can use.
 */
import { parseMetric } from "../spec/metric.ts";
import { supports } from "../statistics/quantile.ts";
import { QUANTILES } from "../statistics/latency.ts";
import { wilsonSampleSize } from "../statistics/wilson.ts";
import type { AssertionResult, Interval, RunVerdict } from "../result/types.ts";
import type { Assertion } from "../spec/types.ts";
import { type Answer, compareInterval, comparePoint } from "./compare.ts";
import { type Observation, type View, observe } from "./view.ts";

const DIGITS_SHOWN = 6;
const VERDICTS: Record<Answer, RunVerdict> = { yes: "pass", no: "fail", unsure: "inconclusive" };

/**
 * Answers an assertion.
 *
 * @param view of the assertion's phase, or of the run; undefined where that phase never began.
 */
export function judge(assertion: Assertion, view: View | undefined): AssertionResult {
  const path = parseMetric(assertion.metric);
  if (path === undefined) return unanswered(assertion, undefined, "no result has such a number");
  if (view === undefined) return unanswered(assertion, undefined, "the phase never began");
  const seen = observe(path, view);
  if (seen.observed === null) return unanswered(assertion, seen, whyNothing(assertion, seen));
  const { op, value, confidence } = assertion;
  const interval = confidence === null ? null : (seen.interval?.(confidence) ?? null);
  const answer =
    interval === null
      ? comparePoint(seen.observed, op, value)
      : compareInterval(interval, op, value);
  const text = `${expectation(assertion)}, got ${got(seen.observed, interval, seen.n)}`;
  return {
    ...echo(assertion),
    observed: seen.observed,
    interval,
    n: seen.n,
    verdict: VERDICTS[answer],
    message: answer === "unsure" ? text + remedy(assertion, seen) : text,
  };
}

function echo({ metric, op, value, confidence, phase }: Assertion) {
  return { metric, op, value, confidence, phase };
}

function unanswered(
  assertion: Assertion,
  seen: Observation | undefined,
  why: string,
): AssertionResult {
  return {
    ...echo(assertion),
    observed: null,
    interval: null,
    n: seen?.n ?? null,
    verdict: "inconclusive",
    message: `${expectation(assertion)}, got nothing: ${why}`,
  };
}

function expectation({ metric, op, value, phase }: Assertion): string {
  return `expected ${metric}${phase === null ? "" : ` in phase ${phase}`} ${op} ${short(value)}`;
}

function got(observed: number, interval: Interval | null, n: number | null): string {
  const range = interval === null ? "" : ` (${side(interval[0])} … ${side(interval[1])})`;
  return `${short(observed)}${range}${n === null ? "" : ` of ${n}`}`;
}

function side(value: number | null): string {
  return value === null ? "unbounded" : short(value);
}

function short(value: number): string {
  return String(Number(value.toPrecision(DIGITS_SHOWN)));
}

function whyNothing({ metric }: Assertion, { n }: Observation): string {
  const field = metric.slice(metric.lastIndexOf(".") + 1);
  const q = QUANTILES[field as keyof typeof QUANTILES] as number | undefined;
  if (n === 0) return "there was no message to tell it from";
  if (q === undefined || n === null) return "it has no meaning in this run";
  let needed = n;
  while (!supports(q, needed)) needed += 1;
  return `${n} messages support no ${field}, ${needed} would`;
}

/** What would decide an undecided assertion. */
function remedy({ value, confidence }: Assertion, { successes, n }: Observation): string {
  const size =
    successes === undefined || n === null || confidence === null
      ? null
      : wilsonSampleSize(successes, n, value, confidence);
  return size === null ? ": undecided" : `: undecided, about ${size} messages would decide`;
}
