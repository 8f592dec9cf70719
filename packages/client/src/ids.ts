/**
 * Chance from the machine, for clients outside experiments.
 *
 * An experiment brings seeded draws and session ids of its own, or it could not be replayed.
 */
import type { Draw, SessionId } from "@faultline/protocol";

/** A draw without a key: other numbers at each call. */
export function randomDraw(): Draw {
  return () => uint32();
}

/** A session id nobody else has: 64 random bits. */
export function randomSession(): SessionId {
  return { high: uint32(), low: uint32() };
}

/** Bytes that nobody can guess, for the keys of sealed links. */
export function systemRandom(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

function uint32(): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value;
}
