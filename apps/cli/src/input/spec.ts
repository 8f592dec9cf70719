/**
 * What the user wants to run: a spec file, standard input (`-`), or a built-in scenario by name.
 *
 * A name that is a scenario's is the scenario; a file of the same name is meant by `./name`.
 * Options override the spec before it is checked, so an overridden field is checked too. Every
 * error of a spec is shown at once, each with its JSON pointer.
 */
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";

import { parseSpec, planScenario, scenarios } from "@faultline/experiment";
import type { FullSpec, Mode, SeedsInput, SpecProblem, TransportName } from "@faultline/experiment";

import { ToolError } from "../exit.ts";
import { didYouMean } from "../options/suggest.ts";
import { shown } from "../output/printable.ts";
import { decodeText, readTextFile, SPEC_BYTES_MAX } from "./file.ts";

/** What the command line says beside the spec; an absent field leaves the spec's own. */
export interface SpecOverrides {
  readonly seed?: number;
  /** Null: one run, whatever the spec says. Seeds without a base begin at the spec's own seed. */
  readonly seeds?: SeedsInput | null;
  readonly mode?: Mode;
  readonly transport?: TransportName;
  readonly capture?: true;
}

/** Where specs come from. */
export interface SpecSource {
  /** Read when the user names `-`. */
  readonly stdin: Readable;
  /** For a spec without a seed. */
  drawSeed(): number;
}

const NAMES = scenarios.map(({ name }) => name);

async function readStdin(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    length += bytes.length;
    if (length > SPEC_BYTES_MAX) {
      throw new ToolError(`Cannot read standard input: it is larger than ${SPEC_BYTES_MAX} bytes`);
    }
    chunks.push(bytes);
  }
  return decodeText(Buffer.concat(chunks), "standard input");
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ToolError(`Cannot read ${from}: it is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function overridden(input: unknown, overrides: SpecOverrides): unknown {
  const record = typeof input === "object" && input !== null && !Array.isArray(input);
  return record ? { ...input, ...overrides, ...seedUnder(input, overrides) } : input;
}

/** The seed that seeds from the command line leave: where they begin, it is theirs to say. */
function seedUnder(
  own: { readonly seed?: unknown; readonly seeds?: unknown },
  { seed, seeds }: SpecOverrides,
): { readonly seed?: unknown } {
  if (seed !== undefined || seeds === undefined || seeds === null) return {};
  if (!("runs" in seeds) || seeds.base !== undefined) return { seed: undefined };
  if (own.seed !== undefined || typeof own.seeds !== "object" || own.seeds === null) return {};
  const first = Array.isArray(own.seeds)
    ? (own.seeds as unknown[])[0]
    : (own.seeds as { readonly base?: unknown }).base;
  return { seed: first };
}

function specFromJson(
  text: string,
  from: string,
  source: SpecSource,
  overrides: SpecOverrides,
): FullSpec {
  const input = overridden(parseJson(text, from), overrides);
  const parsed = parseSpec(input, { drawSeed: () => source.drawSeed() });
  if (parsed.ok) return parsed.spec;
  const { errors } = parsed;
  const heading = `Cannot run ${from}: ${errors.length} ${errors.length === 1 ? "error" : "errors"} in the spec`;
  throw new ToolError(heading, { details: errors.map(problemLine) });
}

function problemLine({ path, message }: SpecProblem): string {
  return `${path === "" ? "the whole" : path} ${message}`;
}

/** A built-in scenario as a spec. @throws ToolError for an unknown name or a transport it has not */
export function specOfScenario(name: string, overrides: SpecOverrides): FullSpec {
  if (!NAMES.includes(name)) throw unknownScenario(name);
  const plan = planScenario({ scenario: name, ...overrides });
  if (plan.ok) return plan.spec;
  const [first, ...rest] = plan.errors.map(({ path, message }) => {
    const field = path.split("/")[1] ?? "";
    // What nobody typed is the scenario's own, and does not go with what was typed.
    return `${field in overrides ? `"--${field}"` : `"${field}" of the scenario`} ${message}`;
  });
  throw new ToolError(`Cannot run as ${first ?? "the scenario is not sound"}`, { details: rest });
}

function unknownScenario(name: string): ToolError {
  const hint = didYouMean(name, NAMES);
  return new ToolError(
    `Cannot run ${shown(name)}: neither a file nor a scenario${hint}; "faultline scenarios" lists them`,
  );
}

/** A spec from a file, or from standard input for `-`. @throws ToolError */
export async function specOfFile(
  path: string,
  source: SpecSource,
  overrides: SpecOverrides,
): Promise<FullSpec> {
  if (path === "-") {
    return specFromJson(await readStdin(source.stdin), "standard input", source, overrides);
  }
  return specFromJson(readTextFile(path, SPEC_BYTES_MAX), shown(path), source, overrides);
}

/** A scenario's name, a file's path or `-`, as a full spec. @throws ToolError */
export async function loadSpec(
  named: string,
  source: SpecSource,
  overrides: SpecOverrides,
): Promise<FullSpec> {
  if (NAMES.includes(named)) return specOfScenario(named, overrides);
  const looksLikeFile = named === "-" || /[/\\]|\.json$/i.test(named) || existsSync(named);
  if (!looksLikeFile) throw unknownScenario(named);
  return specOfFile(named, source, overrides);
}
