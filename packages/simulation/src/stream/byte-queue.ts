/**
 * Bytes that wait to be sent: given in any pieces, taken in any pieces, copied only where a piece
 * taken spans two given.
 */

/** A queue of bytes. */
export class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  #head = 0;
  /** Bytes of the first piece that were taken already. */
  #taken = 0;
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Takes `size` bytes, at least one and at most `length`. */
  take(size: number): Uint8Array {
    const first = this.#pieces[this.#head] as Uint8Array;
    const left = first.length - this.#taken;
    if (left < size) return this.#gather(size);
    const start = this.#taken;
    this.#advance(size);
    return size === first.length ? first : first.subarray(start, start + size);
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#head = 0;
    this.#taken = 0;
    this.#length = 0;
  }

  #gather(size: number): Uint8Array {
    const gathered = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const piece = this.#pieces[this.#head] as Uint8Array;
      const part = Math.min(size - at, piece.length - this.#taken);
      gathered.set(piece.subarray(this.#taken, this.#taken + part), at);
      this.#advance(part);
      at += part;
    }
    return gathered;
  }

  /** Moves on by bytes of the first piece. */
  #advance(size: number): void {
    const piece = this.#pieces[this.#head] as Uint8Array;
    this.#taken += size;
    this.#length -= size;
    if (this.#taken < piece.length) return;
    this.#taken = 0;
    this.#head++;
    if (this.#head * 2 < this.#pieces.length) return;
    this.#pieces.splice(0, this.#head);
    this.#head = 0;
  }
}
