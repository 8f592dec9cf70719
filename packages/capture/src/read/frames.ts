/**
 * The frames of a capture: streams put together, datagrams one by one, messages out of packets, each
 * read as the decoders do.
 *
 * Segments that come again are passed over; where bytes are missing, reading begins anew with what
 * follows. A direction that does not begin with a frame is another protocol's, or encrypted: its
 * packets are counted and not guessed at; of TLS its records, too.
 */
import type { Frame, Packet, Refusal } from "@faultline/protocol";
import { decodeDatagram, decodePacket, isRefusal, sessionToHex } from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";
import { FlowTable } from "./flow-table.ts";
import { packetsOf, type ReadPacket } from "./pcapng.ts";
import { Reassembly } from "./reassembly.ts";
import type { CaptureSource } from "./source.ts";
import { StreamFlow } from "./stream-flow.ts";
import type { TlsCounts } from "./tls-records.ts";
import { type Carried, carriedBy } from "./transport.ts";

/** A frame, or bytes that were refused as one. */
export interface FoundFrame {
  readonly kind: "frame";
  /** Where it ends. */
  readonly packet: ReadPacket;
  readonly carried: Carried;
  readonly item: Frame | Refusal;
  /** The bytes of the frame; of a refusal those of its packet. Views, valid until the next is asked for. */
  readonly bytes: Uint8Array;
  /** Whether packets carried it, and it was put together from their fragments. */
  readonly inPackets: boolean;
}

/** A packet of the layer that makes datagrams reliable; what it makes whole follows it. */
export interface FoundPacket {
  readonly kind: "packet";
  readonly packet: ReadPacket;
  readonly carried: Carried;
  /** Undefined: it is damaged. */
  readonly item: Packet | undefined;
  readonly bytes: Uint8Array;
}

/** A packet with something else in it, of which its comment tells. */
export interface FoundOther {
  readonly kind: "other";
  readonly packet: ReadPacket;
  readonly carried: Carried;
  /** Whether its interface says that it carries ours, encrypted. */
  readonly encrypted: boolean;
  readonly bytes: Uint8Array;
}

/** Anything that is found. */
export type Found = FoundFrame | FoundOther | FoundPacket;

/** What else there was. */
export interface InspectCounts {
  packets: number;
  frames: number;
  refused: number;
  /** Packets with a payload that is not in frames, those of TLS among them. */
  others: number;
  /** Those of them whose interface says that it carries ours, encrypted. */
  encrypted: number;
  /** Blocks of secrets, which decrypt TLS. */
  secrets: number;
  readonly tls: TlsCounts;
  readonly layer: LayerCounts;
}

/** What there was of the layer that makes datagrams reliable. */
export interface LayerCounts {
  /** Its packets, sound ones. */
  packets: number;
  damaged: number;
  /** Messages of which fragments are there, but not all: up to date when the file has ended. */
  unfinished: number;
  /** Packets whose fragments found no room beside other messages that are not whole. */
  noRoom: number;
}

/** What the description of an interface of ours ends with where it carries frames in the clear. */
const SAYS_FRAMES = /codec frame$/;
/** And where frames are sealed, or inside TLS. */
const SAYS_ENCRYPTED = /codec [a-z]+, encrypted$/;
/** And where packets carry them. */
const SAYS_PACKETS = /codec frame, in packets$/;

/** Nothing yet. */
export function noCounts(): InspectCounts {
  const tls = { records: 0, encrypted: 0, bytes: 0, bytesMax: 0 };
  const layer = { packets: 0, damaged: 0, unfinished: 0, noRoom: 0 };
  return { packets: 0, frames: 0, refused: 0, others: 0, encrypted: 0, secrets: 0, tls, layer };
}

/**
 * Finds the frames of a file, the packets that carried some, and what comments tell of others. `counts`
 * is kept up to date.
 *
 * @throws CaptureError
 */
