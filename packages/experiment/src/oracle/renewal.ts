/**
 * Sums along a chain of messages: each begins in a state and leaves the next one a state.
 *
 *   Var(Σ Y) / M → var(Y) + 2 · Σ cov(Y_0, Y_k)     for k = 1, 2, …
 *
 * The covariances are worked out one after the other until they have faded: the chains here have
 * three states and forget within a few messages. Means are followed from the first message on.
 */

/** What a message that begins in a state may come to. */
export interface Course {
  readonly weight: number;
  /** The state it leaves behind. */
  readonly to: number;
}

/** By state: every course from there, weights summing to 1. */
export type Courses<One extends Course> = readonly (readonly One[])[];

const FADED = 1e-14;
const STEPS_MAX = 100_000;

/** Long-run shares of the states that messages begin in. */
export function settledShares(courses: Courses<Course>): readonly number[] {
  let row: readonly number[] = courses.map(() => 1 / courses.length);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    // half a step at a time: a chain that goes to and fro settles too
    const next = movedBy(courses, row).map((weight, state) => (weight + row[state]!) / 2);
    if (distance(row, next) < FADED) break;
    row = next;
  }
  return row;
}

/** The mean of a figure over so many messages, the first beginning in `start`. */
export function meanAlong<One extends Course>(
  courses: Courses<One>,
  reward: (course: One) => number,
  { start, messages }: { readonly start: number; readonly messages: number },
): number {
  const means = courses.map((from) => expected(from, reward));
  const settled = settledShares(courses);
  let row: readonly number[] = courses.map((_, state) => (state === start ? 1 : 0));
  let mean = 0;
  let left = messages;
  for (let step = 0; left > 0 && step < STEPS_MAX; step += 1) {
    if (distance(row, settled) < FADED) break;
    mean += dot(row, means);
    row = movedBy(courses, row);
    left -= 1;
  }
  return mean + left * dot(settled, means);
}

/** The variance that each further message adds to a sum. */
export function varianceAlong<One extends Course>(
  courses: Courses<One>,
  reward: (course: One) => number,
): number {
  const settled = settledShares(courses);
  const means = courses.map((from) => expected(from, reward));
  const mean = dot(settled, means);
  const squares = courses.map((from) => expected(from, (one) => reward(one) * reward(one)));
  let variance = dot(settled, squares) - mean * mean;
  let carried: readonly number[] = courses.map((_, to) =>
    courses.reduce((sum, from, state) => {
      const along = from.reduce(
        (part, one) => (one.to === to ? part + one.weight * reward(one) : part),
        0,
      );
      return sum + settled[state]! * along;
    }, -settled[to]! * mean),
  );
  for (let lag = 1; lag < STEPS_MAX; lag += 1) {
    if (carried.every((weight) => Math.abs(weight) < FADED * (1 + mean * mean))) break;
    variance += 2 * dot(carried, means);
    carried = movedBy(courses, carried);
  }
  return Math.max(0, variance);
}

/** The mean of a figure from one state. */
export function expected<One extends Course>(
  from: readonly One[],
  reward: (course: One) => number,
): number {
  return from.reduce((sum, one) => sum + one.weight * reward(one), 0);
}

/** Sum of products. */
export function dot(row: readonly number[], column: readonly number[]): number {
  return row.reduce((sum, weight, state) => sum + weight * column[state]!, 0);
}

function movedBy(courses: Courses<Course>, row: readonly number[]): number[] {
  const next = row.map(() => 0);
  for (const [state, from] of courses.entries()) {
    for (const { weight, to } of from) next[to] = next[to]! + row[state]! * weight;
  }
  return next;
}

function distance(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, weight, state) => sum + Math.abs(weight - other[state]!), 0);
}
