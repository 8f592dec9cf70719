/**
 * What an operator does with tokens: make one, list them, revoke one.
 *
 * The command line calls this; no route does. A token cannot make tokens, so that a stolen one
 * ends with its own revocation.
 */

import type { Clock, RandomBytes } from "../clock.ts";
import { systemClock, systemRandom } from "../system.ts";
import { isScope, type Scope, SCOPES } from "./scope.ts";
import { changeTokens, readTokens, TokenError, tokenFileOf } from "./token-file.ts";
import { isExpired, makeToken, type NewToken, type TokenRecord } from "./token.ts";

/** Ten years: longer is "for ever", which is said by leaving it out. */
export const TOKEN_DAYS_MAX = 3650;

/** A name is a label, not a text. */
const NAME_CHARS_MAX = 64;

/** Letters, digits, spaces and a little punctuation: it stands in logs and tables. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@:/+-]*$/u;

/** What a new token shall be. */
export interface CreateTokenOptions {
  /** The service's data folder. */
  readonly data: string;
  /** @default ["read"] */
  readonly scopes?: readonly Scope[];
  /** @default "token" */
  readonly name?: string;
  /** 1 … 3650; left out: it never expires. */
  readonly days?: number;
  readonly clock?: Pick<Clock, "nowMs">;
  readonly random?: RandomBytes;
}

/** A token for people to look at: nothing in it opens anything. */
export interface TokenSummary extends Omit<TokenRecord, "sha256"> {
  readonly expired: boolean;
}

/**
 * Makes a token and keeps its digest; the text is in the answer and nowhere else.
 * @throws RangeError for a name, scope or lifetime that cannot be
 * @throws TokenError if the file cannot be read or written
 */
export function createToken(options: CreateTokenOptions): NewToken {
  const { data, scopes = ["read"], name = "token", days } = options;
  const { clock = systemClock, random = systemRandom } = options;
  checkName(name);
  checkScopes(scopes);
  if (days !== undefined) checkDays(days);
  const wish = { name, scopes: SCOPES.filter((scope) => scopes.includes(scope)) };
  const made = makeToken(
    { ...wish, nowMs: clock.nowMs(), ...(days === undefined ? {} : { days }) },
    random,
  );
  changeTokens(tokenFileOf(data), (tokens) => [...tokens, made.record]);
  return made;
}

/** All tokens of a data folder, in the order they were made. @throws TokenError */
export function listTokens(
  data: string,
  clock: Pick<Clock, "nowMs"> = systemClock,
): readonly TokenSummary[] {
  const nowMs = clock.nowMs();
  return readTokens(tokenFileOf(data)).map((token) => {
    const { sha256: _, ...summary } = token;
    return { ...summary, expired: isExpired(token, nowMs) };
  });
}

/**
 * Takes a token out of force, by its id; a running service obeys from its next request on.
 * @throws TokenError `unknown` where there is none, or if the file cannot be read or written
 */
export function revokeToken(data: string, id: string): void {
  changeTokens(tokenFileOf(data), (tokens) => {
    const left = tokens.filter((token) => token.id !== id);
    if (left.length === tokens.length) {
      throw new TokenError("unknown", `Cannot revoke a token as there is none with this id`);
    }
    return left;
  });
}

function checkName(name: string): void {
  if (name.length <= NAME_CHARS_MAX && NAME.test(name)) return;
  const rule = `1 to ${NAME_CHARS_MAX} letters, digits, spaces or . _ @ : / + -`;
  throw new RangeError(
    `Cannot make a token as "name" must be ${rule}: got ${JSON.stringify(name.slice(0, NAME_CHARS_MAX))}`,
  );
}

function checkScopes(scopes: readonly unknown[]): void {
  const wrong = scopes.find((scope) => !isScope(scope));
  if (scopes.length > 0 && wrong === undefined) return;
  throw new RangeError(
    `Cannot make a token as "scopes" must be some of ${SCOPES.join(", ")}: got ${JSON.stringify(wrong ?? scopes)}`,
  );
}

function checkDays(days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= TOKEN_DAYS_MAX) return;
  throw new RangeError(
    `Cannot make a token as "days" must be an integer from 1 to ${TOKEN_DAYS_MAX}: got ${days}`,
  );
}
