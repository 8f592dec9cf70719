/**
 * The tokens that are in force now.
 *
 * A book over a file looks before every answer whether the file was replaced (one `stat`), so
 * that revoking a token counts from the next request on, without a signal or a restart. A file
 * that can no longer be read closes the door: nobody is let in on an old list.
 */

import { readTokens, tokenFileState } from "./token-file.ts";
import type { TokenRecord } from "./token.ts";

/** Tokens by id. */
export interface TokenBook {
  /** @throws TokenError when they cannot be known */
  records(): ReadonlyMap<string, TokenRecord>;
}

/** A fixed list, for services without a folder and for tests. */
export function fixedTokens(tokens: readonly TokenRecord[]): TokenBook {
  const records = byId(tokens);
  return { records: () => records };
}

/** The tokens of a file that others may change at any time. */
export function fileTokens(path: string): TokenBook {
  let seen: string | undefined;
  let records = byId([]);
  return {
    records() {
      const state = tokenFileState(path);
      if (state !== seen) {
        records = byId(readTokens(path));
        seen = state;
      }
      return records;
    },
  };
}

function byId(tokens: readonly TokenRecord[]): ReadonlyMap<string, TokenRecord> {
  return new Map(tokens.map((token) => [token.id, token]));
}
