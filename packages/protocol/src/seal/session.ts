/**
 * The two halves of a sealed session: one seals records, one opens them.
 *
 *   key ‖ IV = HKDF(secret, client random ‖ server random, "record" cipher direction epoch)
 *
 * Each direction has its own keys, so a record that is sent back to its sender opens nowhere. An epoch
 * ends after so many records or bytes; the sender goes on to the next by itself, and the receiver
 * follows when the first record of it is authentic. It opens three epochs: the one before (records
 * that were overtaken), the present one, and the next. Sequences go on over epochs, so that on a
 * stream a missing record shows even where the keys change.
 */
import { readUint32, writeUint32 } from "../checksum/checksum.ts";
import type { SealCipher } from "./cipher.ts";
import { aeadOpen, aeadSeal, CIPHER_KEY_BYTES, cipherCode, NONCE_BYTES } from "./cipher.ts";
import { TAG_BYTES } from "./cipher.ts";
import { deriveKey, joinBytes } from "./derive.ts";
import type { SealAgreement } from "./handshake.ts";
import type { SealLimits } from "./limits.ts";
import type { RecordHeader, RecordType } from "./record.ts";
import { RECORD_HEADER_BYTES, writeRecordHeader } from "./record.ts";
import { ReplayWindow } from "./window.ts";

/** Which way a record goes. */
export type SealDirection = "request" | "reply";

/** Why a record was not opened. */
export type OpenRefusal =
  /** Its tag does not fit. */
  | "forged"
  /** Its number was seen, or is too old to tell, or belongs to keys that are gone. */
  | "replayed";

const EPOCH_MAX = 0xffff_ffff;
const DIRECTIONS: Readonly<Record<SealDirection, number>> = { request: 1, reply: 2 };

interface EpochKeys {
  readonly epoch: number;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

function epochKeys(
  { key, cipher, clientRandom, serverRandom }: SealAgreement,
  direction: SealDirection,
  epoch: number,
): EpochKeys {
  const context = Uint8Array.of(cipherCode(cipher), DIRECTIONS[direction], 0, 0, 0, 0);
  writeUint32(context, 2, epoch);
  const salt = joinBytes(clientRandom, serverRandom);
  const source = { secret: key.secret, purpose: "record", salt, context } as const;
  const material = deriveKey(source, CIPHER_KEY_BYTES + NONCE_BYTES);
  return {
    epoch,
    key: material.subarray(0, CIPHER_KEY_BYTES),
    iv: material.subarray(CIPHER_KEY_BYTES),
  };
}

/** The IV xor the sequence, which stands in a record's header. */
function nonceOf(iv: Uint8Array, header: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(iv);
  writeUint32(nonce, 4, readUint32(nonce, 4) ^ readUint32(header, 12));
  writeUint32(nonce, 8, readUint32(nonce, 8) ^ readUint32(header, 16));
  return nonce;
}

/** What either half is made of. */
export interface SessionParts {
  readonly agreement: SealAgreement;
  readonly direction: SealDirection;
  readonly limits: SealLimits;
}

/** Seals what one end sends. */
export class Sealer {
  readonly #parts: SessionParts;
  readonly #cipher: SealCipher;
  #keys: EpochKeys;
  #sequence = 0;
  /** Of this epoch. */
  #records = 0;
  #bytes = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#cipher = parts.agreement.cipher;
    this.#keys = epochKeys(parts.agreement, parts.direction, 0);
  }

  /** Whether no key or number is left: the link has to end. After 2^32 epochs, or 2^53 records. */
  get isSpent(): boolean {
    const isLast = this.#keys.epoch === EPOCH_MAX && this.#isEpochFull;
    return isLast || this.#sequence === Number.MAX_SAFE_INTEGER;
  }

