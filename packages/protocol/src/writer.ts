/**
 * Many frames into one buffer, so that one event costs one write.
 *
 * What was taken belongs to the taker (a socket keeps it until it is sent), so every batch gets
 * fresh bytes, as many as the batch before had. Between batches the writer holds no memory: ten
 * thousand idle connections cost nothing here. Reusing one big buffer was the road not taken for
 * that reason.
 */
import type { FrameKeys } from "./checksum/checksum.ts";
import { frameBytes, writeFrame } from "./encode.ts";
import type { Frame } from "./frame.ts";
import { viewOf } from "./header.ts";
import { returnRoom, takeRoom } from "./pool.ts";

/** @see FrameWriter */
export interface FrameWriterOptions {
  /**
   * The most that is set aside in advance for a batch, in bytes; a bigger batch makes it grow.
   *
   * @default 65_536: what a socket takes at once.
   */
  readonly chunkBytes?: number;
  /** What frames of the kind `hmac-sha256-128` are signed with. @default none: those are not written */
  readonly keys?: FrameKeys | undefined;
}

/** Collects frames until they are taken. */
export class FrameWriter {
  readonly #chunkBytes: number;
  readonly #keys: FrameKeys | undefined;
  #buffer: Uint8Array | undefined;
  /** The batch is `[start, end)`; `[end, limit)` is free for it. */
  #start = 0;
  #end = 0;
  #limit = 0;
  #bytesBefore = 0;

  constructor(options: FrameWriterOptions = {}) {
    const { chunkBytes = 65_536, keys } = options;
    if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
      throw new RangeError(
        `Cannot write frames as "chunkBytes" must be an integer of at least 1: got ${chunkBytes}`,
      );
    }
    this.#chunkBytes = chunkBytes;
    this.#keys = keys;
  }

  /** Bytes waiting to be taken. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /**
   * Adds one frame to the batch.
   *
   * @throws {ProtocolError} as `encodeFrame`; the batch is as it was.
   */
  append(frame: Frame): void {
    const bytes = frameBytes(frame);
    let buffer = this.#buffer;
    if (buffer === undefined || this.#limit - this.#end < bytes) buffer = this.#grow(bytes);
    this.#end = writeFrame(buffer, this.#end, frame, this.#keys);
  }

  /**
   * The batch, which from now on belongs to the caller; undefined when there is none. Like the
   * arrays of `encodeFrame` it may share its `ArrayBuffer`: send it, do not transfer it.
   */
  take(): Uint8Array | undefined {
    const buffer = this.#buffer;
    const bytes = this.#end - this.#start;
    if (buffer === undefined || bytes === 0) return undefined;
    const batch = viewOf(buffer, this.#start, this.#end);
    returnRoom(buffer, this.#end, this.#limit);
    this.#bytesBefore = bytes;
    this.#buffer = undefined;
    this.#start = this.#end = this.#limit = 0;
    return batch;
  }

  #grow(bytes: number): Uint8Array {
    const pending = this.#end - this.#start;
    const advance = Math.min(this.#chunkBytes, Math.max(this.#bytesBefore, 2 * pending));
    const size = Math.max(advance, pending + bytes);
    const { buffer, at } = takeRoom(size);
    if (this.#buffer !== undefined) {
      buffer.set(this.#buffer.subarray(this.#start, this.#end), at);
    }
    this.#buffer = buffer;
    this.#start = at;
    this.#end = at + pending;
    this.#limit = at + size;
    return buffer;
  }
}
