/**
 * A process that was stopped goes on, and reads what came for it meanwhile.
 */
import type { Owner } from "./event.ts";
import { EventKind, KernelEvent } from "./event.ts";

/** Something that kept bytes for a process. */
export interface Reader {
  /** The end that reads, as `node:port`. */
  readonly address: string;
  /** Hands over what waits. */
  readOn(): void;
}

/** Held by a paused process for each of its links that has something to read. */
export class Reading extends KernelEvent {
  readonly #reader: Reader;

  constructor(owner: Owner, reader: Reader) {
    super(owner, EventKind.read);
    this.#reader = reader;
  }

  fire(): void {
    this.#reader.readOn();
  }

  describe(): string {
    return `${this.#reader.address} reads what waited`;
  }
}