  /** The record of these plain bytes. Never call it when spent. */
  seal(type: RecordType, plain: Uint8Array): Uint8Array {
    if (this.#isEpochFull) this.#advance();
    const bytes = plain.length + TAG_BYTES;
    const { epoch, key, iv } = this.#keys;
    const record = new Uint8Array(RECORD_HEADER_BYTES + bytes);
    writeRecordHeader(record, { type, bytes, epoch, sequence: this.#sequence });
    const aad = record.subarray(0, RECORD_HEADER_BYTES);
    const sealed = aeadSeal(this.#cipher, { key, nonce: nonceOf(iv, aad), aad }, plain);
    record.set(sealed, RECORD_HEADER_BYTES);
    this.#sequence++;
    this.#records++;
    this.#bytes += plain.length;
    return record;
  }

  get #isEpochFull(): boolean {
    const { rekeyRecords, rekeyBytes } = this.#parts.limits;
    return this.#records >= rekeyRecords || this.#bytes >= rekeyBytes;
  }

  #advance(): void {
    const { agreement, direction } = this.#parts;
    if (this.isSpent) throw new RangeError("Bug: a sealed link was used beyond its last key");
    this.#keys = epochKeys(agreement, direction, this.#keys.epoch + 1);
    this.#records = 0;
    this.#bytes = 0;
  }
}

interface OpenEpoch extends EpochKeys {
  readonly window: ReplayWindow;
}

/** Opens what the other end sealed. */
export class Opener {
  readonly #parts: SessionParts;
  readonly #cipher: SealCipher;
  #previous: OpenEpoch | undefined;
  #present: OpenEpoch;
  /** Derived when a record first asks for it, authentic or not, and kept: a forger has it made once. */
  #next: OpenEpoch | undefined;
  #forgeries = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#cipher = parts.agreement.cipher;
    this.#present = this.#derive(0);
  }

  get epoch(): number {
    return this.#present.epoch;
  }

  /** Highest sequence accepted; -1: none yet. Where every record has to come, the next is one more. */
  get highest(): number {
    return Math.max(this.#present.window.highest, this.#previous?.window.highest ?? -1);
  }

  /** Whether so many records were forged that the keys must not be used any more. */
  get isSpent(): boolean {
    return this.#forgeries >= this.#parts.limits.forgeriesMax;
  }

  /**
   * Opens a whole record, whose header has been read.
   *
   * The order is that of RFC 9147 section 4.5.1: number, tag, and only then the window moves.
   */
  open(header: RecordHeader, record: Uint8Array): Uint8Array | OpenRefusal {
    const epoch = this.#find(header.epoch);
    if (epoch === undefined || this.#isLate(header) || !epoch.window.isNew(header.sequence)) {
      return "replayed";
    }
    const aad = record.subarray(0, RECORD_HEADER_BYTES);
    const input = { key: epoch.key, nonce: nonceOf(epoch.iv, aad), aad };
    const plain = aeadOpen(this.#cipher, input, record.subarray(RECORD_HEADER_BYTES));
    if (plain === undefined) {
      this.#forgeries++;
      return "forged";
    }
    epoch.window.mark(header.sequence);
    if (epoch === this.#next) this.#advance(epoch);
    return plain;
  }

  /** Whether more than a window of others have passed it, in its own epoch or since. */
  #isLate({ sequence }: RecordHeader): boolean {
    return sequence <= this.highest - this.#parts.limits.replayWindow;
  }

  #find(epoch: number): OpenEpoch | undefined {
    const present = this.#present.epoch;
    if (epoch === present) return this.#present;
    if (epoch === this.#previous?.epoch) return this.#previous;
    if (epoch === present + 1) return (this.#next ??= this.#derive(epoch));
    return undefined;
  }

  #advance(next: OpenEpoch): void {
    this.#previous = this.#present;
    this.#present = next;
    this.#next = undefined;
  }

  #derive(epoch: number): OpenEpoch {
    const { agreement, direction, limits } = this.#parts;
    return {
      ...epochKeys(agreement, direction, epoch),
      window: new ReplayWindow(limits.replayWindow),
    };
  }
}
