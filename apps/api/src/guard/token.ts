/**
 * Bearer tokens: how one is made, written, and recognised without being kept.
 *
 *   flt_0123456789abcdef_Yk3…(43 characters)
 *   |   |                └ secret: 256 random bits, base64url
 *   |   └ id: 64 random bits in hex; public, stands in lists and logs
 *   └ prefix, for scanners that look for leaked secrets
 *
 * Kept is the SHA-256 of the whole text. A slow password hash was the road not taken: it guards
 * guessable secrets, and nobody guesses 256 random bits; it would only make refusals expensive.
 * A token that is not known is compared too, with a digest that nothing has, so that every
 * refusal does the same work.
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { RandomBytes } from "../clock.ts";
import type { Scope } from "./scope.ts";

/** A token as it is kept: everything but the secret. */
export interface TokenRecord {
  /** 16 hex digits, public. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the token's text, 64 hex digits. */
  readonly sha256: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339; null: never. */
  readonly expiresAt: string | null;
}

/** What a new token is made from. */
export interface TokenWish {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Left out: it never expires. */
  readonly days?: number;
}

/** A new token: the text that is shown once, and what is kept of it. */
export interface NewToken {
  readonly text: string;
  readonly record: TokenRecord;
}

/** Whose token a text is, or why it is nobody's. */
export type TokenCheck =
  | { readonly kind: "good"; readonly record: TokenRecord }
  | { readonly kind: "expired"; readonly record: TokenRecord }
  | { readonly kind: "unknown" };

/** Whether two digests are equal, in a time that does not depend on where they differ. */
export type DigestCompare = (a: Uint8Array, b: Uint8Array) => boolean;

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const DAY_MS = 86_400_000;
const FORM = /^flt_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** Longer texts are not looked at: a token has 64 characters. */
const TEXT_CHARS_MAX = 256;

/** No token has this digest, as far as SHA-256 can be trusted. */
const NOBODY = "0".repeat(64);

/** Makes a token. Its text is in nothing that is kept. */
export function makeToken(wish: TokenWish, random: RandomBytes): NewToken {
  const { name, scopes, nowMs, days } = wish;
  const id = Buffer.from(random(ID_BYTES)).toString("hex");
  const text = `flt_${id}_${Buffer.from(random(SECRET_BYTES)).toString("base64url")}`;
  const expiresAt = days === undefined ? null : isoTime(nowMs + days * DAY_MS);
  const sha256 = Buffer.from(digest(text)).toString("hex");
  return { text, record: { id, name, scopes, sha256, createdAt: isoTime(nowMs), expiresAt } };
}

/**
 * Looks a token up. Whatever the answer, one digest is made and one comparison done; whether it
 * has expired is only told to somebody who knows the secret.
 */
export function checkToken(
  text: string,
  records: ReadonlyMap<string, TokenRecord>,
  nowMs: number,
  compare: DigestCompare = timingSafeEqual,
): TokenCheck {
  const given = text.length > TEXT_CHARS_MAX ? "" : text;
  const id = FORM.exec(given)?.[1];
  const record = id === undefined ? undefined : records.get(id);
  const kept = Buffer.from(record?.sha256 ?? NOBODY, "hex");
  const isEqual = compare(digest(given), kept);
  if (!isEqual || record === undefined) return { kind: "unknown" };
  return { kind: isExpired(record, nowMs) ? "expired" : "good", record };
}

/** Whether its time is over. */
export function isExpired({ expiresAt }: Pick<TokenRecord, "expiresAt">, nowMs: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
