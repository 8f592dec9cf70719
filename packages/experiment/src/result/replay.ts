/**
 * The line that runs an experiment again.
 *
 * A spec that is a built-in scenario but for its seed and transport is named; any other stands in
 * a file the reader has to write first (it is in the result, as `spec`).
 */
import type { FullSpec } from "../spec/types.ts";
import { canonicalJson } from "./canonical.ts";

/** A scenario as far as a replay line needs it. */
export interface Replayable {
  readonly name: string;
  readonly spec: FullSpec;
}

/** `npx -y pnpm@12 faultline run … --seed N`. */
export function replayLine(spec: FullSpec, scenarios: readonly Replayable[]): string {
  const known = scenarios.find((scenario) => isSame(spec, scenario.spec));
  if (known === undefined) return `npx -y pnpm@12 faultline run spec.json --seed ${spec.seed}`;
  const transport = spec.transport === known.spec.transport ? "" : ` --transport ${spec.transport}`;
  const mode = spec.mode === known.spec.mode ? "" : ` --mode ${spec.mode}`;
  return `npx -y pnpm@12 faultline run ${known.name}${transport}${mode} --seed ${spec.seed}`;
}

function isSame(spec: FullSpec, other: FullSpec): boolean {
  const { seed, transport, mode } = other;
  return canonicalJson({ ...spec, seed, transport, mode }) === canonicalJson(other);
}
