/**
 * What became of one message, as a line: JSON for machines, a sentence for people.
 *
 * The JSON form knows three outcomes. `send` never marks a message as unsafe to repeat, so the
 * fourth, `indeterminate`, cannot come up; should it, it is a failure with its own code.
 */
import type { Attempt, Outcome } from "@faultline/client";

import { duration } from "./numbers.ts";
import { printable, shown } from "./printable.ts";
import type { Style } from "./style.ts";

/** One line of `faultline send --json`. */
export interface SendLine {
  readonly message: string;
  readonly outcome: "delivered" | "failed" | "rejected";
  /** How many were made. */
  readonly attempts: number;
  readonly reply?: string;
  /** The reply may have been meant for an earlier message of the same text (pipe only). */
  readonly ambiguous?: true;
  readonly error?: { readonly code: string; readonly message: string };
}

function decoded(reply: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(reply);
}

/** The outcome of a message as `--json` prints it. */
export function sendLine(message: string, outcome: Outcome): SendLine {
  const attempts = outcome.attempts.length;
  if (outcome.outcome === "delivered") {
    const reply = outcome.reply === undefined ? {} : { reply: decoded(outcome.reply) };
    const ambiguous = outcome.ambiguous ? { ambiguous: true as const } : {};
    return { message, outcome: "delivered", attempts, ...reply, ...ambiguous };
  }
  const { code, message: why } = outcome.error;
  return {
    message,
    outcome: outcome.outcome === "rejected" ? "rejected" : "failed",
    attempts,
    error: { code, message: why },
  };
}

/** `timeout, error-reply (lost), reply`: how each attempt ended. */
function endsOf(attempts: readonly Attempt[]): string {
  return attempts
    .map(({ ended, status }) => (status === undefined ? ended : `${ended} (${status})`))
    .join(", ");
}

function tail(outcome: Outcome): string {
  const took = duration((outcome.endedUs - outcome.submittedUs) / 1000);
  const { length } = outcome.attempts;
  if (length === 0) return "";
  return `${length} ${length === 1 ? "attempt" : "attempts"} in ${took}: ${endsOf(outcome.attempts)}`;
}

/** The outcome of a message for a person at a terminal. */
export function sendLinePretty(message: string, outcome: Outcome, style: Style): string {
  const [good, bad] = style.unicode ? ["✔", "✘"] : ["ok", "NO"];
  if (outcome.outcome !== "delivered") {
    const why = `${outcome.outcome}: ${printable(outcome.error.message)}`;
    return [style.bad(bad), shown(message), style.bad(why), style.dim(tail(outcome))]
      .join("  ")
      .trimEnd();
  }
  const reply = outcome.reply === undefined ? "sent" : answerOf(message, decoded(outcome.reply));
  const doubt = outcome.ambiguous ? style.warn("(perhaps the answer to an earlier message)") : "";
  return [style.good(good), shown(message), reply, doubt, style.dim(tail(outcome))]
    .filter((part) => part !== "")
    .join("  ");
}

function answerOf(message: string, reply: string): string {
  return reply === message ? "echoed" : `answered ${shown(reply)}`;
}
