/**
 * The first record of a TLS connection, collected before the engine hears of it.
 *
 * An engine costs a thousand times what a connection costs. So a peer that sends its hello a byte at a
 * time, or leaves in the middle of it, is met with a few bytes of memory, and no engine is made.
 */

/** What a handshake's record begins with (RFC 8446 section 5.1). */
const HANDSHAKE = 22;
const HEADER_BYTES = 5;
/** Most bytes of a record: what says that it has more is none (RFC 8446 section 5.1). */
const RECORD_BYTES_MAX = 16_384;

/** @see module */
export class Hello {
  #held: Uint8Array = new Uint8Array(0);

  /** @returns all that came, when the record is whole or the engine shall say why it is none */
  take(bytes: Uint8Array): Uint8Array | undefined {
    const held = new Uint8Array(this.#held.length + bytes.length);
    held.set(this.#held);
    held.set(bytes, this.#held.length);
    this.#held = held;
    return isWhole(held) ? held : undefined;
  }
}

function isWhole(held: Uint8Array): boolean {
  if (held.length === 0) return false;
  if (held[0] !== HANDSHAKE) return true;
  if (held.length < HEADER_BYTES) return false;
  const bytes = held[3]! * 256 + held[4]!;
  return bytes > RECORD_BYTES_MAX || held.length >= HEADER_BYTES + bytes;
}
