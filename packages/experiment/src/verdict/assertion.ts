/**
 * One assertion against the numbers: pass, fail or inconclusive, with a sentence a person can use.
 */
import { isTotal, parseMetric } from "../spec/metric.ts";
import { supports } from "../statistics/quantile.ts";
import { QUANTILES } from "../statistics/latency.ts";
import type { AssertionResult, Interval, RunVerdict } from "../result/types.ts";
import type { Assertion } from "../spec/types.ts";
import { type Replicate, acrossRuns } from "./across-runs.ts";
import { type Answer, compareInterval, comparePoint } from "./compare.ts";
import { type Estimate, type Observation, type View, observe } from "./view.ts";

const DIGITS_SHOWN = 6;
const VERDICTS: Record<Answer, RunVerdict> = { yes: "pass", no: "fail", unsure: "inconclusive" };

/** Of what an assertion is judged. */
export interface Evidence {
  /** Of the assertion's phase, or of the run; undefined where that phase never began. */
  readonly view: View | undefined;
  /** False where the run did not go to its end: what it has not shown, it might have. */
  readonly complete: boolean;
  /** Run by run, where the view is of a series. */
  readonly replicates?: readonly Replicate[] | undefined;
}

/** Answers an assertion. */
export function judge(assertion: Assertion, evidence: Evidence): AssertionResult {
  const { view, replicates } = evidence;
  const path = parseMetric(assertion.metric);
  if (path === undefined) return unanswered(assertion, undefined, "no result has such a number");
  const seen = view && observe(path, view);
  if (assertion.sometimes) return judgeRuns(assertion, seen, evidence);
  if (replicates !== undefined && isTotal(path)) return judgeRuns(assertion, seen, evidence);
  if (seen === undefined) return unanswered(assertion, seen, "the phase never began");
  if (seen.missed !== undefined) return judgeMissed(assertion, seen.missed);
  if (seen.observed === null) return unanswered(assertion, seen, whyNothing(assertion, seen));
  const known = replicates === undefined ? seen : acrossRuns(path, seen, replicates);
  return judgeObserved(assertion, known, seen.observed);
}

function judgeObserved(assertion: Assertion, seen: Observation, observed: number): AssertionResult {
  const { op, value, confidence } = assertion;
  const estimate = confidence === null ? undefined : seen.estimate?.(confidence);
  const interval = estimate?.interval ?? null;
  const answer =
    estimate === undefined
      ? comparePoint(observed, op, value)
      : interval === null
        ? "unsure"
        : compareInterval(interval, op, value);
  const text = `${expectation(assertion)}, got ${got(observed, interval, seen.n)}`;
  return {
    ...echo(assertion),
    observed,
    interval,
    n: seen.n,
    verdict: VERDICTS[answer],
    message: answer === "unsure" ? text + remedy(value, estimate) : text,
  };
}

/** What never came within so long a time did not come within a shorter one. */
function judgeMissed(
  assertion: Assertion,
  { interval, why }: NonNullable<Observation["missed"]>,
): AssertionResult {
  const { op, value } = assertion;
  const longer = interval[0] === 0 ? "" : ` within ${short(interval[0] ?? 0)}`;
  return {
    ...echo(assertion),
    observed: null,
    interval,
    n: null,
    verdict: VERDICTS[compareInterval(interval, op, value)],
    message: `${expectation(assertion)}, got nothing${longer}: ${why}`,
  };
}

/**
 * Run by run. What must hold `sometimes` must in one run: seen once is enough, and of runs that were
 * cut short, not seeing it says nothing. What counts a run's events must hold in each of them: the
 * sum over a series answers another question.
 */
function judgeRuns(
  assertion: Assertion,
  seen: Observation | undefined,
  { complete, replicates }: Evidence,
): AssertionResult {
  const { op, value, sometimes } = assertion;
  const observed = seen?.observed ?? null;
  const runs = replicates ?? [{ observed }];
  const known = runs.flatMap((run) => (run.observed === null ? [] : [run.observed]));
  const held = known.filter((one) => comparePoint(one, op, value) === "yes").length;
  const answer = sometimes
    ? seenOnce(held, complete)
    : seenAlways({ held, known: known.length, runs: runs.length });
  const was = observed === null ? "nothing" : got(observed, null, seen?.n ?? null);
  const all = replicates === undefined ? was : `${was} in all`;
  const cut = answer === "unsure" && sometimes ? ", and not all went to their end" : "";
  const share = `held in ${held} of ${runs.length} ${runs.length === 1 ? "run" : "runs"}${cut}`;
  return {
    ...echo(assertion),
    observed,
    interval: null,
    n: seen?.n ?? null,
    verdict: VERDICTS[answer],
    message: `${expectation(assertion)}${sometimes ? "" : " in every run"}, got ${all}: ${share}`,
  };
}

function seenOnce(held: number, complete: boolean): Answer {
  if (held > 0) return "yes";
  return complete ? "no" : "unsure";
}

function seenAlways(count: { held: number; known: number; runs: number }): Answer {
  if (count.held < count.known) return "no";
  return count.known === count.runs && count.runs > 0 ? "yes" : "unsure";
}

function echo({ metric, op, value, confidence, phase, sometimes }: Assertion) {
  return { metric, op, value, confidence, phase, sometimes };
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

function expectation({ metric, op, value, phase, sometimes }: Assertion): string {
  const where = phase === null ? "" : ` in phase ${phase}`;
  return `expected ${sometimes ? "sometimes " : ""}${metric}${where} ${op} ${short(value)}`;
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
function remedy(value: number, estimate: Estimate | undefined): string {
  if (estimate?.why !== undefined) return `: undecided, ${estimate.why}`;
  const size = estimate?.needed(value) ?? null;
  return size === null
    ? ": undecided"
    : `: undecided, about ${size} ${estimate?.unit} would decide`;
}
