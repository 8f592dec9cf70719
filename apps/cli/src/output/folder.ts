/**
 * Makes a folder and those above it, step by step. `mkdirSync` with `recursive` would, but under a
 * folder that refuses with ENOENT although it exists (`/proc`) it never returns in Node 26.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * @param mode of what is made.
 * @throws what the file system says.
 */
export function makeFolder(folder: string, mode: number = 0o777): void {
  const path = resolve(folder);
  if (existsSync(path)) return;
  makeFolder(dirname(path), mode);
  mkdirSync(path, { mode });
}
