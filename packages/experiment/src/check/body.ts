/**
 * Where two results differ: the JSON pointers (RFC 6901) of their bodies at which they do.
 *
 * The envelope is left out, as it is from the hash.
 */
import type { Result } from "../result/types.ts";

/** Fields that follow from all others. */
const DERIVED: readonly string[] = ["bodyHash", "digest", "envelope"];

/** Pointers of the values that differ, in the order of the first result; at most `most`. */
export function differingPointers(one: Result, other: Result, most: number): string[] {
  const found: string[] = [];
  const [left, right] = [bodyOf(one), bodyOf(other)];
  compare("", left, right, (pointer) => found.length < most && found.push(pointer));
  return found;
}

function bodyOf(result: Result): object {
  return Object.fromEntries(Object.entries(result).filter(([name]) => !DERIVED.includes(name)));
}

function compare(at: string, left: unknown, right: unknown, tell: (pointer: string) => void): void {
  if (Object.is(left, right)) return;
  if (!isObject(left) || !isObject(right)) {
    tell(at);
    return;
  }
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
    compare(`${at}/${token}`, left[name], right[name], tell);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
