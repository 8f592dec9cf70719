/**
 * Whether two paths that a user gave are one file: a result must not be written over the spec that
 * it came from, nor over another result.
 *
 * Links are followed where there is something to follow. What is no regular file (`/dev/null`, a
 * pipe) may be named as often as one likes.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";

/** Whether both name the same regular file, be it there already or not. */
export function isSameFile(one: string, other: string): boolean {
  const [here, there] = [statOf(one), statOf(other)];
  if (here === undefined && there === undefined) return resolve(one) === resolve(other);
  if (here === undefined || there === undefined || !here.isFile()) return false;
  return here.dev === there.dev && here.ino === there.ino;
}

/** Undefined where there is nothing yet, or nothing that may be looked at. */
function statOf(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
