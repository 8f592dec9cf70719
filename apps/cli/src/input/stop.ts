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
