/**
 * The law of one message: attempts until one is answered, or none is left, or time is up.
 *
 *   attempt 1 ──ok──► delivered          Every state is (attempt, time gone, executed or not);
 *      │ fails                           many courses share one, and their chances, means and
 *      ▼ wait                            mean squares add up. With one way to fail this is the
 *   attempt 2 ──ok──► delivered          truncated geometric law: P(delivered) = 1 - f^n,
 *      │ …                               E[attempts] = (1 - f^n) / (1 - f).
 *      ▼
 *   given up
 *
 * A deadline that may cut attempts off is followed exactly where times are certain (no jitter, no
 * random delay before a failure); elsewhere there is no form, unless even the longest course
 * ends before it.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import type { Ending } from "./attempts.ts";
import type { Way } from "./mixture.ts";
import { NoForm } from "./refusal.ts";
import { leastUs, mostUs } from "./span.ts";
import { join, type Outcome, outcomeOf, type State } from "./course.ts";
import { type WaitSum, waitSums } from "./waits.ts";
import { connectUs, usOf } from "./wire.ts";

/** The first two moments of a figure of one message. */
export interface Figure {
  readonly mean: number;
  readonly square: number;
}

/** What becomes of one message. */
export interface MessageLaw {
  readonly delivered: number;
  /** Chance that it is given up and leaves no link behind. */
  readonly breaks: number;
  /** The longest that it can be open, once it is first sent. */
  readonly longestUs: number;
  readonly figures: ReadonlyMap<string, Figure>;
  /** From the first sending: E[T; delivered] and E[T²; delivered] in µs, or why not. */
  readonly time: Figure | string;
  /** Every way to be delivered with its weight, or why they cannot be listed. */
  readonly ways: readonly Way[] | string;
}

/** The figures of every message, beside how often each fault fires. */
const FIGURES = [
  "counts.attempts",
  "counts.timeouts",
  "counts.errorReplies",
  "counts.resets",
  "counts.corruptionsDetected",
  "counts.executions",
  "counts.duplicatesSuppressed",
  "counts.staleReplies",
] as const;

const STATES_MAX = 20_000;
const WAYS_MAX = 4_096;
/** As in attempts.ts. */
const SLACK = 0.8;

/** Works out the law. @throws NoForm */
export function messageLaw(
  spec: FullSpec,
  endings: readonly Ending[],
  faults: readonly FullFault[],
): MessageLaw {
  return new Course(spec, endings, faults).law();
}

class Course {
  readonly #spec: FullSpec;
  readonly #names: readonly string[];
  readonly #outcomes: readonly Outcome[];
  readonly #waits: readonly WaitSum[];
  readonly #deadlineUs: number;
  readonly #certain: boolean;
  readonly #longestUs: number;
  readonly #ways: Way[] = [];
  readonly #totals: { readonly sums: Float64Array; readonly squares: Float64Array };
  #delivered = 0;
  #breaks = 0;
  #timeSum = 0;
  #timeSquare = 0;

