/**
 * A store's failure as a problem document: an honest one, without the folder's name.
 */

import { makeProblem, type Problem, ProblemError } from "../problem.ts";
import { StoreError } from "./store.ts";

const FULL = "the disk of the store is full; delete runs or make room, then try again";
const FAILED = "the store could not be read or written; its log says why";

/** The document of whatever a store threw. */
export function storeProblem(error: unknown): Problem {
  return isFull(error) ? makeProblem("storage-full", FULL) : makeProblem("store-failed", FAILED);
}

/** The same as something to throw at the error table. */
export function storeProblemError(error: StoreError): ProblemError {
  return isFull(error)
    ? new ProblemError("storage-full", FULL)
    : new ProblemError("store-failed", FAILED);
}

function isFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === "full";
}
