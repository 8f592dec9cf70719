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
  const isFine = asciiCheck(phrases.map(({ lower }) => lower));
  return (body) => {
    if (typeof body !== "string" && isFine(body)) return FINE;
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

/**
 * Tells of most bodies that they are fine, without making text of them: ASCII that is not blank and
 * holds no phrase. False says nothing.
 */
function asciiCheck(phrases: readonly string[]): (body: Uint8Array) => boolean {
  const codes = phrases.map((phrase) =>
    Array.from({ length: phrase.length }, (_, at) => phrase.charCodeAt(at)),
  );
  // ASCII in lower case stays ASCII, so another phrase cannot be in it.
  const ascii = codes.filter((phrase) => phrase.every((code) => code < 0x80));
  const isDoubtful = new Uint8Array(0x100).fill(1, 0x80);
  for (const [code = 0] of ascii) {
    isDoubtful[code] = 1;
    isDoubtful[code - 0x20] = 1;
  }
  return (body) => {
    for (let at = 0; at < body.length; at++) {
      const byte = body[at]!;
      if (isDoubtful[byte] === 1 && (byte >= 0x80 || isAnyAt(body, at, ascii))) return false;
    }
    return body.some((byte) => byte > 0x20);
  };
}

function isAnyAt(body: Uint8Array, from: number, phrases: readonly (readonly number[])[]): boolean {
  for (const phrase of phrases) {
    if (isAt(body, from, phrase)) return true;
  }
  return false;
}

function isAt(body: Uint8Array, from: number, phrase: readonly number[]): boolean {
  for (let at = 0; at < phrase.length; at++) {
    // Beyond the end there is nothing, which is no character.
    if (lowerCase(body[from + at] ?? 0) !== phrase[at]) return false;
  }
  return true;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
