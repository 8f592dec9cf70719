/**
 * The pipe codec on a stream, where TCP may have merged or cut what was written.
 *
 * There is no length and no terminator: a message ends where a `|` and 8 hex digits fit all that
 * stands before them. What fits nothing may be damaged, or may only be half arrived, and only
 * time can tell: the shell calls `settle` after `PIPE_SETTLE_MS` of silence. A body that itself
 * contains a whole message (`Hey|e4599fa9 and more`) is taken apart; the datagram form and the
 * binary frames know better.
 */
import { viewOf } from "../header.ts";
import { Scan } from "./scan.ts";
import type { PipeItem, PipeLimits } from "./text.ts";
import {
  BAR,
  ERROR_TEXT,
  isErrorAt,
  isLineEnd,
  PIPE_SUFFIX_BYTES,
  pipeLimits,
  readHex,
} from "./text.ts";

/** The most that `settle` hashes in search of the next message: some 5 ms of work. */
const RESYNC_BYTES_MAX = 1_048_576;
/** Longer than this, with its line ends, `error_code` waits for silence: to look is not free. */
const ERROR_ALONE_BYTES_MAX = 32;
/** A line end before a message does not count against its limit. */
const LINE_END_BYTES = 2;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Reads the pipe messages of one stream. */
export class PipeDecoder {
  readonly #pipeBytesMax: number;
  /** Pending bytes are `[start, end)`. Bytes given out are never overwritten. */
  #buffer = EMPTY;
  #start = 0;
  #end = 0;
  #scan: Scan | undefined;
  #quiet: "no" | "settled" | "flushed" = "no";
  #resyncCost = 0;
  #failed = false;

  /** @param limits @default `PIPE_LIMITS_DEFAULT` */
  constructor(limits?: Partial<PipeLimits>) {
    this.#pipeBytesMax = pipeLimits(limits).pipeBytesMax;
  }

  /** Bytes that belong to no item yet. */
  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** After more than `pipeBytesMax` bytes without a message: nothing more is accepted or given. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Takes the next bytes of the stream; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#failed || bytes.length === 0) return;
    this.#quiet = "no";
    if (this.#buffer.length - this.#end < bytes.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next item, or undefined: not yet. Its bytes stay valid. */
  next(): PipeItem | undefined {
    if (this.#start === this.#end) return undefined;
    if (this.#errorAlone()) {
      this.#consume(this.#end);
      return { kind: "error" };
    }
    this.#scan ??= new Scan(this.#start, this.#pipeBytesMax);
    const found = this.#scan.run(this.#buffer, this.#end);
    if (found !== undefined) {
      const body = viewOf(this.#buffer, found.at, found.bar);
      this.#consume(found.bar + PIPE_SUFFIX_BYTES);
      return { kind: "message", body };
    }
    if (this.#end - this.#start > this.#pipeBytesMax + LINE_END_BYTES) return this.#fail();
    return this.#quiet === "no" ? undefined : this.#resync();
  }

  /**
   * Says that the stream has been silent for a while. What is pending and cannot become a message
   * then comes out of `next` as `corrupt`; what looks cut stays.
   */
  settle(): void {
    this.#quiet = "settled";
    this.#resyncCost = 0;
  }

  /** As `settle`, but nothing stays: what looks cut is `corrupt` too. For whoever stops waiting. */
  flush(): void {
    this.#quiet = "flushed";
    this.#resyncCost = 0;
  }

  /** Gives the damage before the next message, or all of it if none follows. */
  #resync(): PipeItem | undefined {
    const first = this.#afterLineEnds(this.#start);
    if (first === this.#end) {
      this.#consume(this.#end);
      return undefined;
    }
    if (isErrorAt(this.#buffer, first, this.#end) && this.#placeAt(first + ERROR_TEXT.length)) {
      this.#consume(first + ERROR_TEXT.length);
      return { kind: "error" };
    }
    const next = this.#nextPlace(first);
    if (next !== undefined) return this.#corrupt(next);
    if (this.#quiet === "flushed" || this.#looksWhole()) return this.#corrupt(this.#end);
    this.#quiet = "no";
    return undefined;
  }

  /** The first place after `from` where a message begins, behind anything that looks like one. */
  #nextPlace(from: number): number | undefined {
    for (let bar = from - 1; ;) {
      bar = this.#buffer.indexOf(BAR, bar + 1);
      const place = bar + PIPE_SUFFIX_BYTES;
      if (bar < 0 || place >= this.#end) return undefined;
      if (this.#placeAt(place)) return place;
    }
  }

  /** Whether a message or `error_code` begins at `place`, or nothing follows but line ends. */
  #placeAt(place: number): boolean {
    const first = this.#afterLineEnds(place);
    if (first === this.#end || isErrorAt(this.#buffer, first, this.#end)) return true;
    const scan = new Scan(place, this.#pipeBytesMax);
    const found = scan.run(this.#buffer, this.#end, RESYNC_BYTES_MAX - this.#resyncCost);
    this.#resyncCost += scan.cost;
    return found !== undefined;
  }

  /** Whether the pending bytes end as a message does, if perhaps a damaged one. */
  #looksWhole(): boolean {
    let end = this.#end;
    while (end > this.#start && isLineEnd(this.#buffer[end - 1])) end--;
    const bar = end - PIPE_SUFFIX_BYTES;
    if (bar < this.#start) return false;
    return this.#buffer[bar] === BAR || readHex(this.#buffer, bar + 1) >= 0;
  }

  #errorAlone(): boolean {
    if (this.#end - this.#start > ERROR_ALONE_BYTES_MAX) return false;
    const first = this.#afterLineEnds(this.#start);
    if (!isErrorAt(this.#buffer, first, this.#end)) return false;
    return this.#afterLineEnds(first + ERROR_TEXT.length) === this.#end;
  }

  #afterLineEnds(at: number): number {
    while (at < this.#end && isLineEnd(this.#buffer[at])) at++;
    return at;
  }

  #corrupt(end: number): PipeItem {
    const bytes = viewOf(this.#buffer, this.#start, end);
    this.#consume(end);
    return { kind: "corrupt", bytes };
  }

  #fail(): PipeItem {
    this.#failed = true;
    return this.#corrupt(this.#end);
  }

  #consume(to: number): void {
    this.#start = to;
    this.#scan = undefined;
    if (this.#start < this.#end) return;
    this.#buffer = EMPTY;
    this.#start = this.#end = 0;
    this.#quiet = "no";
  }

  /** A fresh buffer, never the old one moved: bytes given out must stay as they are. */
  #grow(bytes: number): void {
    const kept = this.#end - this.#start;
    const grown = new Uint8Array(Math.max(kept + bytes, 2 * kept));
    grown.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = grown;
    this.#end = kept;
    this.#start = 0;
    this.#scan = undefined;
  }
}
