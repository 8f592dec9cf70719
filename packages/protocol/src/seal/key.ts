/**
 * Pre-shared secrets and their ids: who may talk to whom, and how keys are changed without a pause.
 *
 * A keyring holds several: the first is used for what this end begins, all are accepted from the
 * peer. To rotate, give the new key to the servers as second, then to the clients as first, then
 * take the old one away. A secret is never a cipher's key: every key is derived from it (derive.ts).
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { deriveKey } from "./derive.ts";

/** A secret that both ends have been given, and its name. */
export interface SealKey {
  /** 1 … 16 letters, digits, dots, underscores or hyphens. It travels in the clear. */
  readonly id: string;
  /** 32 … 1024 bytes out of a generator of random numbers; a password is none. */
  readonly secret: Uint8Array;
}

/** Bytes that a key's id has on the wire, filled up with zeros. */
export const KEY_ID_BYTES = 16;
/** Shorter secrets could be found by trying: 256 bits, as the ciphers' own keys have. */
export const SECRET_BYTES_MIN = 32;
const SECRET_BYTES_MAX = 1024;
/** Keys of one end: more are a mistake, and each costs work where frames name no key. */
export const KEYS_MAX = 16;

const ID_RULE = /^[A-Za-z0-9._-]{1,16}$/;

/** Keys that have been checked, in the order in which they were given. */
export class Keyring {
  readonly #keys: readonly SealKey[];
  /** What hellos are signed with: asked for with every hello, forged ones too, so made once. */
  readonly #helloKeys = new Map<SealKey, Uint8Array>();

  /**
   * @param doing what the keys are for, as in `Cannot <doing> as …`.
   * @throws {RangeError} where there is no key, too many, a bad one, or an id twice.
   */
  constructor(keys: readonly SealKey[], doing: string) {
    checkKeys(keys, doing);
    this.#keys = keys.map(({ id, secret }) => ({ id, secret: new Uint8Array(secret) }));
  }

  /** The key for what this end begins. */
  get current(): SealKey {
    return this.#keys[0]!;
  }

  /** All keys, the current one first. */
  get all(): readonly SealKey[] {
    return this.#keys;
  }

  /** The key of that id. */
  find(id: string): SealKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }

  /** What proves that somebody knows the key's secret, over a hello's bytes. */
  signHello(key: SealKey, bytes: Uint8Array): Uint8Array {
    let helloKey = this.#helloKeys.get(key);
    if (helloKey === undefined) {
      helloKey = deriveKey({ secret: key.secret, purpose: "hello" }, 32);
      this.#helloKeys.set(key, helloKey);
    }
    return hmac(sha256, helloKey, bytes);
  }
}

function checkKeys(keys: readonly SealKey[], doing: string): void {
  const refuse = (setting: string, rule: string, got: unknown): never => {
    throw new RangeError(`Cannot ${doing} as "${setting}" must be ${rule}: got ${String(got)}`);
  };
  if (keys.length < 1 || keys.length > KEYS_MAX) {
    refuse("keys", `1 to ${KEYS_MAX} keys`, keys.length);
  }
  const ids = new Set<string>();
  keys.forEach(({ id, secret }, index) => {
    if (typeof id !== "string" || !ID_RULE.test(id)) {
      refuse(`keys[${index}].id`, "1 to 16 letters, digits, dots, underscores or hyphens", id);
    }
    if (ids.has(id)) refuse(`keys[${index}].id`, "the id of one key only", id);
    ids.add(id);
    // The secret itself is never in a message.
    const bytes = secret instanceof Uint8Array ? secret.length : -1;
    if (bytes < SECRET_BYTES_MIN || bytes > SECRET_BYTES_MAX) {
      const rule = `${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes`;
      refuse(`keys[${index}].secret`, rule, bytes < 0 ? typeof secret : `${bytes} bytes`);
    }
  });
}
