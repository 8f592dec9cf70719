/**
 * Comparing an interval with a threshold: holds, does not hold, or cannot be told.
 *
 * A threshold inside the interval is undecided. So is an open side: null means that the sample
 * does not bound the value there.
 */
import type { Interval } from "../result/types.ts";
import type { Operator } from "../spec/types.ts";

/** Whether something holds, where a sample may not tell. */
export type Answer = "yes" | "no" | "unsure";

/** Compares the observed number itself. */
export function comparePoint(observed: number, op: Operator, value: number): Answer {
  return holds(observed, op, value) ? "yes" : "no";
}

/** Compares every number the interval allows: all must agree. */
export function compareInterval(interval: Interval, op: Operator, value: number): Answer {
  const lower = interval[0] ?? -Infinity;
  const upper = interval[1] ?? Infinity;
  if (op === "==" || op === "!=") return compareEqual(lower, upper, op, value);
  const low = holds(lower, op, value);
  const high = holds(upper, op, value);
  if (low !== high) return "unsure";
  return low ? "yes" : "no";
}

/** No sample proves that two numbers are the same; one outside the interval proves they are not. */
function compareEqual(lower: number, upper: number, op: "==" | "!=", value: number): Answer {
  if (value < lower || value > upper) return op === "==" ? "no" : "yes";
  if (lower !== upper) return "unsure";
  return op === "==" ? "yes" : "no";
}

function holds(observed: number, op: Operator, value: number): boolean {
  switch (op) {
    case "<":
      return observed < value;
    case "<=":
      return observed <= value;
    case "==":
      return observed === value;
    case "!=":
      return observed !== value;
    case ">=":
      return observed >= value;
    case ">":
      return observed > value;
    default:
      return op satisfies never;
  }
}
