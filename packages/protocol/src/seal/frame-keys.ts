/**
 * The keys of signed frames, one end's: what the checksum kind `hmac-sha256-128` signs and checks with.
 *
 *   key = HKDF(secret, salt: session, "frame" direction)      one for each session and direction
 *
 * The session stands in the frame, so there is no handshake, and a frame of one session or direction
 * is none of another's. A frame names no key: all of the keyring are tried for a session that was
 * never heard of, and the one that fits is kept. Nothing is kept for a frame that fits none.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { FrameKeys } from "../checksum/checksum.ts";
import { HEADER_COVERED_BYTES, readUint32 } from "../checksum/checksum.ts";
import { deriveKey, equalBytes, joinBytes } from "./derive.ts";
import type { SealKey } from "./key.ts";
import { Keyring } from "./key.ts";

/** What an end's keys are made of. */
export interface FrameKeysOptions {
  /** The first signs what this end begins; all are accepted. */
  readonly keys: readonly SealKey[];
  /** Which end this is: a client's frames are no server's. */
  readonly side: "client" | "server";
  /**
   * Sessions whose keys are kept; the oldest goes, and its keys are derived again.
   *
   * @default 16_384: as many as a server remembers
   */
  readonly sessionsMax?: number;
}

const SESSION_AT = 12;
const SESSION_BYTES = 8;
const MAC_BYTES = 16;
const CLIENT = Uint8Array.of(1);
const SERVER = Uint8Array.of(2);

type Signer = ReturnType<typeof hmac.create>;

interface SessionKeys {
  readonly own: Signer;
  readonly other: Signer;
}

/**
 * The keys of one end.
 *
 * @throws {RangeError} where a key breaks its rule.
 */
export function createFrameKeys(options: FrameKeysOptions): FrameKeys {
  return new SessionedKeys(options);
}

class SessionedKeys implements FrameKeys {
  readonly #keyring: Keyring;
  readonly #isClient: boolean;
  readonly #sessionsMax: number;
  readonly #sessions = new Map<string, SessionKeys>();

  constructor({ keys, side, sessionsMax = 16_384 }: FrameKeysOptions) {
    this.#keyring = new Keyring(keys, "sign frames");
    this.#isClient = side === "client";
    this.#sessionsMax = sessionsMax;
  }

  sign(buffer: Uint8Array, start: number, end: number): void {
    const name = nameAt(buffer, start);
    const known = this.#sessions.get(name);
    const keys = known ?? this.#derive(this.#keyring.current, buffer, start);
    if (known === undefined) this.#keep(name, keys);
    buffer.set(macOf(keys.own, buffer, start, end), end);
  }

  verify(buffer: Uint8Array, start: number, end: number): boolean {
    const mac = buffer.subarray(end, end + MAC_BYTES);
    const name = nameAt(buffer, start);
    const known = this.#sessions.get(name);
    if (known !== undefined) return equalBytes(macOf(known.other, buffer, start, end), mac);
    for (const key of this.#keyring.all) {
      const keys = this.#derive(key, buffer, start);
      if (!equalBytes(macOf(keys.other, buffer, start, end), mac)) continue;
      this.#keep(name, keys);
      return true;
    }
    return false;
  }

  #keep(name: string, keys: SessionKeys): void {
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= this.#sessionsMax && oldest !== undefined) {
      this.#sessions.delete(oldest);
    }
    this.#sessions.set(name, keys);
  }

  #derive({ secret }: SealKey, buffer: Uint8Array, start: number): SessionKeys {
    const at = start + SESSION_AT;
    const salt = joinBytes(buffer.subarray(at, at + SESSION_BYTES));
    const signerOf = (context: Uint8Array): Signer =>
      hmac.create(sha256, deriveKey({ secret, purpose: "frame", salt, context }, 32));
    const [own, other] = this.#isClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
    return { own: signerOf(own), other: signerOf(other) };
  }
}

function nameAt(buffer: Uint8Array, start: number): string {
  const at = start + SESSION_AT;
  return `${readUint32(buffer, at)}:${readUint32(buffer, at + 4)}`;
}

/** Over what every trailer covers: the header without its own CRC, and the payload. */
function macOf(signer: Signer, buffer: Uint8Array, start: number, end: number): Uint8Array {
  const headerEnd = start + HEADER_COVERED_BYTES;
  const state = signer.clone();
  state.update(buffer.subarray(start, headerEnd));
  state.update(buffer.subarray(headerEnd + 4, end));
  return state.digest().subarray(0, MAC_BYTES);
}
