/**
 * What to say of the bytes of a packet: whose messages end in it, and which faults met them.
 *
 * It reads along with the decoders of the house, one for each direction of each wire. Where frames
 * are sealed, or in another form than these, there is nothing to say; a comment never guesses.
 */
import type { Frame, Packet, Refusal } from "@faultline/protocol";
import {
  decodeDatagram,
  decodePacket,
  FrameDecoder,
  FrameFlag,
  FrameType,
  isRefusal,
  sessionToHex,
  StatusCode,
} from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";
import { Reassembly } from "../read/reassembly.ts";
import type { Direction, FaultNotes } from "./notes.ts";

/** What comments are made with. */
export interface AnnotatorOptions {
  /** How messages are written (`packets`: frames in packets); undefined: nothing here reads them. */
  readonly codec: "frame" | "packets" | "pipe" | undefined;
  readonly notes: FaultNotes;
  /** The number of a client by its session, 16 hex digits. */
  clientOf(session: string): number | undefined;
}

/** One direction of one wire. */
export interface Flow {
  readonly direction: Direction;
  readonly stream: boolean;
  /** The client's address. */
  readonly client: string;
}

/** Items of one packet that are written out. */
const ITEMS_MAX = 6;

const TYPE_WORDS = wordsOf(FrameType);
const STATUS_WORDS = wordsOf(StatusCode);

/** Comments on one wire, both ways. */
export class Annotator {
  readonly #options: AnnotatorOptions;
  readonly #decoders = new Map<Direction, FrameDecoder>();
  readonly #assemblies = new Map<Direction, Reassembly>();
  /** Pipe requests seen so far. */
  #messages = 0;

  constructor(options: AnnotatorOptions) {
    this.#options = options;
  }

  /** What to say of bytes that go one way; empty: nothing. */
  comment(flow: Flow, bytes: Uint8Array, atUs: number): string {
    const { codec } = this.#options;
    if (codec === undefined || bytes.length === 0) return "";
    if (codec === "pipe") return this.#ofPipe(flow);
    if (codec === "packets") return this.#ofPacket(flow, bytes, atUs);
    return this.#ofFrames(flow, this.#items(flow, bytes));
  }

  /** What a packet is, and the frames that it makes whole. */
  #ofPacket(flow: Flow, bytes: Uint8Array, atUs: number): string {
    const packet = decodePacket(bytes);
    if (packet === undefined) return "a damaged packet";
    const { direction } = flow;
    const assembly = this.#assemblies.get(direction) ?? new Reassembly();
    this.#assemblies.set(direction, assembly);
    const messages = assembly.take(packet, atUs);
    const items = messages.map((message) => decodeDatagram(message, ANY_SIGNATURE));
    const texts = [packetText(packet), this.#ofFrames(flow, items)];
    return texts.filter((text) => text !== "").join("; ");
  }

  #ofFrames(flow: Flow, items: readonly (Frame | Refusal)[]): string {
    const texts = items.map((item) =>
      isRefusal(item) ? this.#ofRefusal(item, flow) : this.#ofFrame(item, flow),
    );
    const rest = texts.length - ITEMS_MAX;
    const shown = rest > 0 ? [...texts.slice(0, ITEMS_MAX), `and ${rest} more`] : texts;
    return shown.join("; ");
  }

  #items({ direction, stream }: Flow, bytes: Uint8Array): (Frame | Refusal)[] {
    if (!stream) return [decodeDatagram(bytes, ANY_SIGNATURE)];
    const decoder = this.#decoders.get(direction) ?? new FrameDecoder(ANY_SIGNATURE);
    this.#decoders.set(direction, decoder);
    const items: (Frame | Refusal)[] = [];
    decoder.push(bytes);
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) items.push(item);
    return items;
  }

  #ofFrame(frame: Frame, { direction }: Flow): string {
    const { type, attempt, flags, status } = frame;
    const words = [TYPE_WORDS.get(type) ?? "frame", ...this.#whose(frame)];
    if (attempt > 1 && type === FrameType.data) words.push("(a retry)");
    if ((flags & FrameFlag.replayed) !== 0) words.push("(replayed)");
    if (type === FrameType.error) words.push(`(${STATUS_WORDS.get(status) ?? status})`);
    return metBy(words.join(" "), this.#options.notes.ofFrame(frame, direction));
  }

  #ofRefusal(refusal: Refusal, { direction, client }: Flow): string {
    const { notes } = this.#options;
    const { header, refused } = refusal;
    if (header !== undefined) {
      notes.claim(client, direction, header);
      const whose = this.#whose(header).join(" ");
      return metBy(`${refused}: ${whose}`, notes.ofFrame(header, direction));
    }
    const damage = notes.takeDamage(client, direction);
    if (damage === undefined) return refused;
    const session = { high: damage.sessionHigh, low: damage.sessionLow };
    const { message: operation, attempt, fault, did } = damage;
    const whose = this.#whose({ session, operation, attempt }).join(" ");
    return metBy(`${refused}: ${whose}`, [`${fault}: ${did}`]);
  }

  #whose({ session, operation, attempt }: Pick<Frame, "session" | "operation" | "attempt">) {
    const client = this.#options.clientOf(sessionToHex(session));
    const who = client === undefined ? [] : [`client ${client}`];
    return [...who, `operation ${operation}`, `attempt ${attempt}`];
  }

  /** One message is under way at a time, so a reply belongs to the request before it. */
  #ofPipe({ direction, client }: Flow): string {
    const sequence = direction === "request" ? this.#messages++ : this.#messages - 1;
    const text = `${direction} ${sequence} of this connection`;
    return metBy(text, this.#options.notes.ofPlace(client, sequence, direction));
  }
}

/** A packet's number, and the pieces in it that are no whole messages. */
function packetText({ number, fragments }: Packet): string {
  const pieces = fragments
    .filter(({ count }) => count > 1)
    .map(({ message, index, count }) => `fragment ${index + 1} of ${count} of message ${message}`);
  return [`packet ${number}`, ...pieces.slice(0, ITEMS_MAX)].join(", ");
}

function metBy(text: string, faults: readonly string[]): string {
  return faults.length === 0 ? text : `${text}, met by ${[...new Set(faults)].join(" and ")}`;
}

function wordsOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(codes).map(([word, code]) => [code, word]));
}
