/**
 * Where the bytes of a file come from: memory, or a disk on which it may lie however large it is.
 *
 * A reader asks for a piece at a time and never for more than a block has, so what is held of a file
 * does not grow with it.
 */

/** The bytes of a file. */
export interface CaptureSource {
  /** Of the whole file. */
  readonly length: number;
  /** Bytes from an offset on, fewer where the file ends. They stay as they are. */
  read(at: number, length: number): Uint8Array;
}

/** A file that is in memory already. */
export function sourceOf(file: Uint8Array | CaptureSource): CaptureSource {
  if (!(file instanceof Uint8Array)) return file;
  return { length: file.length, read: (at, length) => file.subarray(at, at + length) };
}
