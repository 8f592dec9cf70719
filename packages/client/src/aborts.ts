/**
 * Listens to the callers' signals: one listener for each signal, however many messages it covers.
 *
 * The listener is there while a message of that signal is open and gone after it, so ten thousand
 * sends on one long-lived signal leave nothing behind. A listener per message was the road not
 * taken: it is the leak every retrying client has had once.
 */

/** What can be aborted. */
export interface Abortable {
  readonly signal: AbortSignal | undefined;
}

interface Watched<Item> {
  readonly items: Set<Item>;
  readonly listener: () => void;
}

/** The signals being listened to. */
export class Aborts<Item extends Abortable> {
  readonly #watched = new Map<AbortSignal, Watched<Item>>();
  readonly #onAbort: (items: readonly Item[], reason: unknown) => void;

  /** @param onAbort is called with all items of a signal that was aborted, in order of watching. */
  constructor(onAbort: (items: readonly Item[], reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  watch(item: Item): void {
    const { signal } = item;
    if (signal === undefined) return;
    const watched = this.#watched.get(signal) ?? this.#listen(signal);
    watched.items.add(item);
  }

  /** To be called when the item has settled. */
  forget(item: Item): void {
    const { signal } = item;
    if (signal === undefined) return;
    const watched = this.#watched.get(signal);
    if (watched === undefined || !watched.items.delete(item) || watched.items.size > 0) return;
    signal.removeEventListener("abort", watched.listener);
    this.#watched.delete(signal);
  }

  #listen(signal: AbortSignal): Watched<Item> {
    const items = new Set<Item>();
    const listener = (): void => this.#onAbort([...items], signal.reason);
    const watched = { items, listener };
    this.#watched.set(signal, watched);
    signal.addEventListener("abort", listener);
    return watched;
  }
}
