/**
 * The options of `faultline send` that have to do with trust: over TLS, and with keys.
 */
import type { Command } from "commander";

import type { TlsDialerOptions } from "@faultline/client";

import { ToolError } from "../exit.ts";
import type { Readers } from "../options/values.ts";
import { readPem } from "./tls-files.ts";

/** What the user typed. */
export interface TlsFlags {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** What the files hold. @throws ToolError */
export async function tlsOptionsOf({
  ca,
  cert,
  key,
  servername,
}: TlsFlags): Promise<Omit<TlsDialerOptions, "port">> {
  const read = (option: string, path: string): Promise<string> => readPem("send", option, path);
  if ((cert === undefined) !== (key === undefined)) {
    throw new ToolError('Cannot send as "--cert" and "--key" must be given together');
  }
  return {
    ...(ca !== undefined && { ca: await read("--ca", ca) }),
    ...(cert !== undefined && { cert: await read("--cert", cert) }),
    ...(key !== undefined && { key: await read("--key", key) }),
    ...(servername !== undefined && { servername }),
  };
}

/** Whom to trust and who we are, over TLS and with keys. */
export function addSecurityOptions(command: Command, read: Readers): Command {
  return command
    .option(
      "--ca <file>",
      "with tls: who may have signed the server's certificate",
      read.path("--ca"),
    )
    .option("--cert <file>", "with tls: our own certificate", read.path("--cert"))
    .option("--key <file>", "with tls: its private key", read.path("--key"))
    .option(
      "--servername <name>",
      "with tls: whom the server's certificate must be for (default: --host)",
      read.host("--servername"),
    )
    .option(
      "--key-file <file>",
      "seal the connection with the first of these keys: lines of an id and a secret in base64",
      read.path("--key-file"),
    )
    .option(
      "--cipher <name>",
      "with --key-file: chacha20-poly1305 (the default) or aes-256-gcm",
      read.choice("--cipher", ["aes-256-gcm", "chacha20-poly1305"]),
    );
}
