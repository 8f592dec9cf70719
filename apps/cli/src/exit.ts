/**
 * How the command ends: its exit codes, and the one kind of error that is meant for people.
 *
 * A `ToolError` is a refusal or a world failure that has been understood: it is printed as one
 * clear line (plus details, one a line) and never with a stack. Anything else that is thrown is
 * a bug and is shown whole. Verdicts are not errors: they are values, turned into a code here.
 */

/** What a script sees. 3 and above: the tool could not do its work. */
export const ExitCode = {
  ok: 0,
  fail: 1,
  inconclusive: 2,
  tool: 3,
  /** A second Ctrl-C: left at once, as a shell reports SIGINT (128 + 2). */
  interrupted: 130,
  /** Nobody reads the output any more, as a shell reports SIGPIPE (128 + 13). */
  unread: 141,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Something the user or the machine must mend; shown as one line and answered with exit code 3. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  /** Further lines below the first: every error of a spec, for example. */
  readonly details: readonly string[];

  constructor(message: string, options: { details?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? [];
  }
}

/** The exit code of a verdict: pass 0, fail 1, inconclusive 2, error 3. */
export function exitCodeOf(verdict: "pass" | "fail" | "inconclusive" | "error"): ExitCode {
  switch (verdict) {
    case "pass":
      return ExitCode.ok;
    case "fail":
      return ExitCode.fail;
    case "inconclusive":
      return ExitCode.inconclusive;
    case "error":
      return ExitCode.tool;
    default:
      return verdict satisfies never;
  }
}
