/**
 * Who is let in: the rules at the door, before a message has a place anywhere.
 *
 * A message refused here was never sent and settles as `rejected`. The order of the rules is the
 * order of the blame: first what the caller can mend in the message, then the client's state.
 */
import type { MessageVerdict } from "@faultline/protocol";
import { refusal } from "./checks.ts";
import type { Happening } from "./exchange.ts";
import type { ClientFailureCode } from "./failure.ts";

/** What the rules look at. */
export interface Applicant {
  readonly bytes: number;
  readonly bytesMax: number;
  /** What the message check says, where there is one. */
  readonly verdict: MessageVerdict | undefined;
  readonly isClosing: boolean;
  readonly hasRoom: boolean;
}

const utf8 = new TextEncoder();

/**
 * The bytes of a body; text travels as UTF-8.
 *
 * @throws TypeError where it is neither bytes nor text.
 */
export function bytesOf(body: Uint8Array | string): Uint8Array {
  if (typeof body === "string") return utf8.encode(body);
  if (body instanceof Uint8Array) return body;
  const setting = { doing: "send", name: "body", value: body };
  throw new TypeError(refusal(setting, "a Uint8Array or a string"));
}

/** Why the message is not let in, or undefined: it is. */
export function refusalAt(applicant: Applicant): Happening | undefined {
  const { bytes, bytesMax, hasRoom, isClosing, verdict } = applicant;
  if (verdict?.ok === false) return refuse("refused-by-check", verdict.message);
  if (bytes > bytesMax) {
    return refuse("too-large", `the body must be at most ${bytesMax} bytes: got ${bytes}`);
  }
  if (isClosing) return refuse("closed", "the client is closed");
  if (!hasRoom) return refuse("queue-full", "as many messages wait as may");
  return undefined;
}

function refuse(code: ClientFailureCode, message: string): Happening {
  return { on: "refused", code, message };
}
