/**
 * Every limit of a sealed link: name with its unit, default, reason, source.
 */
import { REPLAY_WINDOW_MAX, REPLAY_WINDOW_MIN } from "./window.ts";

/** The limits of sealed links. */
export interface SealLimits {
  /**
   * Records under one key; then the next epoch begins.
   *
   * @default 4_194_304: half of what RFC 9001 section 6.6 allows AES-GCM for packets of up to 64 KiB.
   */
  readonly rekeyRecords: number;
  /**
   * Plain bytes under one key; then the next epoch begins.
   *
   * @default 68_719_476_736: a sixth of the 2^24.5 records of 2^14 bytes of RFC 8446 section 5.5.
   */
  readonly rekeyBytes: number;
  /**
   * Records with a wrong tag that a link bears; then it is given up.
   *
   * @default 68_719_476_736: the 2^36 of RFC 9001 section 6.6 for ChaCha20-Poly1305; AES-GCM would bear more.
   */
  readonly forgeriesMax: number;
  /**
   * Bits of the anti-replay window of an epoch on datagrams: a multiple of 32 from 64 to 1024. A
   * datagram that was overtaken by more than so many is lost.
   *
   * @default 1024: wider than any reordering of a lab.
   */
  readonly replayWindow: number;
  /**
   * How long a handshake may take, in ms; at a server from the first byte to the first record.
   *
   * @default 10_000: the client's own patience when it connects.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * Datagrams only: the wait before a hello without an answer is sent again, in ms; it doubles.
   *
   * @default 1_000: RFC 9147 section 5.8.2.
   */
  readonly helloRetryMs: number;
  /**
   * Handshakes that a server has under way at once; a hello above it is not answered.
   *
   * @default 1_024: each holds two keys and a timer.
   */
  readonly handshakesMax: number;
  /**
   * Hellos that a server remembers, so that a repeated one is not answered.
   *
   * @default 65_536: some ten megabytes.
   */
  readonly hellosRemembered: number;
  /**
   * Bytes that a link takes before its handshake is over; above it, it says that it is full.
   *
   * @default 1_048_576: one of the largest messages.
   */
  readonly pendingBytesMax: number;
}

/** The limits where none are given. */
export const SEAL_LIMITS_DEFAULT: SealLimits = {
  rekeyRecords: 4_194_304,
  rekeyBytes: 68_719_476_736,
  forgeriesMax: 68_719_476_736,
  replayWindow: REPLAY_WINDOW_MAX,
  handshakeTimeoutMs: 10_000,
  helloRetryMs: 1_000,
  handshakesMax: 1_024,
  hellosRemembered: 65_536,
  pendingBytesMax: 1_048_576,
};

/**
 * Limits with every default filled in. Those of keys may be lowered, never raised.
 *
 * @throws {RangeError} naming the limit, its rule and the value it had.
 */
export function sealLimits(given: Partial<SealLimits> = {}): SealLimits {
  const limits = { ...SEAL_LIMITS_DEFAULT, ...given };
  for (const name of Object.keys(SEAL_LIMITS_DEFAULT) as (keyof SealLimits)[]) {
    const value = limits[name];
    const isKeys = name === "rekeyRecords" || name === "rekeyBytes" || name === "forgeriesMax";
    const max = isKeys ? SEAL_LIMITS_DEFAULT[name] : 2 ** 31;
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) continue;
    refuse(name, `an integer of 1 … ${max}`, value);
  }
  const { replayWindow } = limits;
  const fits = replayWindow >= REPLAY_WINDOW_MIN && replayWindow <= REPLAY_WINDOW_MAX;
  if (!fits || replayWindow % 32 !== 0) {
    const rule = `a multiple of 32 from ${REPLAY_WINDOW_MIN} to ${REPLAY_WINDOW_MAX}`;
    refuse("replayWindow", rule, replayWindow);
  }
  return limits;
}

function refuse(name: string, rule: string, value: unknown): never {
  throw new RangeError(`Cannot seal a link as "${name}" must be ${rule}: got ${String(value)}`);
}
