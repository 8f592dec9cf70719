/**
 * A payload as it may stand in a log line, where somebody has asked for payloads.
 *
 * Text where the bytes are text, hex where they are not; how the line is escaped is the business of
 * log-lines.ts. What opens doors is left out even when asked: private keys in PEM, tokens of this
 * service, credentials of a bearer. It is looked for in the bytes, so that it does not matter what
 * stands around it.
 */

/** Fields of a log line: one of the two. */
export type PayloadFields = { readonly payload: string } | { readonly payloadHex: string };

/** Each with what is left of it. The end may have been cut off: then all that is there goes. */
const SECRETS: readonly (readonly [pattern: RegExp, left: string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    "[private key]",
  ],
  [/flt_([0-9a-f]{1,16})(?:_[\w-]*)?/g, "flt_$1_[secret]"],
  [/\b(bearer)\s+[\w.~+/=-]{16,}/gi, "$1 [secret]"],
];

/**
 * The beginning of a payload as fields of a line.
 * @param bytesMax so many of its bytes are looked at
 * @param length of the whole payload, where `bytes` is only its beginning
 */
export function payloadFields(
  bytes: Uint8Array,
  bytesMax: number,
  length: number = bytes.length,
): PayloadFields {
  const isCut = length > Math.min(bytes.length, bytesMax);
  const shown = withoutSecrets(bytes.subarray(0, bytesMax));
  try {
    // A stream may end within a character: what is left of one that was cut is not shown.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { payload: text.decode(shown, { stream: isCut }) };
  } catch {
    return { payloadHex: Buffer.from(shown).toString("hex") };
  }
}

/** One character for each byte while it is looked at, so that bytes which are no text survive it. */
function withoutSecrets(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const clean = SECRETS.reduce((left, [pattern, word]) => left.replace(pattern, word), text);
  return clean === text ? bytes : Buffer.from(clean, "latin1");
}
