/**
 * Why a line could not be had, or is gone: the words of links as those of attempts.
 */
import type { LinkError } from "@faultline/protocol";
import type { AttemptFailure, AttemptStatus } from "./failure.ts";

/** A failure of the line always has a status. */
export interface LineFailure extends AttemptFailure {
  readonly status: AttemptStatus;
}

/** The peer ended the connection in good order. */
export const ENDED: LineFailure = {
  code: "reset",
  status: "link-ended",
  message: "the server ended the connection",
};

const DIAL_STATUS: Record<LinkError["code"], AttemptStatus> = {
  refused: "dial-refused",
  timeout: "dial-timeout",
  reset: "dial-failed",
  unreachable: "dial-failed",
  failed: "dial-failed",
};

/** Why no link could be had. */
export function dialFailure(error: LinkError | undefined): LineFailure {
  const status = error === undefined ? "dial-failed" : DIAL_STATUS[error.code];
  return {
    code: "refused",
    status,
    message: error?.message ?? "the connection ended while opening",
  };
}

/** A datagram link learns only by sending that nobody listens. */
export function lostBy(error: LinkError): LineFailure {
  const { message } = error;
  if (error.code === "refused") return { code: "refused", status: "dial-refused", message };
  return { code: "reset", status: error.code === "reset" ? "link-reset" : "link-failed", message };
}
