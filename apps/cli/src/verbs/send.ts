/**
 * `faultline send`: messages to a server, in order, over one connection.
 *
 * Messages come from the arguments, else from the lines of standard input, else, where a person
 * sits at a terminal, from questions. Each gets one line on standard output as soon as its outcome
 * is known. A server that cannot be reached at all is one clear line and exit code 3; a message
 * that was not delivered is exit code 1.
 */
import type { Command } from "commander";

import type { AttemptFailure, Client, Outcome } from "@faultline/client";
import type { SealCipher } from "@faultline/protocol";

import { ExitCode, ToolError } from "../exit.ts";
import { readKeyFile } from "../input/key-file.ts";
import { readLines } from "../input/lines.ts";
import { listenForStop, untilAborted } from "../input/stop.ts";
import type { Stop } from "../input/stop.ts";
import { readers } from "../options/values.ts";
import { sendLine, sendLinePretty } from "../output/send-line.ts";
import { styleFor } from "../output/style.ts";
import { createCommand } from "../program.ts";
import type { Finish } from "../program.ts";
import type { System } from "../system.ts";
import { addSecurityOptions, type TlsFlags, tlsOptionsOf } from "./send-tls.ts";

interface SendFlags extends TlsFlags {
  readonly protocol: "tcp" | "udp" | "tls";
  readonly datagrams: "plain" | "packets";
  readonly host: string;
  readonly port: number;
  readonly codec: "frame" | "pipe";
  readonly attempts: number;
  readonly timeout: number;
  readonly deadline?: number;
  /** False for `--no-reply`. */
  readonly reply: boolean;
  readonly keyFile?: string;
  readonly cipher?: SealCipher;
  readonly json?: boolean;
}

/** The original's port, so that its programs and ours find each other with no option at all. */
const PORT_DEFAULT = 8080;
/** As the spec's own limit: more attempts than that are a storm. */
const ATTEMPTS_MAX = 100;
/** Ten minutes: longer than any answer worth waiting for. */
const WAIT_MS_MAX = 600_000;
const DEADLINE_MS_MAX = 86_400_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** The client's longest wait between two attempts. */
const BACKOFF_MS_MAX = 5_000;

/** Long enough for every attempt that was asked for, with its wait and one connect. */
function deadlineMsOf({ attempts, timeout, deadline }: SendFlags): number {
  const needed = attempts * (timeout + BACKOFF_MS_MAX) + CONNECT_TIMEOUT_MS;
  return deadline ?? Math.min(DEADLINE_MS_MAX, needed);
}

async function connect(flags: SendFlags): Promise<Client> {
  if (flags.datagrams === "packets" && flags.protocol !== "udp") {
    throw new ToolError('Cannot send as "--datagrams" must be plain where "--protocol" is not udp');
  }
  if (flags.keyFile !== undefined && flags.protocol === "tls") {
    throw new ToolError('Cannot send as "--key-file" must be left out where "--protocol" is tls');
  }
  if (flags.cipher !== undefined && flags.keyFile === undefined) {
    throw new ToolError('Cannot send as "--cipher" must go with "--key-file"');
  }
  const keys = flags.keyFile === undefined ? undefined : await readKeyFile(flags.keyFile);
  const { createMessageCheck, packetDialer, sealDialer } = await import("@faultline/protocol");
  const {
    createClient,
    randomDraw,
    randomSession,
    systemClock,
    systemRandom,
    tcpDialer,
    tlsDialer,
    udpDialer,
  } = await import("@faultline/client");
  const { cipher, host, port, codec } = flags;
  const clock = systemClock();
  const tls = flags.protocol === "tls" ? await tlsOptionsOf(flags) : undefined;
  const plain = flags.protocol === "tcp" ? tcpDialer : udpDialer;
  const socket =
    tls === undefined ? plain({ host, port }) : tlsDialer({ ...tls, host, port, clock });
  const seal = { clock, random: systemRandom, ...(cipher !== undefined && { cipher }) };
  const bare = keys === undefined ? socket : sealDialer(socket, { ...seal, keys });
  const isPackets = flags.datagrams === "packets";
  const dialer = isPackets ? packetDialer(bare, { clock, connectionId: randomSession }) : bare;
  return createClient({
    dialer,
    clock,
    draw: randomDraw(),
    session: randomSession(),
    codec,
    attemptsMax: flags.attempts,
    // Who names the attempts means them.
    retryBudget: null,
    attemptTimeoutMs: flags.timeout,
    deadlineMs: deadlineMsOf(flags),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    check: createMessageCheck(),
    expectReply: flags.reply,
  });
}

async function* asked(system: System, signal: AbortSignal): AsyncGenerator<string, void, void> {
  const { isCancel, text } = await import("@clack/prompts");
  while (!signal.aborted) {
    const answer = await text({
      message: "Message (empty to finish)",
      input: system.stdin,
      output: system.stderr.stream,
      signal,
    });
    if (isCancel(answer) || answer === undefined || answer === "") return;
    yield answer;
  }
}

