/**
 * `faultline scenarios`: what is built in.
 *
 * A table for people, one JSON array with whole specs for machines: `--json | jq '.[0].spec'`
 * is the shortest way to a spec of one's own.
 */
import type { Command } from "commander";

import type { Scenario } from "@faultline/experiment";

import { styleFor } from "../output/style.ts";
import { drawTable } from "../output/table.ts";
import { createCommand } from "../program.ts";
import type { System } from "../system.ts";

function tableLines(system: System, scenarios: readonly Scenario[]): string[] {
  const style = styleFor(system.stdout, system.env);
  const columns = [
    { title: "scenario" },
    { title: "transports" },
    { title: "messages", align: "right" as const, giveUp: 2 },
    { title: "what happens", giveUp: 1 },
  ];
  const rows = scenarios.map(({ name, title, transports, spec }) => [
    style.accent(name),
    transports.join(" "),
    String(spec.workload.messages),
    title,
  ]);
  return [
    ...drawTable(columns, rows, { columnsMax: system.stdout.columns, style }),
    "",
    style.dim("faultline run <scenario> runs one; --json lists them with their whole specs."),
  ];
}

async function list(system: System, json: boolean): Promise<void> {
  const { scenarios } = await import("@faultline/experiment");
  const items = scenarios.map(({ name, title, description, transports, spec }) => ({
    name,
    title,
    description,
    transports,
    spec,
  }));
  const text = json ? JSON.stringify(items) : tableLines(system, scenarios).join("\n");
  system.stdout.write(`${text}\n`);
}

/** The verb `scenarios`. */
export function scenariosCommand(system: System): Command {
  return createCommand(system, "scenarios", "List the built-in experiments.")
    .option("--json", "one JSON array, each with its whole spec")
    .action(async (options: { readonly json?: boolean }) => {
      await list(system, options.json === true);
    });
}
