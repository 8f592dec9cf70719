/**
 * `faultline token`: the tokens of the REST API of one data folder: make, list, revoke.
 *
 * A new token is printed once, alone, on standard output, so that a script can catch it; what goes
 * with it is said on standard error. Only its digest is kept. A running API obeys from its next
 * request on.
 */
import type { Command } from "commander";

import type { Scope, TokenSummary } from "@faultline/api";

import { ExitCode, ToolError } from "../exit.ts";
import { readers } from "../options/values.ts";
import { printable } from "../output/printable.ts";
import { styleFor } from "../output/style.ts";
import { type Column, drawTable } from "../output/table.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import { codeOf } from "../reasons.ts";
import type { System } from "../system.ts";

interface DataFlags {
  readonly data?: string;
  readonly json?: boolean;
}

interface CreateFlags extends DataFlags {
  readonly scope: readonly Scope[];
  readonly days?: number;
  readonly name: string;
}

/** Those of the API, which is only loaded when there is something to do. */
const SCOPES = ["read", "run", "admin"] as const satisfies readonly Scope[];
const DAYS_MAX = 3650;

/** The API's own default, so that both mean the same folder when neither is told. */
const DATA_DEFAULT = ".faultline";

function dataOf(system: System, flags: DataFlags): string {
  const data = flags.data ?? (system.env["FAULTLINE_DATA"]?.trim() || DATA_DEFAULT);
  if (data !== ":memory:") return data;
  throw new ToolError('Cannot keep tokens as "FAULTLINE_DATA" must be a folder: got ":memory:"');
}

/** A refused option or file is one line; anything else is a bug. */
function understood<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError) && codeOf(error) === undefined) throw error;
    throw new ToolError((error as Error).message, { cause: error });
  }
}

async function create(system: System, flags: CreateFlags): Promise<ExitCode> {
  const { createToken } = await import("@faultline/api");
  const { scope: scopes, days, name } = flags;
  const data = dataOf(system, flags);
  const clock = { nowMs: () => system.date().getTime() };
  const options = { data, scopes, name, clock, ...(days === undefined ? {} : { days }) };
  const { text, record } = understood(() => createToken(options));
  const { sha256: _, ...summary } = record;
  if (flags.json === true) {
    system.stdout.write(`${JSON.stringify({ ...summary, token: text })}\n`);
    return ExitCode.ok;
  }
  const until = record.expiresAt === null ? "does not expire" : `expires ${record.expiresAt}`;
  system.stdout.write(`${text}\n`);
  system.stderr.write(
    `token ${record.id} (${record.scopes.join(", ")}; ${until}). It is not shown again.\n`,
  );
  return ExitCode.ok;
}

const COLUMNS: readonly Column[] = [
  { title: "id" },
  { title: "name" },
  { title: "scopes" },
  { title: "created", giveUp: 1 },
  { title: "expires" },
];

function rowOf(token: TokenSummary): string[] {
  const { id, name, scopes, createdAt, expiresAt, expired } = token;
  const end = expiresAt === null ? "never" : `${expiresAt}${expired ? " (expired)" : ""}`;
  return [id, printable(name), scopes.join(", "), createdAt, end];
}

async function list(system: System, flags: DataFlags): Promise<ExitCode> {
  const { listTokens } = await import("@faultline/api");
  const clock = { nowMs: () => system.date().getTime() };
  const tokens = understood(() => listTokens(dataOf(system, flags), clock));
  if (flags.json === true) {
    system.stdout.write(`${JSON.stringify(tokens)}\n`);
    return ExitCode.ok;
  }
  if (tokens.length === 0) {
    system.stderr.write("There are no tokens.\n");
    return ExitCode.ok;
  }
  const style = styleFor(system.stdout, system.env);
  const lines = drawTable(COLUMNS, tokens.map(rowOf), {
    columnsMax: system.stdout.columns,
    style,
  });
  system.stdout.write(`${lines.join("\n")}\n`);
  return ExitCode.ok;
}

async function revoke(system: System, id: string, flags: DataFlags): Promise<ExitCode> {
  const { revokeToken } = await import("@faultline/api");
  understood(() => revokeToken(dataOf(system, flags), id));
  system.stderr.write(`token ${id} is revoked\n`);
  return ExitCode.ok;
}

function readScopes(text: string): readonly Scope[] {
  const read = readers("make a token").choice("--scope", SCOPES);
  return text.split(",").map((word) => read(word.trim()));
}

/** Sixteen hex digits; a whole token, pasted by mistake, must not be repeated in a message. */
function readId(text: string): string {
  if (/^[0-9a-f]{16}$/.test(text)) return text;
  throw new ToolError(
    "Cannot revoke a token as its id must be the 16 hex digits that `faultline token list` shows",
  );
}

/** The verb `token`, with its three verbs. */
export function tokenCommand(system: System, finish: Finish): Command {
  const read = readers("use tokens");
  const sub = (name: string, description: string): Command =>
    createCommand(system, name, description).option(
      "--data <folder>",
      "the API's data folder (default: FAULTLINE_DATA, or .faultline)",
      read.path("--data"),
    );
  return createCommand(system, "token", "Tokens of the REST API: make, list, revoke.")
    .addCommand(
      sub("create", "Make a token; it is printed once.")
        .option("--scope <scopes>", "read, run or admin; several by commas", readScopes, ["read"])
        .option(
          "--days <n>",
          "how long it is good for (default: until revoked)",
          readers("make a token").integer("--days", 1, DAYS_MAX),
        )
        .option("--name <name>", "what it is for, for people", "token")
        .option("--json", "one JSON object instead of the bare token")
        .action(async (flags: CreateFlags) => finish(await create(system, flags))),
    )
    .addCommand(
      sub("list", "All tokens, without their secrets.")
        .option("--json", "one JSON array")
        .action(async (flags: DataFlags) => finish(await list(system, flags))),
    )
    .addCommand(
      sub("revoke", "Take a token out of force, at once.")
        .argument("<id>", "as `token list` shows it", readId)
        .action(async (id: string, flags: DataFlags) => finish(await revoke(system, id, flags))),
    );
}
