/**
 * One datagram of the pipe codec: at most one message, and the whole of it.
 *
 * Here nothing is searched for: the checksum is what follows the last `|`, with or without the
 * line end that netcat adds.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { viewOf } from "../header.ts";
import type { PipeItem, PipeLimits } from "./text.ts";
import {
  BAR,
  digestFits,
  isErrorAt,
  isLineEnd,
  PIPE_SUFFIX_BYTES,
  pipeLimits,
  readHex,
  ERROR_TEXT,
} from "./text.ts";

/**
 * What a datagram holds. Its body is a view of `bytes`.
 *
 * @param limits a longer datagram is corrupt. @default `PIPE_LIMITS_DEFAULT`
 */
export function decodePipeDatagram(bytes: Uint8Array, limits?: Partial<PipeLimits>): PipeItem {
  const { pipeBytesMax } = pipeLimits(limits);
  let end = bytes.length;
  while (isLineEnd(bytes[end - 1])) end--;
  if (end === ERROR_TEXT.length && isErrorAt(bytes, 0, end)) return { kind: "error" };
  const bar = end - PIPE_SUFFIX_BYTES;
  if (bar >= 0 && end <= pipeBytesMax && bytes[bar] === BAR) {
    const body = viewOf(bytes, 0, bar);
    if (digestFits(sha1(body), readHex(bytes, bar + 1))) return { kind: "message", body };
  }
  return { kind: "corrupt", bytes };
}
