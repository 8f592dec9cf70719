/**
 * The runtime's error codes in the words of the Link port.
 *
 * Matched by `code`, never by message: Node and Deno word them differently.
 */
import type { LinkError } from "@faultline/protocol";

const WORDS: Readonly<Record<string, LinkError["code"]>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
};

/** What a socket's error means for its link. */
export function linkErrorOf(error: Error): LinkError {
  const { code } = error as NodeJS.ErrnoException;
  return { code: WORDS[code ?? ""] ?? "failed", message: error.message };
}
