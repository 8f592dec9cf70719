/**
 * Reads a key file: the secrets for sealed links and signed frames, which stand nowhere else.
 *
 *   # whoever may read this file can be either end
 *   2026-11  mK0m…=     an id, and 32 bytes or more in base64; the first line is used, all are accepted
 *
 * A file that others may read is refused, as ssh does: a secret that was shown is none. No message
 * ever holds a secret, nor a part of one.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { platform } from "node:os";

import type { SealKey } from "@faultline/protocol";

import { ToolError } from "../exit.ts";
import { shown } from "../output/printable.ts";
import { reasonOf } from "../reasons.ts";
import { decodeText } from "./file.ts";

/** Far more than the sixteen keys that one end may have. */
const KEY_FILE_BYTES_MAX = 65_536;
/** Read, write or execute, by the group or by others. */
const OTHERS = 0o077;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** The keys of a file, the one to use first. @throws ToolError naming the file and what is wrong */
export async function readKeyFile(path: string): Promise<readonly SealKey[]> {
  return keysIn(readKeyText(path), path);
}

/** The text of a file that nobody else may read. @throws ToolError */
export function readKeyText(path: string): string {
  return decodeText(readPrivate(path), shown(path));
}

/** The keys in the text of a key file. @throws ToolError naming the file and what is wrong */
export async function keysIn(text: string, path: string): Promise<readonly SealKey[]> {
  const keys = text
    .split("\n")
    .flatMap((line, index) => keyOf(line, `${shown(path)}: line ${index + 1}`));
  const { Keyring } = await import("@faultline/protocol");
  try {
    return new Keyring(keys, `use ${shown(path)}`).all;
  } catch (error) {
    if (error instanceof RangeError) throw new ToolError(error.message, { cause: error });
    throw error;
  }
}

function keyOf(line: string, where: string): readonly SealKey[] {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return [];
  const [id, secret, ...rest] = text.split(/\s+/);
  if (id === undefined || secret === undefined || rest.length > 0 || !BASE64.test(secret)) {
    throw new ToolError(`Cannot read ${where} must be an id and a secret in base64`);
  }
  return [{ id, secret: Uint8Array.from(Buffer.from(secret, "base64")) }];
}

/** The bytes of a file that nobody else may read. The file that is looked at is the one that is read. */
function readPrivate(path: string): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      refuseOthers(path, fstatSync(file));
      const buffer = new Uint8Array(KEY_FILE_BYTES_MAX + 1);
      const length = readSync(file, buffer, 0, buffer.length, 0);
      if (length <= KEY_FILE_BYTES_MAX) return buffer.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`Cannot read ${shown(path)}: ${reasonOf(error)}`, { cause: error });
  }
  throw new ToolError(`Cannot read ${shown(path)}: it is larger than ${KEY_FILE_BYTES_MAX} bytes`);
}

function refuseOthers(path: string, stat: { isFile(): boolean; readonly mode: number }): void {
  if (!stat.isFile()) throw new ToolError(`Cannot read ${shown(path)}: it is no file`);
  // There are no such modes on Windows.
  if (platform() === "win32" || (stat.mode & OTHERS) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  throw new ToolError(
    `Cannot read ${shown(path)} as "--key-file" must be readable by its owner alone (chmod 600): got mode ${mode}`,
  );
}
