/**
 * A frame for people: what it says in words, and its bytes in hex and ASCII beside the fields that
 * begin in them. Offsets are those of the wire table in the protocol package's frame.ts.
 */
import type { Found, FoundFrame, FoundOther } from "@faultline/capture";
import type { Frame, FrameHeader } from "@faultline/protocol";
import {
  FRAME_HEADER_BYTES,
  FrameType,
  isRefusal,
  sessionToHex,
  StatusCode,
} from "@faultline/protocol";

import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** Bytes of one line of a dump. */
const LINE_BYTES = 16;
const TYPES = new Map(Object.entries(FrameType).map(([word, code]) => [code as number, word]));
const STATUSES = new Map(Object.entries(StatusCode).map(([word, code]) => [code as number, word]));

/** An offset, and what begins there. */
export type Field = readonly [number, string];

/** The word for a type of frame. */
export function typeWord(type: number): string {
  return TYPES.get(type) ?? `type ${type}`;
}

/** The word for the reason of an error reply. */
export function statusWord(status: number): string {
  return STATUSES.get(status) ?? String(status);
}

/** The lines of one frame. At most `bytesMax` of its bytes are shown. */
export function frameLines(found: FoundFrame, style: Style, bytesMax: number): string[] {
  const { packet, item, bytes } = found;
  const shownBytes = bytes.subarray(0, bytesMax);
  const fields = isRefusal(item) ? [] : fieldsOf(item);
  const rest = bytes.length - shownBytes.length;
  return [
    whereLine(found, style),
    isRefusal(item)
      ? style.bad(`  refused as ${item.refused}: ${item.message}`)
      : `  ${headline(item, style)}`,
    ...(packet.comment.includes("met by") ? [`  ${style.warn(printable(packet.comment))}`] : []),
    ...dumpLines(shownBytes, fields),
    ...(rest > 0 ? [`  …     ${rest} more bytes`] : []),
    "",
  ];
}

/** Bytes that are dumped of what is encrypted: enough to see that. */
const ENCRYPTED_BYTES = 48;

/** The lines of a packet that holds something else: what its comment says, and how it begins. */
export function otherLines(found: FoundOther, style: Style, bytesMax: number): string[] {
  const { packet, bytes, encrypted } = found;
  const dumped = bytes.subarray(0, encrypted ? Math.min(bytesMax, ENCRYPTED_BYTES) : bytesMax);
  const rest = bytes.length - dumped.length;
  const comment = printable(packet.comment);
  return [
    whereLine(found, style),
    `  by its comment${encrypted ? ", encrypted" : ""}: ${packet.comment.includes("met by") ? style.warn(comment) : comment}`,
    ...dumpLines(dumped, []),
    ...(rest > 0 ? [`  …     ${rest} more bytes`] : []),
    "",
  ];
}

/** The number of a packet, its time and its way. */
export function whereLine({ packet, carried }: Found, style: Style): string {
  const { source, target, kind } = carried;
  const at = packet.atSeconds.toFixed(6);
  const where = packet.interface.name === "" ? "" : `  ${printable(packet.interface.name)}`;
  return style.dim(`#${packet.number}  ${at} s${where}  ${kind}  ${source} > ${target}`);
}

function headline(frame: Frame, style: Style): string {
  const { type, operation, attempt, payload, checksum, status } = frame;
  const reason = type === FrameType.error ? ` (${statusWord(status)})` : "";
  const retry = type === FrameType.data && attempt > 1 ? "  a retry" : "";
  const words = `operation ${operation}  attempt ${attempt}  ${payload.length} bytes  ${checksum}`;
  return `${style.bold(typeWord(type) + reason)}  ${words}${retry}`;
}

/** What begins at which byte. */
function fieldsOf(frame: Frame): Field[] {
  const { type, checksum, flags, session, operation, attempt, remainingMs, payload } = frame;
  const end = FRAME_HEADER_BYTES + payload.length;
  return [
    [0, "magic, version 1"],
    [3, `type ${typeWord(type)}, checksum ${checksum}, flags ${flags}`],
    [6, stateText(frame)],
    [8, `payload ${payload.length} bytes`],
    [12, `session ${sessionToHex(session)}`],
    [20, `operation ${operation}`],
    [28, `attempt ${attempt}`],
    [32, `${remainingMs} ms`],
    [36, "header CRC-32C"],
    ...(payload.length > 0 ? [[FRAME_HEADER_BYTES, "payload"] as const] : []),
    ...(checksum === "none" ? [] : [[end, checksum] as const]),
  ];
}

function stateText({ type, status, life }: Pick<FrameHeader, "life" | "status" | "type">): string {
  if (type === FrameType.error) return `status ${statusWord(status)}`;
  return life === undefined ? "status 0" : `life ${life}`;
}

/** Bytes in hex, without anything between them. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hex, ASCII and the fields that begin in a line. */
export function dumpLines(bytes: Uint8Array, fields: readonly Field[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const row = [...bytes.subarray(at, at + LINE_BYTES)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    );
    const begun = fields.filter(([place]) => place >= at && place < at + LINE_BYTES);
    const words = begun.map(([, word]) => word).join(" · ");
    const offset = at.toString(16).padStart(4, "0");
    const text = `${hex.padEnd(LINE_BYTES * 3 - 1)}  ${ascii.join("").padEnd(LINE_BYTES)}`;
    lines.push(`  ${offset}  ${text}  ${words}`.trimEnd());
  }
  return lines;
}