function messagesOf(
  system: System,
  given: readonly string[],
  signal: AbortSignal,
): AsyncIterable<string> | Iterable<string> {
  if (given.length > 0) return given;
  if (system.stdin.isTTY === true) return asked(system, signal);
  return untilAborted(readLines(system.stdin, "standard input"), signal);
}

/** Counts outcomes as they come, to know in the end how it went. */
class Tally {
  delivered = 0;
  others = 0;
  #unreached = 0;
  #lastRefusal = "";

  add(outcome: Outcome): void {
    if (outcome.outcome === "delivered") {
      this.delivered += 1;
      return;
    }
    this.others += 1;
    const { attempts, error } = outcome;
    if (attempts.length === 0 || !attempts.every(({ ended }) => ended === "refused")) return;
    this.#unreached += 1;
    this.#lastRefusal = dialReason(error.cause) ?? error.message;
  }

  /** Why the server was never reached; undefined when something else happened too. */
  get unreachable(): string | undefined {
    const all = this.delivered === 0 && this.others > 0 && this.#unreached === this.others;
    return all ? this.#lastRefusal : undefined;
  }
}

/** The runtimes word what went wrong differently; people need one sentence, and what to do. */
const DIAL_WORDS: Readonly<Record<string, string>> = {
  "dial-timeout": "connecting took too long",
  "certificate-untrusted": "its certificate is signed by nobody we trust; is --ca who signed it?",
  "certificate-wrong-host": "its certificate is for another host; name that with --servername",
};

function dialReason(cause: unknown): string | undefined {
  const { status, message = "" } = (cause ?? {}) as Partial<AttemptFailure>;
  // A server of ours may also refuse a handshake, and then says why.
  const nobody = status === "dial-refused" && /refused/i.test(message);
  if (nobody) return "connection refused; is a server listening there?";
  return DIAL_WORDS[status ?? ""] ?? message;
}

async function sendAll(
  system: System,
  flags: SendFlags,
  work: { readonly client: Client; readonly given: readonly string[]; readonly stop: Stop },
): Promise<Tally> {
  const tally = new Tally();
  const style = styleFor(system.stdout, system.env);
  const { signal } = work.stop;
  for await (const message of messagesOf(system, work.given, signal)) {
    if (signal.aborted) break;
    const outcome = await work.client.send(message, { signal });
    tally.add(outcome);
    const line =
      flags.json === true
        ? JSON.stringify(sendLine(message, outcome))
        : sendLinePretty(message, outcome, style);
    system.stdout.write(`${line}\n`);
  }
  return tally;
}

async function send(system: System, given: readonly string[], flags: SendFlags): Promise<ExitCode> {
  const stop = listenForStop(system);
  const client = await connect(flags);
  try {
    const tally = await sendAll(system, flags, { client, given, stop });
    if (stop.signal.aborted) return ExitCode.interrupted;
    const { unreachable } = tally;
    const where = `${flags.host} ${flags.protocol} port ${flags.port}`;
    if (unreachable !== undefined) throw new ToolError(`Cannot reach ${where}: ${unreachable}`);
    if (tally.delivered + tally.others === 0) {
      if (system.stdin.isTTY === true) return ExitCode.ok;
      throw new ToolError("Cannot send as there is no message: name one, or pipe lines in");
    }
    return tally.others === 0 ? ExitCode.ok : ExitCode.fail;
  } finally {
    stop.dispose();
    await client.close();
  }
}

/** The verb `send`. */
export function sendCommand(system: System, finish: Finish): Command {
  const read = readers("send");
  const command = createCommand(
    system,
    "send",
    "Send messages and say what became of each: exit 0 only if all were delivered.",
  );
  return addSecurityOptions(command, read)
    .argument(
      "[message...]",
      "what to send; none: lines of standard input, or questions on a terminal",
    )
    .option(
      "--protocol <name>",
      "tcp, udp or tls",
      read.choice("--protocol", ["tcp", "udp", "tls"]),
      "tcp",
    )
    .option(
      "--datagrams <name>",
      "with udp: plain, or packets (in fragments, acknowledged and repeated)",
      read.choice("--datagrams", ["plain", "packets"]),
      "plain",
    )
    .option("--host <host>", "where the server is", read.host("--host"), "127.0.0.1")
    .option("--port <port>", "its port", read.integer("--port", 1, 65_535), PORT_DEFAULT)
    .option(
      "--codec <name>",
      "frame, or pipe (the text form body|checksum)",
      read.choice("--codec", ["frame", "pipe"]),
      "frame",
    )
    .option(
      "--attempts <n>",
      "attempts a message, the first included",
      read.integer("--attempts", 1, ATTEMPTS_MAX),
      4,
    )
    .option(
      "--timeout <ms>",
      "how long an attempt waits for its reply",
      read.integer("--timeout", 1, WAIT_MS_MAX),
      3000,
    )
    .option(
      "--deadline <ms>",
      "how long a message may take in all (default: long enough for every attempt)",
      read.integer("--deadline", 1, DEADLINE_MS_MAX),
    )
    .option("--no-reply", "do not wait for replies: for servers that never answer")
    .option("--json", "one JSON line for each message")
    .action(async (messages: string[], flags: SendFlags) => {
      finish(await send(system, messages, flags));
    });
}
