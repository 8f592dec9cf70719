/**
 * Looks at a message before it is sent, as the original client did: is there anything in it, and
 * is nothing forbidden?
 *
 * A courtesy to the sender, not a defence of the receiver: whoever speaks the protocol can leave
 * it out, and a phrase has many spellings.
 */

/** @see createMessageCheck */
export interface MessageCheckOptions {
  /**
   * Phrases that no message may contain, whatever their case.
   *
   * @default ["drop table", "shutdown", "malware"]: the original's.
   */
  readonly forbidden?: readonly string[];
}

/** What a check says of one message. */
export type MessageVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** `empty`: nothing but white space. `forbidden`: it contains `phrase`. */
      readonly code: "empty" | "forbidden";
      readonly message: string;
      /** The phrase as it was configured. */
      readonly phrase?: string;
    };

/** Judges a body; bytes are read as UTF-8, damaged ones as U+FFFD. */
export type MessageCheck = (body: Uint8Array | string) => MessageVerdict;

/** Present in every runtime, but not in the language, which is all that this package compiles against. */
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

const FORBIDDEN_DEFAULT: readonly string[] = ["drop table", "shutdown", "malware"];
const FINE: MessageVerdict = { ok: true };

/**
 * Builds a check.
 *
 * @throws {TypeError} for a blank phrase, which every message would contain.
 * @example
 * createMessageCheck()("DROP TABLE users"); // { ok: false, code: "forbidden", … }
 */
export function createMessageCheck(options: MessageCheckOptions = {}): MessageCheck {
  const phrases = (options.forbidden ?? FORBIDDEN_DEFAULT).map((phrase) => {
    if (phrase.trim() !== "") return { phrase, lower: phrase.toLowerCase() };
    throw new TypeError(
      `Cannot check messages as "forbidden" must hold phrases that are not blank: got "${phrase}"`,
    );
  });
  const decoder = new TextDecoder();
  return (body) => {
    const text = typeof body === "string" ? body : decoder.decode(body);
    if (text.trim() === "") return { ok: false, code: "empty", message: "The message is empty." };
    const lower = text.toLowerCase();
    const found = phrases.find((entry) => lower.includes(entry.lower));
    if (found === undefined) return FINE;
    const { phrase } = found;
    const message = `The message contains the forbidden phrase "${phrase}".`;
    return { ok: false, code: "forbidden", message, phrase };
  };
}
