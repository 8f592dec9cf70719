/**
 * Specs for the tests of searching and shrinking.
 */
import { readFileSync } from "node:fs";
import { type FullSpec, parseSpec } from "../../src/index.ts";

/** A simulated spec, completed. */
export function specOf(more: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 5, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** The spec that goes with a planted bug. */
export function plantedSpec(name: string): FullSpec {
  const url = new URL(`../../../planted/specs/${name}.json`, import.meta.url);
  return specOf(JSON.parse(readFileSync(url, "utf8")) as object);
}
