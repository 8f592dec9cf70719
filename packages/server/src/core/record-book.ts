/**
 * What the server has to tell of a run, kept until somebody takes it: the proofs that faults acted,
 * and the ends of connections.
 *
 * In the order in which it happened. Above `recordsMax` new entries are dropped and counted: a
 * run whose proofs nobody takes must not fill the memory.
 */
import type { FaultRecord } from "@faultline/faults";
import type { ServerFaultRecord } from "../event.ts";

/** @see module */
export class RecordBook<T> {
  readonly #recordsMax: number;
  #records: T[] = [];

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax;
  }

  /** Keeps the record; false when the book is full. */
  add(record: T): boolean {
    if (this.#records.length >= this.#recordsMax) return false;
    this.#records.push(record);
    return true;
  }

  /** All of them, once. */
  take(): T[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

/** A fault's own record with where on the wire it acted. */
export function placed(record: FaultRecord, remote: string, sequence: number): ServerFaultRecord {
  return { ...record, remote, sequence };
}
