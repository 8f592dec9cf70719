/**
 * Certificates and keys from the files that `faultline certs` writes.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { ServerTlsOptions } from "@faultline/server";

import { ToolError } from "../exit.ts";
import { reasonOf } from "../reasons.ts";

/** Reads a text file. @throws ToolError naming the option it was given with */
export async function readPem(verb: string, option: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const message = `Cannot ${verb} as "${option}" must name files that can be read: ${reasonOf(error)}`;
    throw new ToolError(message, { cause: error });
  }
}

/**
 * What a server shows over TLS; where the folder has a list of clients, only those on it are let in:
 * nobody, once the last was taken off.
 *
 * @throws ToolError
 */
export async function serverTlsOf(folder: string): Promise<ServerTlsOptions> {
  const read = (name: string): Promise<string> => readPem("serve", "--certs", join(folder, name));
  const [cert, key] = await Promise.all([read("server.pem"), read("server.key")]);
  if (!existsSync(join(folder, "clients.txt"))) return { cert, key };
  const list = await read("clients.txt");
  const clients = list.split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
  return { cert, key, clientCa: await read("ca.pem"), clients };
}
