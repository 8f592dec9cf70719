/**
 * Bytes to frames, wherever the stream was cut. Never meets a socket: `push` stores, `next` gives.
 *
 *   chunk  [ frame ][ frame ][ frame ][ par      read in place, no copy
 *   held                             [ par|tial ]  the rest, until the next chunk completes it
 *
 * Whole frames are views of the chunk. Only the frame that a cut went through is put together,
 * in a buffer that grows as its bytes come: a declared length reserves nothing. An idle decoder
 * holds no memory at all.
 */
import type { Frame, FrameLimits } from "./frame.ts";
import { FRAME_HEADER_BYTES, FRAME_LIMITS_DEFAULT } from "./frame.ts";
import {
  checkHeader,
  checkStart,
  frameBytesAt,
  frameLimits,
  readFrame,
  readHeader,
  viewOf,
} from "./header.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal, refuse } from "./refusal.ts";

/** The first buffer of a held frame: enough for most, so that its header needs none of its own. */
const HELD_BYTES_MIN = 128;
/** A held frame up to this size gets its whole buffer at once. */
const HELD_BYTES_WHOLE = 4096;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Reads the frames of one stream. */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  /** What was pushed last and is not read yet: `[start, end)` of it. */
  #chunk = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether `#chunk` is ours, or the caller's and valid only during its event. */
  #owned = false;
  /** The beginning of the frame that a cut went through. */
  #held = EMPTY;
  #heldBytes = 0;
  /** Size of the frame being read; 0 until its header was checked. */
  #frameBytes = 0;
  #raw = EMPTY;
  #rawStart = 0;
  #rawEnd = 0;
  #failed = false;

  /** @param limits what is refused before it is kept. */
  constructor(limits?: Partial<FrameLimits>) {
    this.#limits = frameLimits(limits);
  }

  /** Bytes kept for frames that are not complete, or not read yet. */
  get bufferedBytes(): number {
    return this.#heldBytes + this.#end - this.#start;
  }

  /** After a fatal refusal: nothing more is accepted or given. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * Takes the next bytes of the stream. They need only be valid until `next` has returned
   * undefined or `settle` was called, whichever is first.
   */
  push(bytes: Uint8Array): void {
    if (this.#failed) return;
    if (this.#start < this.#end) {
      this.#append(bytes);
      return;
    }
    this.#chunk = bytes;
    this.#start = 0;
    this.#end = bytes.length;
    this.#owned = false;
  }

  /**
   * The next frame, or why there is none, or undefined: not yet.
   *
   * The payload is a view, valid until the next call and no longer than the pushed bytes are.
   */
  next(): Frame | Refusal | undefined {
    if (this.#heldBytes > 0) return this.#nextHeld();
    const available = this.#end - this.#start;
    if (available < FRAME_HEADER_BYTES) return this.#hold();
    const refusal = checkHeader(this.#chunk, this.#start, this.#limits);
    if (refusal !== undefined) return this.#fail(refusal);
    this.#frameBytes = frameBytesAt(this.#chunk, this.#start);
    if (available < this.#frameBytes) return this.#hold();
    const at = this.#start;
    this.#start += this.#frameBytes;
    return this.#give(this.#chunk, at);
  }

  /** The whole bytes of what `next` returned last, as a view with the lifetime of its payload. */
  raw(): Uint8Array {
    return viewOf(this.#raw, this.#rawStart, this.#rawEnd);
  }

  /**
   * Copies what is not read yet out of the caller's buffer. Only needed at the end of an event in
   * which `next` was not called until it returned undefined.
   */
  settle(): void {
    if (this.#owned) return;
    const start = this.#start;
    // Not `slice`: a Node Buffer is a Uint8Array too, but its `slice` does not copy.
    this.#chunk =
      start < this.#end ? new Uint8Array(this.#chunk.subarray(start, this.#end)) : EMPTY;
    this.#start = 0;
    this.#end -= start;
    this.#owned = true;
    this.#raw = EMPTY;
    this.#rawStart = this.#rawEnd = 0;
  }

  /** To be called when the stream has ended and `next` gave undefined: a refusal if inside a frame. */
  end(): Refusal | undefined {
    const bytes = this.bufferedBytes;
    if (this.#failed || bytes === 0) return undefined;
    const header = this.#frameBytes > 0 ? readHeader(this.#held, 0) : undefined;
    const message = `The stream ended ${bytes} bytes into a frame.`;
    return this.#fail(refuse("truncated", message, header));
  }

  /** Goes on with the frame that a cut went through: first its header, then the rest of it. */
  #nextHeld(): Frame | Refusal | undefined {
    if (this.#frameBytes === 0) {
      if (!this.#fill(FRAME_HEADER_BYTES)) {
        const early = checkStart(this.#held, 0, this.#heldBytes);
        return early === undefined ? undefined : this.#fail(early);
      }
      const refusal = checkHeader(this.#held, 0, this.#limits);
      if (refusal !== undefined) return this.#fail(refusal);
      this.#frameBytes = frameBytesAt(this.#held, 0);
    }
    if (!this.#fill(this.#frameBytes)) return undefined;
    const held = this.#held;
    this.#held = EMPTY;
    this.#heldBytes = 0;
    return this.#give(held, 0);
  }

  /** Moves bytes from the chunk to the held frame until it has `target`; false if they ran out. */
  #fill(target: number): boolean {
    const wanted = Math.min(target - this.#heldBytes, this.#end - this.#start);
    if (wanted > 0) {
      this.#reserve(this.#heldBytes + wanted, target);
      const from = this.#start;
      this.#held.set(this.#chunk.subarray(from, from + wanted), this.#heldBytes);
      this.#heldBytes += wanted;
      this.#start += wanted;
    }
    if (this.#start === this.#end) this.#release();
    return this.#heldBytes >= target;
  }

  #reserve(bytes: number, target: number): void {
    if (this.#held.length >= bytes) return;
    const advance = Math.max(bytes, 2 * this.#held.length, HELD_BYTES_WHOLE);
    const held = new Uint8Array(Math.max(HELD_BYTES_MIN, Math.min(target, advance)));
    held.set(this.#held.subarray(0, this.#heldBytes));
    this.#held = held;
  }

  /** Nothing more to read in the chunk: keeps its rest. */
  #hold(): Refusal | undefined {
    if (this.#start === this.#end) {
      this.#release();
      return undefined;
    }
    const early = checkStart(this.#chunk, this.#start, this.#end);
    if (early !== undefined) return this.#fail(early);
    this.#fill(this.#frameBytes === 0 ? FRAME_HEADER_BYTES : this.#frameBytes);
    return undefined;
  }

  #give(buffer: Uint8Array, at: number): Frame | Refusal {
    const bytes = this.#frameBytes;
    this.#frameBytes = 0;
    this.#raw = buffer;
    this.#rawStart = at;
    this.#rawEnd = at + bytes;
    return readFrame(buffer, at, bytes, this.#limits.keys);
  }

  #fail(refusal: Refusal): Refusal {
    this.#failed = true;
    this.#held = EMPTY;
    this.#heldBytes = 0;
    this.#release();
    return refusal;
  }

  #release(): void {
    this.#chunk = EMPTY;
    this.#start = this.#end = 0;
    this.#owned = true;
    this.#raw = EMPTY;
    this.#rawStart = this.#rawEnd = 0;
  }

  /** The rare case of a push before everything was read: joined, doubling, never in place. */
  #append(bytes: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (!this.#owned || this.#chunk.length - this.#end < bytes.length) {
      const joined = new Uint8Array(Math.max(kept + bytes.length, 2 * kept));
      joined.set(this.#chunk.subarray(this.#start, this.#end));
      this.#chunk = joined;
      this.#start = 0;
      this.#end = kept;
      this.#owned = true;
    }
    this.#chunk.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}

/**
 * The one frame of a datagram.
 *
 * @returns the frame, its payload a view of `bytes`; or a refusal, `truncated` and
 *   `trailing-bytes` among them: a datagram holds exactly one frame.
 */
export function decodeDatagram(bytes: Uint8Array, limits?: Partial<FrameLimits>): Frame | Refusal {
  const checked = limits === undefined ? FRAME_LIMITS_DEFAULT : frameLimits(limits);
  if (bytes.length < FRAME_HEADER_BYTES) {
    const early = checkStart(bytes, 0, bytes.length);
    return early ?? refuse("truncated", `${bytes.length} bytes hold no header.`);
  }
  const refusal = checkHeader(bytes, 0, checked);
  if (refusal !== undefined) return refusal;
  const expected = frameBytesAt(bytes, 0);
  if (bytes.length < expected) {
    const message = `The frame has ${expected} bytes: got ${bytes.length}.`;
    return refuse("truncated", message, readHeader(bytes, 0));
  }
  const frame = readFrame(bytes, 0, expected, checked.keys);
  if (bytes.length > expected && !isRefusal(frame)) {
    const message = `The frame has ${expected} bytes: got ${bytes.length}.`;
    return refuse("trailing-bytes", message, readHeader(bytes, 0));
  }
  return frame;
}