  constructor(spec: FullSpec, endings: readonly Ending[], faults: readonly FullFault[]) {
    this.#spec = spec;
    // ends of streams are no messages
    const acting = faults.filter(({ kind }) => kind !== "slow-close");
    this.#names = [...FIGURES, ...acting.map(({ id }) => `faults.${id}.fired`)];
    this.#outcomes = endings.map((ending) => outcomeOf(ending));
    this.#waits = waitSums(spec.client.backoff, spec.client.attemptsMax - 1);
    this.#totals = this.#zeros();
    const failing = this.#outcomes.filter(({ ok }) => !ok);
    const deadlineUs = usOf(spec.client.deadlineMs);
    const retriedUs = this.#retriedUs(failing);
    const replied = this.#outcomes.filter(({ ok }) => ok);
    const replyUs = replied.reduce((most, { ending }) => Math.max(most, mostUs(ending.span)), 0);
    this.#longestUs = failing.length === 0 ? replyUs : retriedUs;
    const jittered = this.#waits.some(({ parts }) => parts === undefined || parts.length > 0);
    this.#certain = !jittered && failing.every(({ random }) => !random);
    const inTime =
      failing.length === 0 ||
      retriedUs < (spec.mode === "simulated" ? deadlineUs : deadlineUs * SLACK);
    if (!inTime && (!this.#certain || spec.mode === "real")) {
      throw new NoForm(`"client.deadlineMs" may cut attempts off at a time that chance decides`);
    }
    this.#deadlineUs = inTime ? Infinity : deadlineUs;
  }

  law(): MessageLaw {
    let states = [this.#start()];
    for (let attempt = 1; states.length > 0; attempt += 1) states = this.#step(states, attempt);
    const { sums, squares } = this.#totals;
    const figures = new Map(
      this.#names.map((name, at) => [name, { mean: sums[at]!, square: squares[at]! }]),
    );
    const retries = retriesOf(figures.get("counts.attempts")!);
    figures.set("counts.retries", retries);
    return {
      delivered: this.#delivered,
      breaks: this.#breaks,
      longestUs: Math.min(this.#longestUs, this.#deadlineUs),
      figures,
      time: this.#timeReason() ?? { mean: this.#timeSum, square: this.#timeSquare },
      ways: this.#timeReason() ?? this.#waysReason() ?? this.#ways,
    };
  }

  #retriedUs(failing: readonly Outcome[]): number {
    const each = failing.reduce((most, { ending }) => Math.max(most, mostUs(ending.span)), 0);
    const { attemptsMax } = this.#spec.client;
    return attemptsMax * (each + connectUs(this.#spec)) + this.#waits.at(-1)!.mostUs;
  }

  #zeros() {
    const size = this.#names.length;
    return { sums: new Float64Array(size), squares: new Float64Array(size) };
  }

  #start(): State {
    return { weight: 1, atUs: 0, executed: false, ...this.#zeros(), timeSum: 0, timeSquare: 0 };
  }

  /** One attempt from every state; the states that go on. */
  #step(states: readonly State[], attempt: number): State[] {
    const next = new Map<string, State>();
    for (const state of states) {
      for (const outcome of this.#outcomes) {
        const ended = this.#inTime(state, outcome, attempt);
        const after = this.#after(state, ended);
        if (ended.ok) this.#deliver(after, ended, attempt);
        else this.#fail(after, ended, { attempt, next });
      }
    }
    if (next.size > STATES_MAX) throw new NoForm(`"client.attemptsMax" gives too many courses`);
    return [...next.values()];
  }

  /** The outcome, or a timeout at the deadline where that comes first. */
  #inTime({ atUs }: State, outcome: Outcome, attempt: number): Outcome {
    const leftUs = this.#deadlineUs - atUs - this.#waits[attempt - 1]!.fixedUs;
    const { ended, span, stale, breaks } = outcome.ending;
    if (mostUs(span) < leftUs) return outcome;
    if (breaks || leastUs(span) < leftUs) {
      throw new NoForm(`"client.deadlineMs" may cut off what a fault does to a reply`);
    }
    const cut = { fixedUs: leftUs, parts: [] };
    // what comes after the deadline finds nobody waiting
    const late = ended === "reply" || ended === "error-reply" ? 1 : 0;
    return outcomeOf({ ...outcome.ending, ended: "timeout", span: cut, stale: stale + late });
  }

  /** The moments after an attempt: (x + r)² = x² + 2xr + r². */
  #after(state: State, { ending, mean, square }: Outcome): State {
    const { weight: share } = ending;
    const added = this.#rewards(state, ending);
    const { sums, squares } = this.#zeros();
    for (let at = 0; at < sums.length; at += 1) {
      const reward = added[at]!;
      sums[at] = share * (state.sums[at]! + state.weight * reward);
      squares[at] =
        share *
        (state.squares[at]! + 2 * reward * state.sums[at]! + state.weight * reward * reward);
    }
    return {
      weight: state.weight * share,
      atUs: state.atUs + ending.span.fixedUs,
      executed: state.executed || ending.arrivals > 0,
      sums,
      squares,
      timeSum: share * (state.timeSum + state.weight * mean),
      timeSquare: share * (state.timeSquare + 2 * mean * state.timeSum + state.weight * square),
    };
  }

