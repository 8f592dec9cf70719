/**
 * What each message carries: generated text, or the spec's own bodies in turn.
 *
 * A generated body opens with its identity, `client.message.`, so no two of a run are equal and a
 * person reading a capture knows which is which; the rest is drawn. It is printable, holds no
 * vowel and so no word (no forbidden phrase), no `|`, no line break. A size too small for the
 * identity keeps its end, which is as unique as that size allows.
 */
import { bodyDraws, sizeDraw } from "./streams.ts";
import type { FullSpec, PayloadRange } from "../spec/types.ts";

const ALPHABET = new TextEncoder().encode("bcdfghjklmnpqrstvwxz0123456789-_");
const DIGITS = new TextEncoder().encode("0123456789bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ");
const BITS = 5;
const PER_WORD = 6;
const DOT = 0x2e;
/** Three digits for a client (125 000), six for a message, two dots: a body of this size holds it whole. */
const IDENTITY_BYTES_MAX = 11;

/** The body of a message; client and message count from 0. */
export type Bodies = (client: number, message: number) => Uint8Array;

/** The bodies of a spec. The same call gives the same bytes, in a fresh buffer where generated. */
export function planBodies(spec: Pick<FullSpec, "seed" | "workload">): Bodies {
  const { seed, workload } = spec;
  if (workload.bodies !== null) return listedBodies(workload.bodies, workload.clients);
  const { payloadBytes } = workload;
  return (client, message) => {
    const size =
      typeof payloadBytes === "number"
        ? payloadBytes
        : drawnSize(payloadBytes, seed, client, message);
    return generateBody({ seed, client, message, size });
  };
}

function listedBodies(texts: readonly string[], clients: number): Bodies {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  return (client, message) => encoded[(message * clients + client) % encoded.length]!;
}

function drawnSize(range: PayloadRange, seed: number, client: number, message: number): number {
  const sizes = range.max - range.min + 1;
  return range.min + Math.floor((sizeDraw(seed, client, message) / 2 ** 32) * sizes);
}

interface BodyKey {
  readonly seed: number;
  readonly client: number;
  readonly message: number;
  readonly size: number;
}

function generateBody({ seed, client, message, size }: BodyKey): Uint8Array {
  const body = new Uint8Array(size);
  const draw = bodyDraws(seed, client, message);
  const first = putIdentity(body, client, message);
  let word = 0;
  for (let at = first; at < size; at += 1) {
    const place = (at - first) % PER_WORD;
    if (place === 0) word = draw(at);
    body[at] = ALPHABET[(word >>> (place * BITS)) & 31]!;
  }
  return body;
}

/** Writes `client.message.`, or as much of its end as there is room for. @returns the offset after it */
function putIdentity(body: Uint8Array, client: number, message: number): number {
  const bytes = digitsOf(client) + digitsOf(message) + 2;
  const end = Math.min(bytes, body.length);
  let at = end - 1;
  for (const value of [message, client]) {
    if (at >= 0) body[at] = DOT;
    at -= 1;
    let left = value;
    do {
      if (at >= 0) body[at] = DIGITS[left % DIGITS.length]!;
      at -= 1;
      left = Math.floor(left / DIGITS.length);
    } while (left > 0);
  }
  return end;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let left = value; left >= DIGITS.length; left = Math.floor(left / DIGITS.length)) digits++;
  return digits;
}

/**
 * Whose generated body this is: client and message, read from its beginning.
 *
 * @returns undefined where it does not begin with an identity, or was too small to hold a whole one
 */
export function readIdentity(
  body: Uint8Array,
): { readonly client: number; readonly message: number } | undefined {
  if (body.length < IDENTITY_BYTES_MAX) return undefined;
  const first = body.indexOf(DOT);
  const second = body.indexOf(DOT, first + 1);
  const client = numberIn(body, 0, first);
  const message = numberIn(body, first + 1, second);
  return client < 0 || message < 0 ? undefined : { client, message };
}

function numberIn(body: Uint8Array, from: number, to: number): number {
  if (to <= from || to > IDENTITY_BYTES_MAX) return -1;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = DIGITS.indexOf(body[at]!);
    if (digit < 0) return -1;
    value = value * DIGITS.length + digit;
  }
  return value;
}
