/**
 * Why a run has no result. Match on `code`.
 */

/**
 * `world-failed`    the world of a run could not be made, or broke while it ran
 * `stalled`         a simulated world has nothing left to do, and messages are still open
 * `target-refused`  a run would have sent to another machine
 * `unsealed`        code in a simulated run used real time, real chance or the world outside
 */
export type RunErrorCode = "stalled" | "target-refused" | "unsealed" | "world-failed";

/** A run that has no result. */
export class RunError extends Error {
  readonly code: RunErrorCode;

  constructor(code: RunErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "RunError";
    this.code = code;
  }
}
