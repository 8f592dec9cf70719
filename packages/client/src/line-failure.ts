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
  truncated: "dial-failed",
  "bad-record": "dial-failed",
  "certificate-expired": "certificate-expired",
  "certificate-not-yet-valid": "certificate-not-yet-valid",
  "certificate-wrong-host": "certificate-wrong-host",
  "certificate-untrusted": "certificate-untrusted",
  "client-certificate-refused": "client-certificate-refused",
  "protocol-mismatch": "protocol-mismatch",
};

/** What may befall a link that was open; whatever else does is "link-failed". */
const LOST_STATUS: Partial<Record<LinkError["code"], AttemptStatus>> = {
  reset: "link-reset",
  truncated: "link-truncated",
  "bad-record": "link-bad-record",
  "client-certificate-refused": "client-certificate-refused",
  "protocol-mismatch": "protocol-mismatch",
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
  return { code: "reset", status: LOST_STATUS[error.code] ?? "link-failed", message };
}
