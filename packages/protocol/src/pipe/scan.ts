/**
 * Finds where a message ends: the first `|` and 8 hex digits that fit everything before them.
 *
 * The hash runs along with the search and is only copied at a candidate, so that the scan of a
 * message is linear, however many `|` its body has and however often it was cut.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { BAR, digestFits, isLineEnd, PIPE_SUFFIX_BYTES, readHex } from "./text.ts";

/** A possible beginning, and the hash from there to `hashed`. */
interface Lane {
  readonly at: number;
  readonly hash: ReturnType<typeof sha1.create>;
  hashed: number;
}

/** The offsets of a message that was found: body `[at, bar)`, then `|` and the checksum. */
export interface Found {
  readonly at: number;
  readonly bar: number;
}

/** What a copied and finished hash costs, in bytes hashed: about four blocks. */
const DIGEST_COST_BYTES = 256;

/** What looking at one `|` costs, in bytes hashed. */
const PLACE_COST_BYTES = 4;

/** Searches for the end of the message that begins at one place of a growing buffer. */
export class Scan {
  readonly #start: number;
  readonly #bytesMax: number;
  #at: number;
  #lanes: readonly Lane[] | undefined;
  /** Work done so far: bytes hashed, and places looked at. */
  cost = 0;

  constructor(start: number, bytesMax: number) {
    this.#start = start;
    this.#at = start;
    this.#bytesMax = bytesMax;
  }

  /** Goes on in `buffer[…, end)`, whose bytes before are as they were at the last call. */
  run(buffer: Uint8Array, end: number, costMax: number = Infinity): Found | undefined {
    while (this.cost <= costMax) {
      const bar = buffer.indexOf(BAR, this.#at);
      if (bar < 0 || bar + PIPE_SUFFIX_BYTES > end) {
        this.#at = bar < 0 || bar > end ? end : bar;
        return undefined;
      }
      this.#at = bar + 1;
      this.cost += PLACE_COST_BYTES;
      const checksum = readHex(buffer, bar + 1);
      if (checksum >= 0) {
        const at = this.#fitting(buffer, bar, checksum);
        if (at !== undefined) return { at, bar };
      }
    }
    return undefined;
  }

  #fitting(buffer: Uint8Array, bar: number, checksum: number): number | undefined {
    this.#lanes ??= lanes(buffer, this.#start);
    for (const lane of this.#lanes) {
      if (bar + PIPE_SUFFIX_BYTES - lane.at > this.#bytesMax) continue;
      this.cost += bar - lane.hashed + DIGEST_COST_BYTES;
      lane.hash.update(buffer.subarray(lane.hashed, bar));
      lane.hashed = bar;
      if (digestFits(lane.hash.clone().digest(), checksum)) return lane.at;
    }
    return undefined;
  }
}

/**
 * Where the message may begin: a line end before it is either the tail of the message before, or
 * its own first byte. All of them are tried: none skipped, one line end, the whole run.
 */
function lanes(buffer: Uint8Array, start: number): Lane[] {
  let run = start;
  while (isLineEnd(buffer[run])) run++;
  const one = start + (buffer[start] === 0x0d && buffer[start + 1] === 0x0a ? 2 : 1);
  const begins = run === start ? [start] : [...new Set([start, one, run])];
  return begins.map((at) => ({ at, hash: sha1.create(), hashed: at }));
}
