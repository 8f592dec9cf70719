/**
 * zod's issues about flat objects (a query, a scenario choice) as errors with JSON Pointers.
 *
 * The spec has its own, better report in the experiment package; this one knows nothing of
 * unions and nesting, because what it reports on has none.
 */

import type { z } from "@hono/zod-openapi";
import type { InputError } from "../problem.ts";

const UNKNOWN_FIELD = "must be left out: this field is not known here";

/** One error for each wrong field; `source` says where it stands, if not in the body. */
export function zodErrors(
  issues: readonly z.core.$ZodIssue[],
  source?: InputError["in"],
): InputError[] {
  return issues.flatMap((issue) => {
    const names = issue.code === "unrecognized_keys" ? issue.keys : [issue.path.join("/")];
    const message = issue.code === "unrecognized_keys" ? UNKNOWN_FIELD : issue.message;
    return names.map((name) => inputError(name, message, source));
  });
}

/** An error about one top-level field. */
export function inputError(name: string, message: string, source?: InputError["in"]): InputError {
  const path = name === "" ? "" : `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return source === undefined ? { path, message } : { path, message, in: source };
}