  /** In the order of the names. */
  #rewards({ executed }: State, ending: Ending): readonly number[] {
    const { ended, arrivals, detected, stale, fired } = ending;
    const executes = !executed && arrivals > 0 ? 1 : 0;
    return [
      1,
      ended === "timeout" ? 1 : 0,
      ended === "error-reply" ? 1 : 0,
      ended === "reset" ? 1 : 0,
      detected,
      executes,
      arrivals - executes,
      stale,
      ...this.#names.slice(FIGURES.length).map((name) => fired.get(name.slice(7, -6)) ?? 0),
    ];
  }

  #deliver(state: State, { ending }: Outcome, attempt: number): void {
    this.#delivered += state.weight;
    this.#absorb(state);
    const { fixedUs, parts, moments } = this.#waits[attempt - 1]!;
    const atUs = state.atUs + fixedUs;
    const wait = moments ?? { mean: 0, variance: 0 };
    // random part of the attempts, and of the waits, independent of each other
    const sum = state.timeSum + state.weight * wait.mean;
    const square =
      state.timeSquare +
      2 * wait.mean * state.timeSum +
      state.weight * (wait.variance + wait.mean * wait.mean);
    this.#timeSum += sum + state.weight * atUs;
    this.#timeSquare += square + 2 * atUs * sum + state.weight * atUs * atUs;
    if (this.#ways.length > WAYS_MAX) return;
    const span = { fixedUs: atUs, parts: [...ending.span.parts, ...(parts ?? [])] };
    this.#ways.push({ weight: state.weight, span });
  }

  #fail(
    state: State,
    { ending }: Outcome,
    { attempt, next }: { attempt: number; next: Map<string, State> },
  ): void {
    const waited = this.#waits[attempt];
    const before = this.#waits[attempt - 1]!;
    const nowUs = state.atUs + before.fixedUs;
    const startUs = nowUs + (waited?.fixedUs ?? 0) - before.fixedUs;
    const connect = ending.breaks ? connectUs(this.#spec) : 0;
    const over = waited === undefined || nowUs >= this.#deadlineUs || startUs >= this.#deadlineUs;
    if (over || startUs + connect >= this.#deadlineUs) {
      if (ending.breaks && over) this.#breaks += state.weight;
      this.#absorb(state);
      return;
    }
    const atUs = state.atUs + connect;
    const key = `${atUs}/${state.executed}`;
    const other = next.get(key);
    if (other === undefined) next.set(key, { ...state, atUs });
    else join(other, state);
  }

  #absorb({ sums, squares }: State): void {
    for (let at = 0; at < sums.length; at += 1) {
      this.#totals.sums[at] = this.#totals.sums[at]! + sums[at]!;
      this.#totals.squares[at] = this.#totals.squares[at]! + squares[at]!;
    }
  }

  #timeReason(): string | undefined {
    if (this.#outcomes.some(({ mean }) => Number.isNaN(mean))) {
      return `"workload.inFlightMax" is above 1, and a fault holds messages for others`;
    }
    const retried = this.#outcomes.some(({ ok }) => !ok);
    if (retried && this.#waits.some(({ moments }) => moments === undefined)) {
      return `"client.backoff.maxMs" clips decorrelated waits`;
    }
    return undefined;
  }

  #waysReason(): string | undefined {
    if (this.#outcomes.some(({ ok, random }) => !ok && random)) {
      return `"faults" delay attempts that fail, each by a time of its own`;
    }
    const retried = this.#outcomes.some(({ ok }) => !ok);
    if (retried && this.#waits.some(({ parts }) => parts === undefined)) {
      return `"client.backoff.kind" is decorrelated: each wait depends on the one before`;
    }
    return this.#ways.length > WAYS_MAX ? `"client.attemptsMax" gives too many times` : undefined;
  }
}

/** Attempts beyond the first. */
function retriesOf({ mean, square }: Figure): Figure {
  return { mean: mean - 1, square: square - 2 * mean + 1 };
}
