/**
 * The runner that gives every run in progress a worker thread of its own.
 *
 * A thread whose run ended cleanly waits for the next one: starting one and loading the
 * experiment into it takes several times as long as a small run. There are never more than ran
 * at once, and `close` ends those that wait.
 */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { EXPERIMENT } from "../runs/task.ts";
import type { Runner } from "./runner.ts";
import { RunThread, type ThreadOptions } from "./thread.ts";

/** How threads are made, with the entry left to its default. */
export type ThreadRunnerOptions = Omit<ThreadOptions, "entry"> & {
  /** @default run-worker.ts */
  readonly entry?: URL;
};

/** `import.meta.resolve` would do, but a test runner replaces it and in Deno its stand-in fails. */
function defaultEntry(): URL {
  return pathToFileURL(createRequire(import.meta.url).resolve("#run-worker"));
}

/** Makes the runner; no thread is started yet. */
export function makeThreadRunner(options: ThreadRunnerOptions): Runner {
  const threadOptions = { ...options, entry: options.entry ?? defaultEntry() };
  let idle: RunThread[] = [];
  return {
    async run(spec, watch, task = EXPERIMENT) {
      // One that has died while it waited is of no use.
      idle = idle.filter((waiting) => waiting.reusable);
      const thread = idle.pop() ?? new RunThread(threadOptions);
      const outcome = await thread.carryOut(spec, watch, task);
      if (thread.reusable) idle.push(thread);
      else await thread.end();
      return outcome;
    },
    async close() {
      await Promise.all(idle.splice(0).map((thread) => thread.end()));
    },
  };
}
