/**
 * What can be said about a server, its defaults, and what is refused before anything is started.
 */
import type { FaultPlan } from "@faultline/faults";
import { checkPlan } from "@faultline/faults";
import { nextLifeTag } from "@faultline/protocol";
import { wallClockUs } from "./clock.ts";
import type { WorkerSetup } from "./command.ts";
import { authenticationOf, type KeyOptions } from "./core/auth.ts";
import type { ServerCodec } from "./core/core-options.ts";
import { NO_FAULTS } from "./core/plan.ts";
import { RESPONDER_NAMES, type ResponderName } from "./core/responder.ts";
import type { EventLevel, ServerEvent } from "./event.ts";
import type { Durability } from "./journal/file-store.ts";
import type { ServerLimits } from "./limits.ts";
import { serverLimits } from "./limits.ts";
import { completeTls, type ServerTlsOptions } from "./tls-options.ts";

/** Everything that can be said about a server. */
export interface ServerOptions extends KeyOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** 0: any free one; null: no TCP. @default 0 */
  readonly tcpPort?: number | null;
  /** 0: any free one; null: no UDP. @default 0 */
  readonly udpPort?: number | null;
  /** 0: any free one; null: no TLS. With `tls`. @default null; 0 where `tls` is given */
  readonly tlsPort?: number | null;
  /** Who the server is and whom it lets in, over TLS. @default none */
  readonly tls?: ServerTlsOptions;
  /** Worker threads, 1 … 64. @default 1 */
  readonly workers?: number;
  /** @default "frame" */
  readonly codec?: ServerCodec;
  /** @default "echo" */
  readonly responder?: ResponderName;
  /** Faults from the beginning. @default none */
  readonly plan?: FaultPlan;
  readonly limits?: Partial<ServerLimits>;
  /** Which events are made. Those of every message cost something. @default "none": the rare ones */
  readonly events?: EventLevel;
  /** Called for each event, in batches, not at the very moment. */
  readonly onEvent?: (event: ServerEvent) => void;
  /** A log of what passes behind the faults, for a capture. @default none, at no cost */
  readonly wireLog?: WireLogSink;
  /**
   * A folder in which executed operations, their replies and what they did survive the end of the
   * process; made if there is none. @default none: they are gone with it
   */
  readonly dataDir?: string;
  /**
   * What else they survive before a reply leaves: `"process"`, nothing (`kill -9` is survived);
   * `"machine"`, a power failure, at the price of a disk's answer for each event. @default "process"
   */
  readonly durability?: Durability;
  /** What all times count from, in µs since 1970. @default the moment of the call */
  readonly epochUs?: number;
}

/** Where the log of what passes behind the faults goes. */
export interface WireLogSink {
  /** Bytes of each worker's log; what has no room is left out. */
  readonly bytesMax: number;
  /** Takes a chunk. Those of one `log`, a number for each life of a worker, come in order. */
  onChunk(chunk: Uint8Array, log: number): void;
}

const PORT_MAX = 65_535;
const WORKERS_MAX = 64;

/** What the workers of a server have in common, as far as options say. */
export type CommonSetup = Omit<WorkerSetup, "index" | "udpShared" | "patienceMs">;

/**
 * Options with every default filled in.
 *
 * @throws {RangeError} where one breaks its rule, or two do not go together.
 */
