/**
 * Writes down how runs end, also when the store will not take it.
 *
 * An end that cannot be saved is kept here and told to whoever asks, as a failure for that very
 * reason, and tried again whenever a save succeeds. At most one is kept for each accepted run,
 * and a store that takes no ends takes no new runs either, so this stays small.
 */

import type { Run } from "./run.ts";
import type { RunPatch, Store } from "../store/store.ts";
import { storeProblem } from "../store/store-problem.ts";

/** The ends of runs. */
export class Endings {
  readonly #store: Pick<Store, "update">;
  readonly #onFailure: (error: unknown) => void;
  readonly #unsaved = new Map<string, Run>();

  constructor(store: Pick<Store, "update">, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Saves the end of a run and gives the run as it is from now on. */
  async save(run: Run, end: RunPatch): Promise<Run> {
    try {
      await this.#store.update(run.id, end);
      await this.retry();
      return { ...run, ...end };
    } catch (error) {
      this.#onFailure(error);
      const failed: Run = {
        ...run,
        ...end,
        status: "failed",
        result: null,
        error: storeProblem(error),
      };
      this.#unsaved.set(run.id, failed);
      return failed;
    }
  }

  /** The end of a run that only memory knows. */
  unsaved(id: string): Run | undefined {
    return this.#unsaved.get(id);
  }

  /** The run is removed: nothing is left to save. */
  forget(id: string): void {
    this.#unsaved.delete(id);
  }

  /** Tries to save what could not be saved; gives up at the first refusal. */
  async retry(): Promise<void> {
    for (const [id, { status, progress, endedAt, error }] of this.#unsaved) {
      try {
        await this.#store.update(id, { status, progress, endedAt, error });
        this.#unsaved.delete(id);
      } catch (failure) {
        this.#onFailure(failure);
        return;
      }
    }
  }
}
