/**
 * What a fault server is started with: options, a spec's faults and a seed, made into one setup.
 *
 * The command line comes before the spec, the spec before the defaults. Nothing is started here.
 */
import { readSwitch } from "@faultline/api/log";
import { faultsInForce } from "@faultline/experiment";
import type { FullSpec } from "@faultline/experiment";
import type { FaultPlan } from "@faultline/faults";
import type { SealKey } from "@faultline/protocol";
import type { ServerOptions, ServerTlsOptions } from "@faultline/server";

import { ToolError } from "../exit.ts";
import { readKeyFile } from "../input/key-file.ts";
import { specOfFile, specOfScenario } from "../input/spec.ts";
import type { System } from "../system.ts";
import type { Codec, Durability, Responder, ServerFlags } from "./server-flags.ts";
import { serverTlsOf } from "./tls-files.ts";

/** The server's options, all of them decided. */
export interface DecidedOptions {
  readonly host: string;
  readonly tcpPort: number | null;
  readonly udpPort: number | null;
  readonly tlsPort: number | null;
  readonly tls?: ServerTlsOptions;
  readonly codec: Codec;
  readonly responder: Responder;
  readonly workers: number;
  readonly keys?: readonly SealKey[];
  readonly requireKeys?: boolean;
  readonly plan: FaultPlan;
  readonly dataDir?: string;
  readonly durability?: Durability;
  readonly events: NonNullable<ServerOptions["events"]>;
}

/** Everything that is known before the start; a null port is switched off. */
export interface Setup {
  readonly options: DecidedOptions;
  /** Where the faults come from; undefined: none. */
  readonly spec: FullSpec | undefined;
}

/** The original's port. */
const PORT_DEFAULT = 8080;

/** The port of one transport; one that was not named takes the number of the other. */
function portOf(own: number | "off" | undefined, other: number | "off" | undefined): number | null {
  const chosen = own ?? (other === "off" ? undefined : other) ?? PORT_DEFAULT;
  return chosen === "off" ? null : chosen;
}

async function specOf(
  system: System,
  flags: ServerFlags,
  seed: number,
): Promise<FullSpec | undefined> {
  const { scenario, spec } = flags;
  if (scenario !== undefined && spec !== undefined) {
    throw new ToolError('Cannot serve as "--scenario" and "--spec" must not both be given');
  }
  if (scenario !== undefined) return specOfScenario(scenario, { seed });
  if (spec === undefined) return undefined;
  // A seed in the file is the user's, unless the command line says otherwise.
  const source = { stdin: system.stdin, drawSeed: () => seed };
  const read = await specOfFile(spec, source, flags.seed === undefined ? {} : { seed });
  refuseWhatNeedsARun(read);
  return read;
}

/** A schedule names the clients of a run, and events befall a simulated server. @throws ToolError */
function refuseWhatNeedsARun({ schedule, events }: FullSpec): void {
  const field = schedule !== null ? "schedule" : events.length > 0 ? "events" : undefined;
  if (field === undefined) return;
  throw new ToolError(`Cannot serve as "${field}" of the spec must be left out: it needs a run`);
}

/**
 * The faults of a phase (by index), or of the whole spec where it has none.
 *
 * Without sessions: who will connect is not known, so counts such as `firstMessages` are each
 * connection's own.
 */
export function planOf(spec: FullSpec, phase: number): FaultPlan {
  const { seed, composition } = spec;
  return { seed, composition, faults: faultsInForce(spec, phase) };
}

/** The keys of the file, and whether everybody needs one. @throws ToolError */
async function keysOf(
  { acceptPlain = false, keyFile }: ServerFlags,
  spec: FullSpec | undefined,
): Promise<Pick<DecidedOptions, "keys" | "requireKeys">> {
  if (keyFile !== undefined) {
    return { keys: await readKeyFile(keyFile), requireKeys: !acceptPlain };
  }
  if (acceptPlain)
    throw new ToolError('Cannot serve as "--accept-plain" must go with "--key-file"');
  // A run derives a secret from its seed for both ends; here nobody would know it.
  if (spec !== undefined && (spec.seal !== null || spec.checksum === "hmac-sha256-128")) {
    throw new ToolError('Cannot serve as "--key-file" must be given: the spec seals or signs');
  }
  return {};
}

/** @throws ToolError where a port is asked for without certificates, or the other way round */
async function tlsOf({
  certs,
  tls = "off",
}: ServerFlags): Promise<Pick<DecidedOptions, "tls" | "tlsPort">> {
  if (tls === "off" && certs === undefined) return { tlsPort: null };
  if (tls === "off" || certs === undefined) {
    throw new ToolError('Cannot serve as "--tls" and "--certs" must be given together');
  }
  return { tlsPort: tls, tls: await serverTlsOf(certs) };
}

/** Which events are logged, and whether with payloads. @throws ToolError */
function eventsOf(
  { env }: System,
  { logPayloads = false, quiet = false }: ServerFlags,
): DecidedOptions["events"] {
  if (quiet && logPayloads) {
    throw new ToolError('Cannot serve as "--log-payloads" must be left out with "--quiet"');
  }
  if (quiet) return "none";
  try {
    return logPayloads || readSwitch("LOG_PAYLOADS", env["LOG_PAYLOADS"]) ? "payloads" : "all";
  } catch (error) {
    throw new ToolError((error as Error).message, { cause: error });
  }
}

/** Decides everything. @throws ToolError for options that cannot go together, or a bad spec */
export async function setUp(system: System, flags: ServerFlags): Promise<Setup> {
  const seed = flags.seed ?? system.drawSeed();
  const spec = await specOf(system, flags, seed);
  const codec = flags.codec ?? spec?.codec ?? "frame";
  const workers = flags.workers ?? spec?.server.workers ?? 1;
  if (flags.durability !== undefined && flags.data === undefined) {
    throw new ToolError('Cannot serve as "--durability" must go with "--data": nothing is kept');
  }
  const { tcp, udp } = flags;
  if (tcp === "off" && udp === "off" && (flags.tls ?? "off") === "off") {
    throw new ToolError('Cannot serve as one of "--tcp" and "--udp" must be a port: both are off');
  }
  if (codec === "pipe" && workers > 1) {
    throw new ToolError(
      `Cannot serve as "--workers" must be 1 with the pipe codec: got ${workers}`,
    );
  }
  const options = {
    host: flags.host,
    tcpPort: portOf(tcp, udp),
    udpPort: portOf(udp, tcp),
    ...(await tlsOf(flags)),
    codec,
    workers,
    responder: flags.responder ?? spec?.server.responder ?? "echo",
    events: eventsOf(system, flags),
    ...(flags.data !== undefined && { dataDir: flags.data }),
    ...(flags.durability !== undefined && { durability: flags.durability }),
    ...(await keysOf(flags, spec)),
    plan:
      spec === undefined
        ? { seed, composition: "independent" as const, faults: [] }
        : planOf(spec, 0),
  };
  return { options, spec };
}
