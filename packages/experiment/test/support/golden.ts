/**
 * The specs on record, each with the digest and the hash of its body: a line of JSON each.
 *
 * A change that alters any result alters this file, so a reviewer sees it. To renew it, run
 * `npx -y pnpm@12 test packages/experiment/test/golden.test.ts -u` and say in the commit what changed
 * the results.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type FullSpec, parseSpec, runExperiment, type RunOptions } from "../../src/index.ts";

export const GOLDEN = fileURLToPath(new URL("../golden/simulated.ndjson", import.meta.url));

export interface Golden {
  readonly name: string;
  readonly spec: object;
  readonly digest: string | null;
  readonly bodyHash: string;
}

export function readGolden(): Golden[] {
  const lines = readFileSync(GOLDEN, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Golden);
}

export function specOf(input: object): FullSpec {
  const parsed = parseSpec(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** Runs a spec on record. @returns it with what came of it this time */
export async function rerun(golden: Golden, options: RunOptions = {}): Promise<Golden> {
  const { digest, bodyHash } = (await runExperiment(specOf(golden.spec), options)).result;
  return { ...golden, digest, bodyHash };
}

/** The file's text for these. */
export function goldenText(all: readonly Golden[]): string {
  return all.map((golden) => `${JSON.stringify(golden)}\n`).join("");
}
