/**
 * Waiting for a run to finish without asking over and over.
 */

import { isFinished } from "./run.ts";
import type { RunService } from "./service.ts";

/** Resolves when the run has finished, has gone, or `signal` or the service says to stop waiting. */
export async function whenFinished(
  runs: Pick<RunService, "closing" | "get" | "onChange">,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const off = runs.onChange(id, wake);
  signal.addEventListener("abort", wake, { once: true });
  try {
    for (;;) {
      const run = await runs.get(id);
      if (run === undefined || isFinished(run) || signal.aborted || runs.closing) return;
      await changed.promise;
      changed = Promise.withResolvers();
    }
  } finally {
    off();
    signal.removeEventListener("abort", wake);
  }
}
