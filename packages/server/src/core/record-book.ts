/**
 * The proofs that faults acted, kept until somebody takes them.
 *
 * In the order in which the faults acted. Above `recordsMax` new ones are dropped and counted: a
 * run whose proofs nobody takes must not fill the memory.
 */
import type { FaultRecord } from "@faultline/faults";
import type { ServerFaultRecord } from "../event.ts";

/** @see module */
export class RecordBook {
  readonly #recordsMax: number;
  #records: ServerFaultRecord[] = [];

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax;
  }

  /** Keeps the record; false when the book is full. */
  add(record: ServerFaultRecord): boolean {
    if (this.#records.length >= this.#recordsMax) return false;
    this.#records.push(record);
    return true;
  }

  /** All of them, once. */
  take(): ServerFaultRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}

/** A fault's own record with where on the wire it acted. */
export function placed(record: FaultRecord, remote: string, sequence: number): ServerFaultRecord {
  return { ...record, remote, sequence };
}
