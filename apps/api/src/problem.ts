/**
 * Errors as RFC 9457 problem documents: one table of everything this API can refuse.
 *
 * A handler throws a `ProblemError` naming a row; only `toProblem` and `problemResponse` build
 * the document, so no route can answer in another shape. What a caller did not cause is
 * "internal" with a fixed sentence: no stack, path or message of ours ever leaves the process.
 * A class hierarchy, one class per status, was the road not taken: the row's key is the code.
 */

import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Each row: the HTTP status and the title; the key is the code, and the end of `type`. */
export const PROBLEMS = {
  "malformed-request": { status: 400, title: "The request is not valid HTTP" },
  "malformed-json": { status: 400, title: "The body is not JSON" },
  unauthenticated: { status: 401, title: "A valid token is needed" },
  "scope-missing": { status: 403, title: "The token does not reach that far" },
  "origin-not-allowed": { status: 403, title: "The page's origin is not let in" },
  "route-not-found": { status: 404, title: "There is no such route" },
  "run-not-found": { status: 404, title: "There is no such run" },
  "no-result": { status: 404, title: "The run ended without a result" },
  "no-capture": { status: 404, title: "The run has no capture" },
  "method-not-allowed": { status: 405, title: "The route does not answer to this method" },
  "request-timeout": { status: 408, title: "The request did not arrive in time" },
  "run-not-finished": { status: 409, title: "The run has not finished" },
  "run-finished": { status: 409, title: "The run has already finished" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body must be JSON" },
  "expectation-failed": { status: 417, title: "The expectation cannot be met" },
  "host-not-allowed": { status: 421, title: "The service does not go by this name" },
  "invalid-request": { status: 422, title: "The request is not valid" },
  "idempotency-key-reused": {
    status: 422,
    title: "The idempotency key was used before with another body",
  },
  "queue-full": { status: 429, title: "Too many runs are waiting" },
  "too-many-streams": { status: 429, title: "Too many event streams are open" },
  "rate-limited": { status: 429, title: "The token has asked too often" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "Something failed on our side" },
  "store-failed": { status: 500, title: "The store failed" },
  "shutting-down": { status: 503, title: "The service is shutting down" },
  "storage-full": { status: 507, title: "The disk of the store is full" },
  // The reasons a run can end in `failed`; they appear as the run's `error`, not as an answer.
  interrupted: { status: 500, title: "The service stopped while the run was in progress" },
  "run-crashed": { status: 500, title: "The run's thread crashed" },
  "run-failed": { status: 500, title: "The run could not be carried out" },
  "wall-time-exceeded": { status: 504, title: "The run took longer than allowed" },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>;

/** A row of the table. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault found in the input. `path` is a JSON Pointer (RFC 6901) into what `in` names. */
export interface InputError {
  readonly path: string;
  readonly message: string;
  /** Left out for the body. */
  readonly in?: "query" | "header";
}

/** The document as it is sent, and as a failed run carries it in `error`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly InputError[];
}

/** What a problem may carry besides its sentence. */
export interface ProblemExtras {
  readonly errors?: readonly InputError[];
  /** Sent as they are, `Allow` and `Retry-After` for example. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every problem's `type` starts with this; the table's key follows. */
export const PROBLEM_TYPE_PREFIX = "urn:faultline:problem:";

/** The media type of RFC 9457. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** Builds the document of a row; `detail` is the sentence about this one occurrence. */
export function makeProblem(
  code: ProblemCode,
  detail: string,
  errors?: readonly InputError[],
): Problem {
  const { status, title } = PROBLEMS[code];
  const problem: Problem = { type: PROBLEM_TYPE_PREFIX + code, title, status, detail };
  return errors === undefined ? problem : { ...problem, errors };
}

/** Thrown by handlers to refuse a request; carries everything the answer needs. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** The table's key: what callers match on. */
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.extras = extras;
  }
}

/** Refuses input: every fault found, in one answer. */
export function invalid(errors: readonly InputError[]): ProblemError {
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new ProblemError("invalid-request", `${count} found; see errors`, { errors });
}

/** The answer for a problem. */
export function problemResponse(error: ProblemError): Response {
  const body = makeProblem(error.code, error.message, error.extras.errors);
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { ...error.extras.headers, "content-type": PROBLEM_MEDIA_TYPE },
  });
}