export function* framesOf(
  file: Uint8Array | CaptureSource,
  counts: InspectCounts,
): Generator<Found> {
  const reader = new Reader(counts);
  try {
    for (const packet of packetsOf(file, counts)) {
      counts.packets++;
      const carried = carriedBy(packet.bytes, packet.interface.linkType);
      if (carried !== undefined) yield* reader.take(packet, carried);
    }
  } finally {
    reader.close();
  }
}

type Place = Pick<FoundFrame, "packet" | "carried">;
type Item = Pick<FoundFrame, "bytes" | "item">;

/** Reads along with every conversation. */
class Reader {
  readonly #counts: InspectCounts;
  readonly #streams = new FlowTable<StreamFlow>();
  readonly #assemblies = new FlowTable<Reassembly>((flow) => this.#conclude(flow));

  constructor(counts: InspectCounts) {
    this.#counts = counts;
  }

  *take(packet: ReadPacket, carried: Carried): Generator<Found> {
    const { kind, payload } = carried;
    if (kind === "tcp" && carried.begins) this.#streams.delete(keyOf(carried));
    if (payload.length === 0) return;
    const found = { packet, carried };
    if (kind === "tcp") yield* this.#told(found, this.#ofSegment(found));
    else yield* this.#ofDatagram(found);
  }

  /** There is nothing more: what is not whole will not be. */
  close(): void {
    for (const flow of this.#assemblies.flows()) this.#conclude(flow);
  }

  *#ofDatagram(found: Place): Generator<Found> {
    const { payload } = found.carried;
    const { description } = found.packet.interface;
    const sent = decodePacket(payload);
    if (sent !== undefined || SAYS_PACKETS.test(description)) {
      yield* this.#ofPacket(found, sent);
      return;
    }
    const item = decodeDatagram(payload, ANY_SIGNATURE);
    const isOther = isRefusal(item) && item.refused === "bad-magic";
    const isKnown = SAYS_FRAMES.test(description);
    yield* this.#told(found, isOther && !isKnown ? undefined : [{ item, bytes: payload }]);
  }

  *#ofPacket({ packet, carried }: Place, item: Packet | undefined): Generator<Found> {
    const { layer } = this.#counts;
    if (item === undefined) layer.damaged++;
    else layer.packets++;
    yield { kind: "packet", packet, carried, item, bytes: carried.payload };
    if (item === undefined) return;
    const key = `${keyOf(carried)} ${sessionToHex(item.connection)}`;
    const make = (): Reassembly => new Reassembly();
    const nowUs = Math.round(packet.atSeconds * 1_000_000);
    const turn = (flow: Reassembly): Uint8Array[] => flow.take(item, nowUs);
    const items = this.#assemblies.use(key, make, turn).map((bytes) => {
      return { bytes, item: decodeDatagram(bytes, ANY_SIGNATURE) };
    });
    yield* this.#told({ packet, carried }, items, true);
  }

  #ofSegment({ packet, carried }: Place): Item[] | undefined {
    const isKnown = SAYS_FRAMES.test(packet.interface.description);
    const make = (): StreamFlow => new StreamFlow(this.#counts.tls);
    return this.#streams.use(keyOf(carried), make, (flow) => flow.take(carried, isKnown));
  }

  *#told(found: Place, items: readonly Item[] | undefined, inPackets = false): Generator<Found> {
    const counts = this.#counts;
    if (items === undefined) {
      const { packet, carried } = found;
      const encrypted = SAYS_ENCRYPTED.test(packet.interface.description);
      counts.others++;
      if (encrypted) counts.encrypted++;
      if (packet.comment !== "")
        yield { kind: "other", ...found, encrypted, bytes: carried.payload };
    }
    for (const { item, bytes } of items ?? []) {
      if (isRefusal(item)) counts.refused++;
      else counts.frames++;
      yield { kind: "frame" as const, ...found, item, bytes, inPackets };
    }
  }

  #conclude({ unfinished, noRoom }: Reassembly): void {
    this.#counts.layer.unfinished += unfinished;
    this.#counts.layer.noRoom += noRoom;
  }
}

function keyOf({ source, target }: Carried): string {
  return `${source} ${target}`;
}
