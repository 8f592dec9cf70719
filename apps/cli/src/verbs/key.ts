/**
 * `faultline key`: the secrets of sealed links and signed frames, in a file for both ends.
 *
 *   create FILE ─► add FILE ─► (the file goes to both ends) ─► use FILE ID ─► remove FILE OLD
 *
 * A secret is drawn here and goes into the file, which its owner alone may read; it is printed only
 * where that is asked for. A file is replaced whole or not at all, by one command at a time: the new one
 * that is being written beside it is the lock.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Command } from "commander";

import { ExitCode, ToolError } from "../exit.ts";
import { keysIn, readKeyText } from "../input/key-file.ts";
import {
  freshId,
  keyLine,
  newKeyText,
  withFirst,
  withKey,
  withoutKey,
} from "../input/key-lines.ts";
import { readers } from "../options/values.ts";
import { shown } from "../output/printable.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import { codeOf, reasonOf } from "../reasons.ts";
import type { System } from "../system.ts";

interface NewKeyFlags {
  readonly id?: string;
  readonly print?: boolean;
}

/** As many as the ciphers' own keys have: 256 bits. */
const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;

/** Puts what `change` makes of the file in its place, if that is a key file. @throws ToolError */
async function replace(path: string, change: () => string): Promise<void> {
  const fresh = `${path}.new`;
  const file = lock(fresh);
  try {
    try {
      const text = await checked(path, change());
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    if (error instanceof ToolError) throw error;
    throw new ToolError(`Cannot write ${shown(path)}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The file that is written beside the old one: whoever makes it may change that. @throws ToolError */
function lock(path: string): number {
  try {
    return openSync(path, "wx", OWNER_ONLY);
  } catch (error) {
    const taken = codeOf(error) === "EEXIST";
    const why = taken
      ? "another command is changing the keys, or was cut short: then remove it"
      : reasonOf(error);
    throw new ToolError(`Cannot write ${shown(path)}: ${why}`, { cause: error });
  }
}

async function checked(path: string, text: string): Promise<string> {
  await keysIn(text, path);
  return text;
}

/** Draws a key, has it put somewhere, and says what it is called. */
async function draw(
  system: System,
  { path, id, print = false }: NewKeyFlags & { readonly path: string },
  put: (line: string) => Promise<void>,
): Promise<ExitCode> {
  const taken = id === undefined ? await idsOf(path) : [];
  const name = id ?? freshId(system.date(), taken);
  const line = keyLine(name, system.drawSecret(SECRET_BYTES));
  await put(line);
  system.stdout.write(`${print ? line : name}\n`);
  system.stderr.write(`key ${name} is in ${shown(path)}; whoever may read it can be either end\n`);
  return ExitCode.ok;
}

/** The ids that are taken; none where there is no such file yet. */
async function idsOf(path: string): Promise<readonly string[]> {
  try {
    return (await keysIn(readKeyText(path), path)).map(({ id }) => id);
  } catch (error) {
    if (error instanceof ToolError && codeOf(error.cause) === "ENOENT") return [];
    throw error;
  }
}

async function create(system: System, path: string, flags: NewKeyFlags): Promise<ExitCode> {
  const taken = await idsOf(path);
  if (taken.length > 0) {
    throw new ToolError(`Cannot make ${shown(path)} as it is there already (key add adds to it)`);
  }
  return draw(system, { path, ...flags }, (line) => replace(path, () => newKeyText(line)));
}

async function add(system: System, path: string, flags: NewKeyFlags): Promise<ExitCode> {
  const change = (line: string) => (): string => withKey(readKeyText(path), line);
  await idsOf(path);
  return draw(system, { path, ...flags }, (line) => replace(path, change(line)));
}

type Change = (text: string, id: string) => string | undefined;

/** Makes one change to one key. @throws ToolError where there is no such key, or it cannot be made */
async function change(path: string, id: string, make: Change): Promise<ExitCode> {
  await replace(path, () => {
    const text = make(readKeyText(path), id);
    if (text !== undefined) return text;
    throw new ToolError(`Cannot change ${shown(path)} as there is no key ${shown(id)} in it`);
  });
  return ExitCode.ok;
}

async function list(system: System, path: string, json: boolean): Promise<ExitCode> {
  const keys = await keysIn(readKeyText(path), path);
  const rows = keys.map(({ id }, index) => ({ id, used: index === 0 }));
  if (json) system.stdout.write(`${JSON.stringify(rows)}\n`);
  else for (const { id, used } of rows) system.stdout.write(`${id}${used ? "  (used)" : ""}\n`);
  return ExitCode.ok;
}

/** As the protocol has it: an id travels with every hello. */
function readId(text: string): string {
  if (/^[A-Za-z0-9._-]{1,16}$/.test(text)) return text;
  const rule = "1 to 16 letters, digits, dots, underscores or hyphens";
  throw new ToolError(`Cannot make a key as "--id" must be ${rule}: got ${shown(text)}`);
}

/** The verb `key`, with its five verbs. */
export function keyCommand(system: System, finish: Finish): Command {
  const path = readers("use keys").path("<file>");
  const sub = (name: string, description: string): Command =>
    createCommand(system, name, description).argument("<file>", "the key file", path);
  const making = (name: string, description: string): Command =>
    sub(name, description)
      .option("--id <id>", "1 to 16 letters, digits, . _ - (default: the day)", readId)
      .option("--print", "print the line with the secret too");
  return createCommand(system, "key", "Key files for sealed links: make them, change keys.")
    .addCommand(
      making("create", "Make a key file with one key.").action(
        async (file: string, flags: NewKeyFlags) => finish(await create(system, file, flags)),
      ),
    )
    .addCommand(
      making("add", "Add a key: accepted from now on, used by nobody yet.").action(
        async (file: string, flags: NewKeyFlags) => finish(await add(system, file, flags)),
      ),
    )
    .addCommand(
      sub("use", "Put a key first: clients use it from now on.")
        .argument("<id>", "as `key list` shows it")
        .action(async (file: string, id: string) => finish(await change(file, id, withFirst))),
    )
    .addCommand(
      sub("remove", "Take a key away: it is accepted no more.")
        .argument("<id>", "as `key list` shows it")
        .action(async (file: string, id: string) => finish(await change(file, id, withoutKey))),
    )
    .addCommand(
      sub("list", "The ids in a key file, the one that is used first.")
        .option("--json", "one JSON array")
        .action(async (file: string, { json = false }: { json?: boolean }) =>
          finish(await list(system, file, json)),
        ),
    );
}
