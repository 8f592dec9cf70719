/**
 * The recovery of a series from one phase: that of its slowest run.
 *
 * Not the mean: a run that never recovered has no time to take into one, and leaving it out would
 * flatter. Pure.
 */
import type { RecoveryMeasured } from "../run/recovery.ts";

type Time = "toFirstSuccessMs" | "toSteadyStateMs";

/** One growing list of recoveries from the same phase, run after run. */
export class Slowest {
  #slowest: RecoveryMeasured | undefined;
  /** Of the first run that missed a time. */
  #reason: string | null = null;
  #missed = 0;
  #runs = 0;

  /** Adds the next run's. */
  add(recovery: RecoveryMeasured): void {
    this.#runs += 1;
    if (recovery.reason !== null) {
      this.#missed += 1;
      this.#reason ??= recovery.reason;
    }
    this.#slowest = this.#slowest === undefined ? recovery : slower(this.#slowest, recovery);
  }

  /** What the runs come to; nothing of none. */
  result(): RecoveryMeasured[] {
    if (this.#slowest === undefined) return [];
    const share = `in ${this.#missed} of ${this.#runs} runs`;
    const reason = this.#reason === null ? null : `${share}: ${this.#reason}`;
    return [{ ...this.#slowest, reason }];
  }
}

/** The later of both times; never, where one never was, and then not before either of them. */
function slower(one: RecoveryMeasured, other: RecoveryMeasured): RecoveryMeasured {
  const later = (field: Time): number | null => {
    const a = one[field];
    const b = other[field];
    return a === null || b === null ? null : Math.max(a, b);
  };
  const longer = (field: Time, bound: "firstSuccessLongerThanMs" | "steadyStateLongerThanMs") =>
    Math.max(one[field] ?? one[bound], other[field] ?? other[bound]);
  return {
    phase: one.phase,
    toFirstSuccessMs: later("toFirstSuccessMs"),
    toSteadyStateMs: later("toSteadyStateMs"),
    reason: null,
    firstSuccessLongerThanMs: longer("toFirstSuccessMs", "firstSuccessLongerThanMs"),
    steadyStateLongerThanMs: longer("toSteadyStateMs", "steadyStateLongerThanMs"),
  };
}
