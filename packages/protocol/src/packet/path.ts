/**
 * Whether the peer's address is believed, and what may be sent to it until it is.
 *
 * Anybody can write somebody else's address on a datagram. Until a token that was sent there has
 * come back, that address gets at most three times the bytes that came from it (RFC 9000 section
 * 8.1). Every packet to it carries the token until then, so no packet of its own is needed.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { readUint32 } from "../checksum/checksum.ts";
import type { SessionId } from "../frame.ts";
import { sessionToHex } from "../frame.ts";

/** Bytes sent for each byte received, before the address is validated. */
export const AMPLIFICATION_MAX = 3;

/** The listener's side of one path. */
export class PathGuard {
  readonly token: SessionId;
  isValidated = false;
  #allowanceBytes = 0;

  constructor(token: SessionId) {
    this.token = token;
  }

  /** Bytes that may be sent now. */
  get allowanceBytes(): number {
    return this.isValidated ? Infinity : this.#allowanceBytes;
  }

  received(bytes: number): void {
    if (!this.isValidated) this.#allowanceBytes += AMPLIFICATION_MAX * bytes;
  }

  sent(bytes: number): void {
    this.#allowanceBytes -= bytes;
  }

  /** A token has come back. */
  answered(token: SessionId): void {
    if (token.high === this.token.high && token.low === this.token.low) this.isValidated = true;
  }
}

/**
 * The token of one connection from one address: who does not know the secret cannot guess it.
 *
 * @param secret at least 16 random bytes, the same as long as tokens shall hold
 * @param remote the peer, as `host:port`
 */
export function pathToken(secret: Uint8Array, remote: string, connection: SessionId): SessionId {
  const text = `${remote} ${sessionToHex(connection)}`;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const digest = hmac(sha256, secret, bytes);
  return { high: readUint32(digest, 0), low: readUint32(digest, 4) };
}
