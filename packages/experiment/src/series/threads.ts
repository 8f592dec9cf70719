/**
 * How many threads a series takes.
 */
import type { RunOptions } from "../run/run.ts";
import { messagesInAll, runsOf } from "../spec/seeds.ts";
import type { FullSpec } from "../spec/types.ts";

/** Threads that anything here may take: more than any machine has cores. */
export const THREADS_MAX = 256;
/** Messages that take about as long as starting a thread: fewer are not worth another. */
const MESSAGES_PER_THREAD = 20_000;

/**
 * The number of threads the caller asked for.
 *
 * @throws RangeError where it is no whole number from 1 to 256
 */
export function threadsAsked({ threads }: Pick<RunOptions, "threads">): number | undefined {
  if (threads === undefined) return undefined;
  if (Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX) return threads;
  throw new RangeError(
    `Cannot run as "threads" must be a whole number from 1 to ${THREADS_MAX}: got ${threads}`,
  );
}

/** The number to take on a machine of so many cores; 1: carry the runs out where we are. */
export function threadsFor(spec: FullSpec, options: RunOptions, cores: number): number {
  const runs = runsOf(spec);
  // lines of a real run cannot be held back, and those of several at once would pile up
  if (spec.mode === "real" && options.onExchange !== undefined) return 1;
  // nor can functions of the caller go to another thread
  if (options.parts !== undefined) return 1;
  const asked = threadsAsked(options);
  if (asked !== undefined) return Math.min(asked, runs);
  if (spec.mode === "real") return 1;
  const worth = Math.ceil(messagesInAll(spec) / MESSAGES_PER_THREAD);
  const most = Math.max(1, Math.floor(options.limits?.threadsMax ?? Infinity));
  return Math.min(cores, runs, worth, most, THREADS_MAX);
}
