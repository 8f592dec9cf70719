/**
 * The frames of a capture: streams put together, datagrams one by one, each read as the decoders do.
 *
 * Segments that come again are passed over; where bytes are missing, reading begins anew with what
 * follows. A direction that does not begin with a frame is another protocol's, or encrypted: its
 * packets are counted and not guessed at; of TLS its records, too.
 */
import type { Frame, Refusal } from "@faultline/protocol";
import { decodeDatagram, FrameDecoder, isRefusal } from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";
import { packetsOf, type ReadPacket } from "./pcapng.ts";
import { type TlsCounts, TlsRecords } from "./tls-records.ts";
import { type Carried, carriedBy } from "./transport.ts";

/** A frame, or bytes that were refused as one. */
export interface FoundFrame {
  /** Where it ends. */
  readonly packet: ReadPacket;
  readonly carried: Carried;
  readonly item: Frame | Refusal;
  /** The bytes of the frame; of a refusal those of its packet. Views, valid until the next is asked for. */
  readonly bytes: Uint8Array;
}

/** What else there was. */
export interface InspectCounts {
  packets: number;
  frames: number;
  refused: number;
  /** Packets with a payload that is not in frames, those of TLS among them. */
  others: number;
  readonly tls: TlsCounts;
}

const MAGIC = [0xfa, 0x17];
/** What the description of an interface of ours ends with where it carries frames in the clear. */
const SAID = /codec frame$/;

/** Nothing yet. */
export function noCounts(): InspectCounts {
  const tls = { records: 0, encrypted: 0, bytes: 0, bytesMax: 0 };
  return { packets: 0, frames: 0, refused: 0, others: 0, tls };
}

interface Flow {
  decoder: FrameDecoder;
  /** The sequence number that comes next; undefined: any. */
  next: number | undefined;
  /** Whether it began like frames do. */
  isOurs: boolean | undefined;
  tls: TlsRecords;
}

/** Finds the frames of a file. `counts` is kept up to date. @throws CaptureError */
export function* framesOf(file: Uint8Array, counts: InspectCounts): Generator<FoundFrame> {
  const flows = new Map<string, Flow>();
  for (const packet of packetsOf(file)) {
    counts.packets++;
    const carried = carriedBy(packet.bytes, packet.interface.linkType);
    if (carried === undefined) continue;
    const { kind, payload } = carried;
    if (kind === "tcp" && carried.begins) flows.delete(keyOf(carried));
    if (payload.length === 0) continue;
    const isKnown = SAID.test(packet.interface.description);
    const found =
      kind === "udp"
        ? ofDatagram(payload, isKnown)
        : ofSegment(carried, { flows, isKnown, tls: counts.tls });
    if (found === undefined) counts.others++;
    for (const { item, bytes } of found ?? []) {
      if (isRefusal(item)) counts.refused++;
      else counts.frames++;
      yield { packet, carried, item, bytes };
    }
  }
}

type Item = Pick<FoundFrame, "bytes" | "item">;

function ofDatagram(payload: Uint8Array, isKnown: boolean): Item[] | undefined {
  const item = decodeDatagram(payload, ANY_SIGNATURE);
  if (isRefusal(item) && item.refused === "bad-magic" && !isKnown) return undefined;
  return [{ item, bytes: payload }];
}

interface SegmentParts {
  readonly flows: Map<string, Flow>;
  readonly isKnown: boolean;
  readonly tls: TlsCounts;
}

function ofSegment(carried: Carried, { flows, isKnown, tls }: SegmentParts): Item[] | undefined {
  const key = keyOf(carried);
  const flow = flows.get(key) ?? { ...anew(tls), next: undefined };
  flows.set(key, flow);
  const payload = fresh(carried, flow, tls);
  if (payload.length === 0) return [];
  flow.isOurs ??= MAGIC.every((byte, at) => payload[at] === undefined || payload[at] === byte);
  if (!flow.isOurs && !isKnown) {
    flow.tls.push(payload);
    return undefined;
  }
  if (flow.decoder.failed) return [];
  return read(flow.decoder, payload);
}

function anew(tls: TlsCounts): Omit<Flow, "next"> {
  return { decoder: new FrameDecoder(ANY_SIGNATURE), isOurs: undefined, tls: new TlsRecords(tls) };
}

/** What of a segment was not there before. Behind a gap, reading begins anew. */
function fresh({ payload, sequence }: Carried, flow: Flow, tls: TlsCounts): Uint8Array {
  const ahead = flow.next === undefined ? 0 : (sequence - flow.next) | 0;
  if (ahead > 0) Object.assign(flow, anew(tls));
  const rest = ahead < 0 ? payload.subarray(Math.min(-ahead, payload.length)) : payload;
  if (rest.length > 0) flow.next = (sequence + payload.length) >>> 0;
  return rest;
}

function read(decoder: FrameDecoder, payload: Uint8Array): Item[] {
  const items: Item[] = [];
  decoder.push(payload);
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    const whole = isRefusal(item) && item.fatal ? payload : decoder.raw();
    items.push({ item: owned(item), bytes: whole.slice() });
  }
  return items;
}

/** A frame whose payload outlives the decoder's next call. */
function owned(item: Frame | Refusal): Frame | Refusal {
  return isRefusal(item) ? item : { ...item, payload: item.payload.slice() };
}

function keyOf({ source, target }: Carried): string {
  return `${source} ${target}`;
}
