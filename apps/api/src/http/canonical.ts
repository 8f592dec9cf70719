/**
 * The fingerprint of a request body: SHA-256 over its JSON with the keys of every object sorted.
 *
 * It answers one question, "is this the body that key was used with before?", so spaces and the
 * order of keys must not matter. It is not RFC 8785: nobody outside this process sees it.
 */

import { createHash } from "node:crypto";

/** The fingerprint as 64 hex digits. The value must not be nested deeper than a stack allows. */
export function bodyFingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, sortKeys)).digest("hex");
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
