/**
 * What `search`, `shrink` and `compare` have in common: the spec they mean, parts of one's own, and the
 * line that continues their work.
 */
import type { Command } from "commander";

import type { FullSpec, TransportName } from "@faultline/experiment";

import type { Readers } from "../options/values.ts";
import type { System } from "../system.ts";

/** Flags of all three. */
export interface SharedFlags {
  readonly transport?: TransportName;
  readonly json?: boolean;
}

/** Loads a spec as a simulated one, one run of it. @throws ToolError */
export async function loadSimulated(
  named: string,
  system: System,
  { transport }: SharedFlags,
): Promise<FullSpec> {
  const { loadSpec } = await import("../input/spec.ts");
  const mode = "simulated" as const;
  const overrides = transport === undefined ? { mode } : { mode, transport };
  const spec = await loadSpec(named, system, overrides);
  return { ...spec, seeds: null };
}

/** Adds the flags of all three. */
export function withSharedFlags(command: Command, read: Readers): Command {
  return command
    .option(
      "--transport <name>",
      "tcp, udp or tls, in place of the spec's",
      read.choice("--transport", ["tcp", "udp", "tls"]),
    )
    .option("--json", "the whole answer as one line of JSON on standard output");
}

/** Adds the flag for a client or server of one's own. */
export function withParts(command: Command, read: Readers): Command {
  return command.option("--parts <module>", "a client or server of your own", read.path("--parts"));
}

/** A command line that goes on from here, its words quoted where they must be. */
export function commandLine(verb: string, words: readonly (string | undefined)[]): string {
  const given = words.filter((word) => word !== undefined);
  return `npx -y pnpm@12 faultline ${[verb, ...given].map(quoted).join(" ")}`;
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
