/**
 * Ctrl-C: the first asks to stop, the second leaves at once.
 *
 * A package manager that runs the program may pass the same key press on a second time, so
 * signals that follow one another more closely than a person can press count as one.
 */
import { ExitCode } from "../exit.ts";
import type { System } from "../system.ts";

/** Signals closer together than this are one key press. */
const SAME_PRESS_MS = 300;

/** A stop that can be waited for; `dispose` gives the signals back to the process. */
export interface Stop {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Listens for Ctrl-C and termination. `onFirst` may tell the user what happens now. */
export function listenForStop(system: System, onFirst?: () => void): Stop {
  const controller = new AbortController();
  let firstAtMs = -Infinity;
  const dispose = system.onStop(() => {
    if (!controller.signal.aborted) {
      firstAtMs = system.nowMs();
      onFirst?.();
      controller.abort(new Error("stopped by the user"));
      return;
    }
    if (system.nowMs() - firstAtMs > SAME_PRESS_MS) system.exit(ExitCode.interrupted);
  });
  return { signal: controller.signal, dispose };
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What a promise gives, or undefined when the signal is aborted first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  // Not Promise.race: a race against one long-lived promise would remember every item.
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The items of a source until it ends or the signal is aborted; an item being waited for is left. */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  const items = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await orAborted(items.next(), signal);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}
