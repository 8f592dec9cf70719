/**
 * Whether a message can be read on a wire: the longest run of its bytes that stands in the stream.
 *
 * Runs are looked for across the packets of one direction. Every run that begins with four bytes of
 * a body is found and followed to its end; shorter ones mean nothing, since any traffic has them by
 * chance. Once a whole body was found nothing is looked at any more.
 */

/** Bytes that a run is recognised by. */
const SEED_BYTES = 4;
/** Bytes of a body that are looked for: a run longer than this settles the question. */
export const SEARCHED_BYTES_MAX = 256;

/** Where the longest run began, in the bytes of its direction. */
export interface Run {
  /** Length of the run. */
  readonly bytes: number;
  /** Of the body that it belongs to, as far as it was looked for. */
  readonly bodyBytes: number;
  /** The packet in which it ends: what `at` counted. */
  readonly packet: number;
  /** Offset of its first byte in the payload of that packet; negative: it began before. */
  readonly offset: number;
}

/** Looks for bodies in any number of streams. */
export class BodySearch {
  readonly #bodies: readonly Uint8Array[];
  /** Where each seed stands: body and place. */
  readonly #seeds = new Map<number, [number, number][]>();
  /** Whether a seed may be there, by its low bits: spares the map for almost every byte. */
  readonly #filter = new Uint8Array(65_536);
  #longest: Run | undefined;

  /** @param bodies at most their first `SEARCHED_BYTES_MAX` bytes are looked for; those below four bytes are not */
  constructor(bodies: readonly Uint8Array[]) {
    this.#bodies = bodies.map((body) => body.subarray(0, SEARCHED_BYTES_MAX));
    for (const [index, body] of this.#bodies.entries()) this.#learn(index, body);
  }

  /** The longest run so far. */
  get longest(): Run | undefined {
    return this.#longest;
  }

  get #isSettled(): boolean {
    return this.#longest !== undefined && this.#longest.bytes === this.#longest.bodyBytes;
  }

  /** A stream of its own; `look` is then called with its bytes in order. */
  stream(): (bytes: Uint8Array, packet: number) => void {
    let tail = new Uint8Array(0);
    return (bytes, packet) => {
      if (this.#isSettled || this.#seeds.size === 0) return;
      const joined = new Uint8Array(tail.length + bytes.length);
      joined.set(tail);
      joined.set(bytes, tail.length);
      // What began before and was followed to the end of the bytes then, is followed further now.
      this.#look(joined, { packet, before: tail.length });
      tail = joined.slice(Math.max(0, joined.length - SEARCHED_BYTES_MAX));
    };
  }

  #learn(index: number, body: Uint8Array): void {
    for (let at = 0; at + SEED_BYTES <= body.length; at++) {
      const seed = seedAt(body, at);
      const places = this.#seeds.get(seed) ?? [];
      // A body of one byte over and over has the same seed everywhere.
      if (places.length < SEARCHED_BYTES_MAX) places.push([index, at]);
      this.#seeds.set(seed, places);
      this.#filter[seed & 0xffff] = 1;
    }
  }

  #look(bytes: Uint8Array, where: { readonly packet: number; readonly before: number }): void {
    const last = bytes.length - SEED_BYTES;
    for (let at = 0; at <= last; at++) {
      const seed = seedAt(bytes, at);
      if (this.#filter[seed & 0xffff] === 0) continue;
      for (const [index, place] of this.#seeds.get(seed) ?? []) {
        const body = this.#bodies[index]!;
        let size = SEED_BYTES;
        while (body[place + size] !== undefined && body[place + size] === bytes[at + size]) size++;
        if (size <= (this.#longest?.bytes ?? 0)) continue;
        const offset = at - where.before;
        this.#longest = { bytes: size, bodyBytes: body.length, packet: where.packet, offset };
      }
      if (this.#isSettled) return;
    }
  }
}

function seedAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
