/**
 * Tells whoever waits that a run has moved on: no payload, only "look again".
 *
 * Listeners read the truth from the run service and the store at their own pace, so nothing is
 * buffered for a slow one and nothing can overflow. A queue of events per listener was the road
 * not taken: it is the thing that grows.
 */

/** Called when the run has changed, or has gone. */
export type ChangeListener = () => void;

/** Listeners by run id. */
export class Changes {
  readonly #listeners = new Map<string, Set<ChangeListener>>();

  /** Registers; the answer unregisters and may be called twice. */
  on(id: string, listener: ChangeListener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** Calls the listeners of one run. */
  emit(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  /** Calls every listener: the service is closing. */
  emitAll(): void {
    for (const id of this.#listeners.keys()) this.emit(id);
  }
}
