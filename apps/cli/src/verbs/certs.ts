/**
 * `faultline certs`: a private authority for a laboratory, with certificates for a server and clients.
 *
 *   certs/ca.pem  ca.key  server.pem  server.key  NAME.pem  NAME.key  clients.txt
 *
 * Keys are readable by their owner alone. Nothing that is there is written over unless asked for:
 * whoever trusts the old root would trust nobody afterwards. `clients.txt`, where any were asked for,
 * lists the fingerprints of the clients; a line taken out is a client that is let in no more.
 */
import { existsSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Command } from "commander";

import { ExitCode, ToolError } from "../exit.ts";
import { readers } from "../options/values.ts";
import { makeFolder } from "../output/folder.ts";
import { createCommand, type Finish } from "../program.ts";
import { reasonOf } from "../reasons.ts";
import type { System } from "../system.ts";

interface CertsFlags {
  readonly dir: string;
  readonly host: readonly string[];
  readonly client: readonly string[];
  readonly days: number;
  readonly force?: boolean;
}

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly secret: boolean;
}

/** Ten years: longer than any laboratory, shorter than what a verifier could not count. */
const DAYS_MAX = 3650;
/** What a client may be called: it becomes the name of a file. */
const CLIENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** An empty one would let nobody in. */
const LIST = "clients.txt";
/** Names that are taken by what is made anyway. */
const TAKEN = new Set(["ca", "server", "clients"]);

function pairOf(name: string, { cert, key }: { cert: string; key: string }): Entry[] {
  return [
    { name: `${name}.pem`, text: cert, secret: false },
    { name: `${name}.key`, text: key, secret: true },
  ];
}

async function make({ host, client, days }: CertsFlags, nowMs: number): Promise<Entry[]> {
  const { createAuthority } = await import("@faultline/certificates");
  const authority = await createAuthority({ nowMs, days });
  const server = await authority.issue({ kind: "server", hosts: host, nowMs, days });
  const clients = await Promise.all(
    client.map(async (name) => ({
      name,
      issued: await authority.issue({ kind: "client", name, nowMs, days }),
    })),
  );
  const list = clients.map(({ name, issued }) => `${issued.fingerprint256}  ${name}\n`);
  return [
    ...pairOf("ca", { cert: authority.cert, key: await authority.exportKey() }),
    ...pairOf("server", server),
    ...clients.flatMap(({ name, issued }) => pairOf(name, issued)),
    ...(list.length > 0 ? [{ name: LIST, text: list.join(""), secret: false }] : []),
  ];
}

/** All or nothing where something is in the way. @throws ToolError */
async function write(entries: readonly Entry[], { dir, force }: CertsFlags): Promise<void> {
  const there = entries.map(({ name }) => join(dir, name)).find((path) => existsSync(path));
  if (there !== undefined && force !== true) {
    throw new ToolError(
      `Cannot make certificates as ${there} is there already (--force replaces it)`,
    );
  }
  try {
    makeFolder(dir, 0o700);
    // A list that is left over knows nobody whom the new root has signed.
    if (force === true) await rm(join(dir, LIST), { force: true });
    for (const { name, text, secret } of entries) {
      const mode = secret ? 0o600 : 0o644;
      await writeFile(join(dir, name), text, { mode, flag: force === true ? "w" : "wx" });
      // A file that was there keeps its mode otherwise.
      await chmod(join(dir, name), mode);
    }
  } catch (error) {
    throw new ToolError(`Cannot write certificates to ${dir}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function checkClients(clients: readonly string[]): void {
  const wrong = clients.find((name) => !CLIENT_NAME.test(name) || TAKEN.has(name));
  const twice = clients.find((name, at) => clients.indexOf(name) !== at);
  const got = wrong ?? twice;
  if (got === undefined) return;
  const rule = "different names of letters, digits, - and _, none of them ca, server or clients";
  throw new ToolError(
    `Cannot make certificates as "--client" must be ${rule}: got ${JSON.stringify(got)}`,
  );
}

async function certs(system: System, flags: CertsFlags): Promise<ExitCode> {
  checkClients(flags.client);
  const entries = await make(flags, system.date().getTime());
  await write(entries, flags);
  for (const { name } of entries) system.stdout.write(`${join(flags.dir, name)}\n`);
  return ExitCode.ok;
}

/** The verb `certs`. */
export function certsCommand(system: System, finish: Finish): Command {
  const read = readers("make certificates");
  const host = read.host("--host");
  return createCommand(
    system,
    "certs",
    "Make a private authority for a laboratory, with certificates for a server and clients.",
  )
    .option("--dir <folder>", "where to write them", read.path("--dir"), "certs")
    .option(
      "--host <names...>",
      "names and addresses the server is dialled by",
      (text: string, before: string[] | undefined) => [...(before ?? []), host(text)],
    )
    .option(
      "--client <names...>",
      "clients to make a certificate for",
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    )
    .option("--days <n>", "how long they are valid", read.integer("--days", 1, DAYS_MAX), 365)
    .option("--force", "replace what is there")
    .action(async (given: Omit<CertsFlags, "client" | "host"> & Partial<CertsFlags>) => {
      const { client = [], host: hosts = ["localhost", "127.0.0.1", "::1"] } = given;
      finish(await certs(system, { ...given, client, host: hosts }));
    });
}