export function completeOptions(options: ServerOptions): CommonSetup {
  const { host = "127.0.0.1", workers = 1 } = options;
  const { codec = "frame", responder = "echo", plan = NO_FAULTS, events = "none" } = options;
  const { epochUs = wallClockUs() } = options;
  checkWord("host", host, (word) => word.length > 0, "an address or a name");
  const ports = completePorts(options);
  checkInteger("start the server", "workers", { value: workers, min: 1, max: WORKERS_MAX });
  const epochMax = Number.MAX_SAFE_INTEGER;
  checkInteger("start the server", "epochUs", { value: epochUs, min: 0, max: epochMax });
  checkWord("codec", codec, among("frame", "pipe"), "one of frame, pipe");
  const rule = `one of ${RESPONDER_NAMES.join(", ")}`;
  checkWord("responder", responder, among(...RESPONDER_NAMES), rule);
  checkWord("events", events, among("none", "all", "payloads"), "one of none, all, payloads");
  if (codec === "pipe" && workers > 1) {
    refuse(
      "workers",
      "1 where codec is pipe: its messages name no session to share out by",
      workers,
    );
  }
  if (codec === "pipe" && responder === "counter") {
    refuse(
      "responder",
      "another where codec is pipe: a message sent twice would count twice",
      responder,
    );
  }
  const durability = durabilityOf(options);
  refuseBadPlan(plan);
  const limits = serverLimits(options.limits);
  const { keys = null, requireKeys = keys !== null } = options;
  // Refused here, and not in a thread.
  authenticationOf(options, limits.sessionsMax);
  const wireLogBytesMax = options.wireLog?.bytesMax ?? null;
  return {
    host,
    ...ports,
    workers,
    codec,
    responder,
    plan,
    limits,
    events,
    epochUs,
    life: lifeFor(ports),
    journals: null,
    durability,
    keys,
    requireKeys,
    wireLogBytesMax,
  };
}

function durabilityOf({ codec, dataDir, durability = "process" }: ServerOptions): Durability {
  checkWord("durability", durability, among("process", "machine"), "one of process, machine");
  if (dataDir === undefined) return durability;
  checkWord("dataDir", dataDir, (word) => word.length > 0, "the path of a folder");
  if (codec === "pipe") {
    refuse("dataDir", "left out where codec is pipe: its messages have no identity", dataDir);
  }
  return durability;
}

/**
 * The life of a server that starts now. At a port that the system chose nobody can have been asked
 * before; at one that was named somebody may have. The tag follows the milliseconds, so two that
 * follow each other within a minute differ for sure, and others but for one time in 65,533.
 */
function lifeFor({ tcpPort, udpPort, tlsPort }: TransportPorts): CommonSetup["life"] {
  const isNamed = (port: number | null): boolean => port !== null && port !== 0;
  const tag = nextLifeTag(Math.floor(wallClockUs() / 1000));
  return { tag, past: [tcpPort, udpPort, tlsPort].some(isNamed) ? "unknown" : "none" };
}

/** Where to listen. */
type TransportPorts = Pick<CommonSetup, "tcpPort" | "udpPort" | "tlsPort">;

function completePorts(options: ServerOptions): TransportPorts & Pick<CommonSetup, "tls"> {
  const { tcpPort = 0, udpPort = 0 } = options;
  const tlsPort =
    options.tlsPort ?? (options.tls === undefined || options.tlsPort === null ? null : 0);
  for (const [setting, value] of Object.entries({ tcpPort, udpPort, tlsPort })) {
    if (value !== null) checkInteger("start the server", setting, { value, min: 0, max: PORT_MAX });
  }
  const tls = options.tls === undefined ? null : completeTls(options.tls);
  if (tls === null && tlsPort !== null) {
    refuse("tls", "given where tlsPort is a number", undefined);
  }
  if (tcpPort === null && udpPort === null && tlsPort === null) {
    refuse("tcpPort", "a number where udpPort is null, or nobody could connect", tcpPort);
  }
  return { tcpPort, udpPort, tlsPort, tls };
}

/** @throws {RangeError} naming every rule that the plan breaks. */
export function refuseBadPlan(plan: FaultPlan): void {
  const problems = checkPlan(plan);
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  throw new RangeError(`Cannot inject these faults. ${lines.join("; ")}`);
}

/** @throws {RangeError} where the value is no integer of `min` to `max`. */
export function checkInteger(
  purpose: string,
  setting: string,
  { value, min, max }: { value: unknown; min: number; max: number },
): void {
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return;
  throw new RangeError(
    `Cannot ${purpose} as "${setting}" must be an integer of ${min} … ${max}: got ${String(value)}`,
  );
}

function checkWord(
  setting: string,
  value: unknown,
  accepts: (word: string) => boolean,
  rule: string,
): void {
  if (typeof value !== "string" || !accepts(value)) refuse(setting, rule, value);
}

function among(...words: string[]): (word: string) => boolean {
  return (word) => words.includes(word);
}

function refuse(setting: string, rule: string, value: unknown): never {
  throw new RangeError(
    `Cannot start the server as "${setting}" must be ${rule}: got ${String(value)}`,
  );
}
