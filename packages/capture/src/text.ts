/**
 * Text as UTF-8 and back, where no runtime may be asked for its encoder.
 *
 * Comments and names in a capture are short; nothing here is on the way of a message.
 */

const REPLACEMENT = 0xfffd;

/** Text as UTF-8; half a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? REPLACEMENT;
    const point = code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
    else if (point < 0x1_0000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
  }
  return Uint8Array.from(bytes);
}

/** UTF-8 as text; what is none becomes U+FFFD, byte by byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const [point, size] = pointAt(bytes, at);
    text += String.fromCodePoint(point);
    at += size;
  }
  return text;
}

/** At most so many bytes of UTF-8, cut between characters. */
export function utf8Within(text: string, bytesMax: number): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length <= bytesMax) return bytes;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

function tail(point: number): number {
  return 0x80 | (point & 0x3f);
}

/** The character at a place, and how many bytes it takes. */
function pointAt(bytes: Uint8Array, at: number): readonly [number, number] {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return [lead, 1];
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > bytes.length) return [REPLACEMENT, 1];
  let point = lead & (0xff >> (size + 1));
  for (let index = 1; index < size; index++) {
    const next = bytes[at + index] ?? 0;
    if ((next & 0xc0) !== 0x80) return [REPLACEMENT, 1];
    point = (point << 6) | (next & 0x3f);
  }
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x1_0000;
  const sound = point >= least && point <= 0x10_ffff && !(point >= 0xd800 && point <= 0xdfff);
  return sound ? [point, size] : [REPLACEMENT, 1];
}
