/**
 * SQLite's failures as `StoreError`s.
 *
 * Node gives every error SQLite's result code in `errcode`; Deno 2.9 leaves it out where opening
 * or `exec` fails, but keeps SQLite's own sentence, which has been the same for years. So the
 * code is asked first and the sentence second: the one place here that reads a message.
 */

import { StoreError, type StoreErrorCode } from "./store.ts";

/** Primary result codes (https://sqlite.org/rescode.html); the low byte of an extended one. */
const BY_RESULT_CODE: Readonly<Record<number, StoreErrorCode>> = {
  5: "locked",
  6: "locked",
  8: "read-only",
  11: "not-a-store",
  13: "full",
  26: "not-a-store",
};

const BY_SENTENCE: readonly (readonly [RegExp, StoreErrorCode])[] = [
  [/is locked/, "locked"],
  [/readonly database/, "read-only"],
  [/disk is full/, "full"],
  [/not a database|malformed/, "not-a-store"],
];

/** Wraps what node:sqlite threw; a `StoreError` passes unchanged. `doing` completes "Cannot …". */
export function toStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(codeOf(error, reason), `Cannot ${doing}: ${reason}`, { cause: error });
}

function codeOf(error: unknown, reason: string): StoreErrorCode {
  const errcode = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof errcode === "number") return BY_RESULT_CODE[errcode & 0xff] ?? "failed";
  return BY_SENTENCE.find(([sentence]) => sentence.test(reason))?.[1] ?? "failed";
}
