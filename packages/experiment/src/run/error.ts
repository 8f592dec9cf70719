/**
 * Why a run has no result. Match on `code`.
 */

/** The world of a run could not be made, or broke while it ran. */
export class RunError extends Error {
  readonly code: "world-failed";

  constructor(code: "world-failed", message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "RunError";
    this.code = code;
  }
}
