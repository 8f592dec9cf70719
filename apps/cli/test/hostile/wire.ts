/** Bytes that no client of ours sends, each with the word the server refuses them with. */

import { encodeFrame, FrameType } from "@faultline/protocol";

/** One peer's bytes. */
export interface WireCase {
  readonly name: string;
  readonly send: Uint8Array;
  /** The refusal's code. */
  readonly code: string;
  /** Whether the connection ends with it. @default true */
  readonly closes?: boolean;
}

const good = (fields: Partial<Parameters<typeof encodeFrame>[0]> = {}): Uint8Array =>
  encodeFrame({
    type: FrameType.data,
    checksum: "crc32c",
    flags: 0,
    status: 0,
    session: { high: 0xbad, low: 0xbad },
    operation: 0,
    attempt: 1,
    remainingMs: 0,
    payload: new TextEncoder().encode("Hey"),
    ...fields,
  });

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

function changed(at: number, byte: number): Uint8Array {
  const bytes = good();
  bytes[at < 0 ? bytes.length + at : at] = byte;
  return bytes;
}

function flipped(at: number): Uint8Array {
  const bytes = good();
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** The table. */
export const WIRE_CASES: readonly WireCase[] = [
  { name: "HTTP", send: text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), code: "bad-magic" },
  { name: "TLS", send: new Uint8Array(60).fill(0x16), code: "bad-magic" },
  { name: "the text form", send: text(`Hey|e4599fa9${" ".repeat(40)}`), code: "bad-magic" },
  { name: "zeros", send: new Uint8Array(200), code: "bad-magic" },
  {
    name: "a gzip header",
    send: joined(new Uint8Array([0x1f, 0x8b, 8, 0]), new Uint8Array(60)),
    code: "bad-magic",
  },
  { name: "another version", send: changed(2, 99), code: "bad-version" },
  { name: "a type that is none", send: changed(3, 99), code: "header-damaged" },
  { name: "a bit of the session", send: flipped(14), code: "header-damaged" },
  { name: "a length of 4 GiB", send: joined(good().fill(0xff, 8, 12)), code: "header-damaged" },
  { name: "a bit of the payload", send: flipped(-6), code: "payload-damaged", closes: false },
  { name: "a bit of the trailer", send: flipped(-1), code: "payload-damaged", closes: false },
  {
    name: "a reply, sent to a server",
    send: good({ type: FrameType.reply }),
    code: "unexpected-type",
  },
  {
    name: "a second session on one connection",
    send: joined(good(), good({ session: { high: 0xbad, low: 0xbae } })),
    code: "second-session",
  },
  { name: "half a header, then nothing", send: good().slice(0, 20), code: "frame-timeout" },
  { name: "half a payload, then nothing", send: good().slice(0, -5), code: "frame-timeout" },
  {
    name: "a payload of more than a server takes",
    send: good({ payload: new Uint8Array(2000) }),
    code: "payload-too-large",
  },
];
