/**
 * A packet of the layer that makes datagrams reliable, for people and for scripts: its number, what it
 * acknowledges, and which pieces of which messages are in it. Offsets are those of the wire table in
 * the protocol package's packet/wire.ts.
 */
import type { FoundPacket } from "@faultline/capture";
import type { Ack, FragmentPart, Packet } from "@faultline/protocol";
import { sessionToHex } from "@faultline/protocol";

import { whereJson } from "./frame-json.ts";
import { dumpLines, whereLine, type Field } from "./dump.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** Bytes of a sound packet that are dumped: its header, and where its parts begin. */
const SHOWN_BYTES = 32;
/** Bits of the flags, by their words. */
const FLAGS = [
  [0x01, "answer"],
  [0x02, "opening"],
  [0x04, "unknown"],
] as const;

/** The lines of one packet. */
export function packetLines(found: FoundPacket, style: Style, bytesMax: number): string[] {
  const { packet, item, bytes } = found;
  const dumped = bytes.subarray(0, item === undefined ? bytesMax : Math.min(bytesMax, SHOWN_BYTES));
  const rest = item === undefined ? bytes.length - dumped.length : 0;
  return [
    whereLine(found, style),
    ...(item === undefined
      ? [style.bad("  a damaged packet: it does not fit its CRC-32C, or its parts do not fit it")]
      : wordsOf(item, style)),
    ...(packet.comment.includes("met by") ? [`  ${style.warn(printable(packet.comment))}`] : []),
    ...dumpLines(dumped, item === undefined ? [] : fieldsOf(item)),
    ...(rest > 0 ? [`  …     ${rest} more bytes`] : []),
    "",
  ];
}

function wordsOf(packet: Packet, style: Style): string[] {
  const { number, connection, ack, fragments } = packet;
  const flags = flagsOf(packet).map((flag) => `  ${flag}`);
  const asks = asksOf(packet);
  return [
    `  ${style.bold(`packet ${number}`)}  connection ${sessionToHex(connection)}${flags.join("")}`,
    ...(ack === undefined ? [] : [`    ${ackText(ack)}`]),
    ...fragments.map((part) => `    ${fragmentText(part)}`),
    ...(asks.length === 0 ? [] : [`    ${asks.join(", ")}`]),
  ];
}

function flagsOf({ flags }: Packet): string[] {
  return FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
}

function asksOf({ ping, close, challenge, response }: Packet): string[] {
  return [
    ...(ping ? ["ping"] : []),
    ...(close ? ["close"] : []),
    ...(challenge === undefined ? [] : [`challenge ${sessionToHex(challenge)}`]),
    ...(response === undefined ? [] : [`response ${sessionToHex(response)}`]),
  ];
}

function ackText({ ranges, delayUs }: Ack): string {
  const runs = ranges.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`));
  return `acknowledges ${runs.join(", ")}, the last of them ${delayUs} µs ago`;
}

function fragmentText({ message, index, count, bytes }: FragmentPart): string {
  const which = count === 1 ? "the whole" : `fragment ${index + 1} of ${count}`;
  return `${which} of message ${message}, ${bytes.length} bytes`;
}

function fieldsOf({ number, connection }: Packet): Field[] {
  return [
    [0, "magic, version 1"],
    [3, "flags"],
    [4, `connection ${sessionToHex(connection)}`],
    [12, `packet ${number}`],
    [18, "parts"],
  ];
}

/** A packet as one JSON value. What is damaged has no fields that could be believed. */
export function packetJson(found: FoundPacket): object {
  const { item } = found;
  const where = { ...whereJson(found), type: "packet" };
  if (item === undefined) return { ...where, damaged: true };
  const { number, connection, ack, fragments, ping, close, challenge, response } = item;
  return {
    ...where,
    damaged: false,
    connection: sessionToHex(connection),
    number,
    flags: flagsOf(item),
    ack: ack === undefined ? null : { ranges: ack.ranges, delayUs: ack.delayUs },
    fragments: fragments.map((part) => ({
      message: part.message,
      index: part.index,
      count: part.count,
      bytes: part.bytes.length,
    })),
    ping,
    close,
    challenge: challenge === undefined ? null : sessionToHex(challenge),
    response: response === undefined ? null : sessionToHex(response),
  };
}
