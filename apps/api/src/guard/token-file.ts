/**
 * The file that tokens are kept in, beside the store: `tokens.json`, readable by its owner only.
 *
 * A file of its own and not a table of the store: the store belongs to the running service, and
 * tokens are made and revoked while it runs. It is replaced whole by a rename, so a reader sees
 * the old list or the new one and a crash leaves nothing half-written; a lock file beside it
 * keeps two writers from losing each other's change.
 */

import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "@hono/zod-openapi";
import { makeFolder } from "../folder.ts";
import { SCOPES } from "./scope.ts";
import type { TokenRecord } from "./token.ts";

/** The file's name in the data folder. */
export const TOKEN_FILE = "tokens.json";

/** Tokens in one file. A thousand people or programs are more than one laboratory has. */
export const TOKENS_MAX = 1000;

/** Larger files are not read: a thousand tokens with long names need less. */
const FILE_BYTES_MAX = 1_048_576;

/** Nobody but the owner. */
const OWNER_ONLY = 0o600;

/** Why the tokens could not be had; match on `code`. The message is one line for the operator. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly code: "unreadable" | "unwritable" | "not-tokens" | "too-many" | "busy" | "unknown";

  constructor(code: TokenError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const recordSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)).min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
});

const fileSchema = z.strictObject({
  version: z.literal(1),
  tokens: z.array(recordSchema).max(TOKENS_MAX),
});

/** Where the tokens of a data folder are kept. */
export function tokenFileOf(dataFolder: string): string {
  return join(dataFolder, TOKEN_FILE);
}

/** All tokens; none where there is no file. @throws TokenError `unreadable`, `not-tokens` */
export function readTokens(path: string): readonly TokenRecord[] {
  const text = readText(path);
  if (text === undefined) return [];
  try {
    return fileSchema.parse(JSON.parse(text)).tokens;
  } catch (error) {
    // Without the library's own words: they could quote what is in the file.
    throw new TokenError("not-tokens", `Cannot use "${path}": it holds no list of tokens`, {
      cause: error,
    });
  }
}

/** Changes whenever the file is replaced. Not there is a state as well. @throws TokenError */
export function tokenFileState(path: string): string {
  return look(path, "none", () => {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  });
}

function readText(path: string): string | undefined {
  return look(path, undefined, () => {
    if (statSync(path).size <= FILE_BYTES_MAX) return readFileSync(path, "utf8");
    throw new Error(`larger than ${FILE_BYTES_MAX} bytes`);
  });
}

/** `missing` where there is no file. A folder that cannot be one is for the store to refuse. */
function look<T>(path: string, missing: T, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return missing;
    throw new TokenError("unreadable", `Cannot read "${path}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Changes the list: reads it, asks for the new one, replaces the file.
 * @throws TokenError whatever `change` throws, or `unwritable`, `busy`, `too-many`
 */
export function changeTokens(
  path: string,
  change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[],
): void {
  const lock = `${path}.lock`;
  const file = takeLock(path, lock);
  try {
    const tokens = change(readTokens(path));
    if (tokens.length > TOKENS_MAX) {
      throw new TokenError("too-many", `Cannot keep more than ${TOKENS_MAX} tokens; revoke some`);
    }
    replace(path, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
  } finally {
    closeSync(file);
    rmSync(lock, { force: true });
  }
}

function takeLock(path: string, lock: string): number {
  try {
    makeFolder(dirname(path));
    return openSync(lock, "wx", OWNER_ONLY);
  } catch (error) {
    if (codeOf(error) === "EEXIST") {
      throw new TokenError(
        "busy",
        `Cannot change "${path}": another change is under way (if none is, remove "${lock}")`,
        { cause: error },
      );
    }
    throw unwritable(path, error);
  }
}

function replace(path: string, text: string): void {
  const fresh = `${path}.new`;
  try {
    const file = openSync(fresh, "w", OWNER_ONLY);
    try {
      // All of it: one write may take a part only.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // One that was left behind keeps the mode it had.
    chmodSync(fresh, OWNER_ONLY);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): TokenError {
  return new TokenError("unwritable", `Cannot write "${path}": ${reasonOf(error)}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : String(error));
}
