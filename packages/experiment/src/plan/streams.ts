/**
 * Every draw the runner makes, each keyed and named.
 *
 * A draw is a function of (seed, name, client, message, …) and of nothing else, so the same
 * message has the same body, session and backoff whatever the number of threads and whatever
 * happened before it. The names share no stream with a fault: a fault's stream is its id.
 */
import { hashText, keyedDraws, keyedUint32, wordHigh, wordLow } from "@faultline/faults";
import type { Draw, RandomBytes, SessionId } from "@faultline/protocol";

const SESSION = hashText("runner session");
const CONNECTION = hashText("runner connection");
const SECRET = hashText("runner secret");
const KEY = hashText("runner key");
const CLIENT_SEAL = hashText("runner client seal");
const SERVER_SEAL = hashText("runner server seal");
const SECRET_BYTES = 32;
const BACKOFF = hashText("runner backoff");
const SIZE = hashText("runner payload size");
const BODY = hashText("runner payload body");
const ARRIVAL = hashText("runner arrival");

/** The session of a client: 64 bits drawn by its number, the same in every run of the seed. */
export function sessionOf(seed: number, client: number): SessionId {
  return {
    high: keyedUint32(seed, SESSION, client, 0),
    low: keyedUint32(seed, SESSION, client, 1),
  };
}

/** The id of a client's n-th packet connection: 64 bits. */
export function connectionOf(seed: number, client: number, ordinal: number): SessionId {
  return {
    high: keyedUint32(seed, CONNECTION, client, ordinal, 0),
    low: keyedUint32(seed, CONNECTION, client, ordinal, 1),
  };
}

/** What a simulated server proves addresses with: 32 bytes. */
export function pathSecret(seed: number): Uint8Array {
  const draw = keyedDraws(seed, SECRET);
  return Uint8Array.from({ length: SECRET_BYTES }, (_, at) => draw(at) & 0xff);
}

/** The secret of a run that was given none: no secret at all, since its seed stands in the result. */
export function labSecret(seed: number): Uint8Array {
  const draw = keyedDraws(seed, KEY);
  return Uint8Array.from({ length: SECRET_BYTES }, (_, at) => draw(at) & 0xff);
}

/** What a simulated client brings to the keys of its sealed links, other bytes at each call. */
export function clientRandom(seed: number, client: number): RandomBytes {
  return randomOf((call) => keyedDraws(seed, CLIENT_SEAL, client, call));
}

/** The same of a simulated server in its n-th life. */
export function serverRandom(seed: number, life: number): RandomBytes {
  return randomOf((call) => keyedDraws(seed, SERVER_SEAL, life, call));
}

function randomOf(drawsOf: (call: number) => (n: number) => number): RandomBytes {
  let calls = 0;
  return (bytes) => {
    const draw = drawsOf(calls++);
    return Uint8Array.from({ length: bytes }, (_, at) => draw(at) & 0xff);
  };
}

/** The draws a client makes for its waits, keyed by message and attempt. */
export function backoffDraw(seed: number, client: number): Draw {
  return (operation, attempt) => keyedUint32(seed, BACKOFF, client, operation, attempt);
}

/** Where in its range the size of a body lies. */
export function sizeDraw(seed: number, client: number, message: number): number {
  return keyedUint32(seed, SIZE, client, message);
}

/** The words of a generated body, by number. */
export function bodyDraws(seed: number, client: number, message: number): (n: number) => number {
  return keyedDraws(seed, BODY, client, message);
}

/** The n-th draw for the gap before a message of the run, by its number. */
export function arrivalDraw(seed: number, index: number, n: number): number {
  return keyedUint32(seed, ARRIVAL, wordHigh(index), wordLow(index), n);
}
