/**
 * The port behind which runs, results and exchanges are kept.
 *
 * Narrow on purpose: a dozen methods, plain data, no query language, every method asynchronous, so
 * that a server database can stand behind it as well as the SQLite file does. One process owns a
 * store; the queue above it is in memory and is rebuilt from `listQueued` at the start.
 */

import type { Problem } from "../problem.ts";
import type { Run, RunStatus } from "../runs/run.ts";

/** What a client said about repeating its request: the key, and a fingerprint of the body. */
export interface Idempotency {
  readonly key: string;
  readonly bodyHash: string;
}

/** A run that was created with a key, and the fingerprint of the body it was created from. */
export interface KeyedRun {
  readonly run: Run;
  readonly bodyHash: string;
}

/** A page of runs, newest first. */
export interface RunQuery {
  readonly status?: RunStatus;
  readonly limit: number;
  /** Only runs older than this id. */
  readonly olderThan?: string;
}

/** The fields of a run that change. */
export type RunPatch = Partial<
  Pick<Run, "status" | "progress" | "startedAt" | "endedAt" | "result" | "error">
>;

/** Finished exchanges in the order they finished. */
export interface ExchangePage {
  /** JSON texts, one exchange each. */
  readonly lines: readonly string[];
  /** How many exchanges of the run come before and with this page: the next `after`. */
  readonly next: number;
}

/** Keeps runs. Every method may reject with a `StoreError`. */
export interface Store {
  /**
   * Adds a run. If the key was used before, nothing is added and the earlier run is the answer,
   * with the fingerprint it was created with.
   */
  create(run: Run, idempotency?: Idempotency): Promise<KeyedRun | undefined>;
  /** The run that was created with this key, if any. */
  findByKey(key: string): Promise<KeyedRun | undefined>;
  get(id: string): Promise<Run | undefined>;
  list(query: RunQuery): Promise<readonly Run[]>;
  /** Changes some fields; false if there is no such run. */
  update(id: string, patch: RunPatch): Promise<boolean>;
  /** Removes a run with its exchanges, its capture and its key; false if there is no such run. */
  delete(id: string): Promise<boolean>;
  appendExchanges(id: string, lines: readonly string[]): Promise<void>;
  /** Up to `limit` exchanges of a run, after the first `after` of them. */
  readExchanges(id: string, after: number, limit: number): Promise<ExchangePage>;
  /** Adds the next piece of a run's capture. */
  appendCapture(id: string, bytes: Uint8Array): Promise<void>;
  /** Bytes of a run's capture; 0 where there is none. */
  captureBytes(id: string): Promise<number>;
  /** A piece of a run's capture, counted from 0; undefined after the last, and where there is none. */
  readCapture(id: string, piece: number): Promise<Uint8Array | undefined>;
  /** Marks every run that says `running` as failed with this error; answers how many. */
  markInterrupted(error: Problem, endedAt: string): Promise<number>;
  /** Every run that says `queued`, oldest first. */
  listQueued(): Promise<readonly Run[]>;
  close(): Promise<void>;
}

/** Why a store could not do what it was asked. */
export type StoreErrorCode = "full" | "read-only" | "locked" | "not-a-store" | "too-new" | "failed";

/** A store's failure; match on `code`. The message is one line for the operator. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
