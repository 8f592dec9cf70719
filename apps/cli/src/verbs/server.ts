/**
 * `faultline server`: its options. What it does stands in serve.ts, loaded when it is asked for.
 *
 * Both transports listen, on the same number unless told otherwise, as the original did.
 */
import type { Command } from "commander";

import { type Readers, readers, SEED_MAX } from "../options/values.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import type { System } from "../system.ts";
import { CODECS, DURABILITIES, RESPONDERS } from "./server-flags.ts";
import type { ServerFlags } from "./server-flags.ts";

const WORKERS_MAX = 64;

/** Where to listen. */
function addPorts(command: Command, read: Readers): Command {
  return command
    .option("--host <host>", "where to listen", read.host("--host"), "127.0.0.1")
    .option(
      "--tcp <port>",
      "0 for a free one, or off (default: that of --udp, or 8080)",
      read.portOrOff("--tcp"),
    )
    .option(
      "--udp <port>",
      "0 for a free one, or off (default: that of --tcp, or 8080)",
      read.portOrOff("--udp"),
    )
    .option(
      "--tls <port>",
      "0 for a free one; with --certs (default: off)",
      read.portOrOff("--tls"),
    )
    .option(
      "--certs <folder>",
      "what `faultline certs` wrote; only the clients of its list are let in over TLS, if it has one",
      read.path("--certs"),
    );
}

/** The verb `server`. */
export function serverCommand(system: System, finish: Finish): Command {
  const read = readers("serve");
  return addPorts(createCommand(system, "server", "Run a fault server until Ctrl-C."), read)
    .option(
      "--codec <name>",
      "frame, or pipe: the text form body|checksum",
      read.choice("--codec", CODECS),
    )
    .option(
      "--responder <name>",
      "echo, receive-only or counter",
      read.choice("--responder", RESPONDERS),
    )
    .option("--scenario <name>", "the faults of a built-in scenario")
    .option("--spec <file>", "the faults of a spec file", read.path("--spec"))
    .option(
      "--seed <n>",
      "meets the same messages with the same faults (default: drawn)",
      read.integer("--seed", 0, SEED_MAX),
    )
    .option("--workers <n>", "worker threads", read.integer("--workers", 1, WORKERS_MAX))
    .option(
      "--data <folder>",
      "keep executed operations here, beyond the end of the process",
      read.path("--data"),
    )
    .option(
      "--durability <what>",
      "what they survive with --data: process (kill -9), or machine (a power failure, slower)",
      read.choice("--durability", DURABILITIES),
    )
    .option(
      "--key-file <file>",
      "serve who has one of these keys: lines of an id and a secret in base64",
      read.path("--key-file"),
    )
    .option("--accept-plain", "with --key-file: serve those without a key too")
    .option("--quiet", "log only what is rare, not every message")
    .option("--log-payloads", "log how the bodies of messages begin, too (or LOG_PAYLOADS=1)")
    .option("--json", "JSON lines even on a terminal")
    .action(async (flags: ServerFlags) => {
      const { serve } = await import("./serve.ts");
      finish(await serve(system, flags));
    });
}
