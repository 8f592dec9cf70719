/**
 * The line that runs an experiment again.
 *
 * A spec that is a built-in scenario but for its seed and transport is named; any other stands in
 * a file the reader has to write first (it is in the result, as `spec`).
 */
import type { FullSpec, SeedRange, TransportName } from "../spec/types.ts";
import { canonicalJson } from "./canonical.ts";

/** A scenario as far as a replay line needs it. */
export interface Replayable {
  readonly name: string;
  readonly spec: FullSpec;
  /** What of its spec is otherwise over a transport. */
  readonly over?: Readonly<Partial<Record<TransportName, Readonly<Record<string, unknown>>>>>;
}

/** Seeds that a line can hold; more of them stand in the spec. */
const SEEDS_SHOWN_MAX = 20;
const COMMAND = "npx -y pnpm@12 faultline run";

/** `npx -y pnpm@12 faultline run … --seed N`, or `--seeds …` for a series. */
export function replayLine(spec: FullSpec, scenarios: readonly Replayable[]): string {
  const seeds = seedFlag(spec);
  const known = seeds === "" ? undefined : scenarios.find((scenario) => isSame(spec, scenario));
  if (known === undefined) return `${COMMAND} spec.json${seeds}`;
  const transport = spec.transport === known.spec.transport ? "" : ` --transport ${spec.transport}`;
  const mode = spec.mode === known.spec.mode ? "" : ` --mode ${spec.mode}`;
  const capture = spec.capture === known.spec.capture ? "" : " --capture capture.pcapng";
  return `${COMMAND} ${known.name}${transport}${mode}${seeds}${capture}`;
}

/** Empty where only the spec itself can hold all the seeds. */
function seedFlag({ seed, seeds }: FullSpec): string {
  if (seeds === null) return ` --seed ${seed}`;
  if (!isList(seeds)) return ` --seeds ${seeds.base}+${seeds.runs}`;
  // one number alone would be read as a count
  const fits = seeds.length > 1 && seeds.length <= SEEDS_SHOWN_MAX;
  return fits ? ` --seeds ${seeds.join(",")}` : "";
}

function isList(seeds: readonly number[] | SeedRange): seeds is readonly number[] {
  return Array.isArray(seeds);
}

function isSame(spec: FullSpec, { over, spec: first }: Replayable): boolean {
  const other = { ...first, ...over?.[spec.transport] };
  const { seed, seeds, transport, mode } = other;
  // a line can ask for a capture, not do without one
  const capture = other.capture || !spec.capture ? spec.capture : false;
  // most specs differ in their name already
  if (spec.name !== other.name) return false;
  return canonicalJson({ ...spec, seed, seeds, transport, mode, capture }) === canonicalJson(other);
}
