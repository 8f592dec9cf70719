/**
 * Who is in flight and who waits for a place there, first in, first out.
 *
 * A message holds its place from its first attempt to its outcome, waits included. While several
 * leave at once, nobody moves up: else one that is about to leave, too, would be sent first.
 */
import type { Operation } from "./operation.ts";
import type { Policy } from "./options.ts";
import type { Pending } from "./pending.ts";
import { Queue } from "./queue.ts";

/** @see module */
export class Places {
  readonly #pending: Pending<Operation>;
  readonly #queue: Queue<Operation>;
  readonly #onMovedUp: (operation: Operation) => void;
  #held = false;

  /** @param onMovedUp is called for each that leaves the queue for a place, which it then has. */
  constructor(
    pending: Pending<Operation>,
    { queueMax, queueBytesMax }: Policy,
    onMovedUp: (operation: Operation) => void,
  ) {
    this.#pending = pending;
    this.#queue = new Queue({ itemsMax: queueMax, bytesMax: queueBytesMax });
    this.#onMovedUp = onMovedUp;
  }

  /** How many wait. */
  get queued(): number {
    return this.#queue.size;
  }

  /** The one that waits longest. */
  get head(): Operation | undefined {
    return this.#queue.head;
  }

  /** Whether a message could be placed or queued now. */
  hasRoomFor(operation: Operation): boolean {
    return this.#isNext(operation) || this.#queue.hasRoomFor(operation.body.length);
  }

  /**
   * Gives a message a place in flight, or in the queue; there must be room.
   *
   * @returns whether it is in flight.
   */
  admit(operation: Operation): boolean {
    if (this.#isNext(operation)) {
      this.#place(operation);
      return true;
    }
    operation.place = "queue";
    this.#queue.push(operation);
    return false;
  }

  /** Takes a message out, wherever it is. */
  leave(operation: Operation): void {
    if (operation.place === "flight") this.#pending.delete(operation);
    else if (operation.place === "queue") this.#queue.delete(operation);
  }

  /** Gives free places to those who wait for them. */
  fill(): void {
    if (this.#held || this.#queue.size === 0) return;
    this.hold(() => {
      for (;;) {
        const { head } = this.#queue;
        if (head === undefined || !this.#pending.hasRoomFor(head.operation)) break;
        this.#queue.delete(head);
        this.#place(head);
        this.#onMovedUp(head);
      }
    });
  }

  /** Nobody moves up until this is over. */
  hold(run: () => void): void {
    const wasHeld = this.#held;
    this.#held = true;
    run();
    this.#held = wasHeld;
  }

  #isNext(operation: Operation): boolean {
    return this.#queue.size === 0 && this.#pending.hasRoomFor(operation.operation);
  }

  #place(operation: Operation): void {
    operation.place = "flight";
    this.#pending.add(operation);
  }
}
