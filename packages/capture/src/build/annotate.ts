/**
 * What to say of the bytes of a packet: whose messages end in it, and which faults met them.
 *
 * It reads along with the decoders of the house, one for each direction of each wire. Where frames
 * are sealed, or in another form than these, there is nothing to say; a comment never guesses. Inside
 * TLS others read (tls-comments.ts).
 */
import type { Frame, Packet, Refusal } from "@faultline/protocol";
import { decodeDatagram, decodePacket, FrameDecoder } from "@faultline/protocol";
import { ANY_SIGNATURE } from "../limits.ts";
import { Reassembly } from "../read/reassembly.ts";
import type { Direction } from "./notes.ts";
import { type Flow, FrameWords, ITEMS_MAX, metBy, type WordsOptions } from "./words.ts";

/** What comments are made with. */
export interface AnnotatorOptions extends WordsOptions {
  /** How messages are written (`packets`: frames in packets); undefined: nothing here reads them. */
  readonly codec: "frame" | "packets" | "pipe" | undefined;
}

/** Comments on one wire, both ways. */
export class Annotator {
  readonly #options: AnnotatorOptions;
  readonly #words: FrameWords;
  readonly #decoders = new Map<Direction, FrameDecoder>();
  readonly #assemblies = new Map<Direction, Reassembly>();
  /** Pipe requests seen so far. */
  #messages = 0;

  constructor(options: AnnotatorOptions) {
    this.#options = options;
    this.#words = new FrameWords(options);
  }

  /** What to say of bytes that go one way; empty: nothing. */
  comment(flow: Flow, bytes: Uint8Array, atUs: number): string {
    const { codec } = this.#options;
    if (codec === undefined || bytes.length === 0) return "";
    if (codec === "pipe") return this.#ofPipe(flow);
    if (codec === "packets") return this.#ofPacket(flow, bytes, atUs);
    return this.#words.ofItems(this.#items(flow, bytes), flow);
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
    const texts = [packetText(packet), this.#words.ofItems(items, flow)];
    return texts.filter((text) => text !== "").join("; ");
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
