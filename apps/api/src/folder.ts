/**
 * Makes a folder and those above it, step by step. `mkdirSync` with `recursive` would, but under a
 * folder that refuses with ENOENT although it exists (`/proc`) it never returns in Node 26.
 */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** @throws what the file system says. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}
