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
