/**
 * Many frames into one buffer, so that one event costs one write.
 *
 * A buffer that was taken belongs to the taker (a socket keeps it until it is sent), so every
 * batch gets a fresh one, sized after the batch before. Between batches the writer holds no
 * memory: ten thousand idle connections cost nothing here. Reusing one big buffer was the road not
 * taken for that reason.
 */
import { frameBytes, writeFrame } from "./encode.ts";
import type { Frame } from "./frame.ts";

/** @see FrameWriter */
export interface FrameWriterOptions {
  /**
   * The most a fresh buffer is sized at in advance, in bytes; a bigger batch makes it grow.
   *
   * @default 65_536: what a socket takes at once.
   */
  readonly chunkBytes?: number;
}

/** Collects frames until they are taken. */
export class FrameWriter {
  readonly #chunkBytes: number;
  #buffer: Uint8Array | undefined;
  #end = 0;
  #bytesBefore = 0;

  constructor(options: FrameWriterOptions = {}) {
    const { chunkBytes = 65_536 } = options;
    if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
      throw new RangeError(
        `Cannot write frames as "chunkBytes" must be an integer of at least 1: got ${chunkBytes}`,
      );
    }
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes waiting to be taken. */
  get pendingBytes(): number {
    return this.#end;
  }

  /**
   * Adds one frame to the batch.
   *
   * @throws {ProtocolError} as `encodeFrame`; the batch is as it was.
   */
  append(frame: Frame): void {
    const bytes = frameBytes(frame);
    let buffer = this.#buffer;
    if (buffer === undefined || buffer.length - this.#end < bytes) buffer = this.#grow(bytes);
    this.#end = writeFrame(buffer, this.#end, frame);
  }

  /** The batch, which from now on belongs to the caller; undefined when there is none. */
  take(): Uint8Array | undefined {
    const buffer = this.#buffer;
    const end = this.#end;
    if (buffer === undefined || end === 0) return undefined;
    this.#bytesBefore = end;
    this.#buffer = undefined;
    this.#end = 0;
    return end === buffer.length ? buffer : buffer.subarray(0, end);
  }

  #grow(bytes: number): Uint8Array {
    const advance = Math.min(this.#chunkBytes, Math.max(this.#bytesBefore, 2 * this.#end));
    const buffer = new Uint8Array(Math.max(advance, this.#end + bytes));
    if (this.#buffer !== undefined) buffer.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = buffer;
    return buffer;
  }
}
