/**
 * The composition root of a real run: sockets on loopback, the system's clock, threads. Also where
 * a simulated run gets the little it may know of the time outside.
 *
 * The one file of this package where time and chance come in from outside. It decides nothing:
 * it hands the same plan, sessions and draws to real parts that a simulation would hand to its own.
 */
import { availableParallelism, arch, platform } from "node:os";
import process from "node:process";
import {
  createClient,
  systemClock,
  systemRandom,
  tcpDialer,
  tlsDialer,
  udpDialer,
} from "@faultline/client";
import {
  type Clock,
  type Dialer,
  type SealKey,
  tapDialer,
  type WireTap,
} from "@faultline/protocol";
import { type FaultServer, startServer } from "@faultline/server";
import type { CaptureRecorder } from "../capture/recorder.ts";
import { faultPlan } from "../plan/faults.ts";
import { keysOf } from "../plan/keys.ts";
import { clientDialer, clientOptions } from "../plan/policy.ts";
import { runServerLimits } from "../plan/server-limits.ts";
import type { Envelope } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";
import { RunError } from "./error.ts";
import type { Wall, World } from "./port.ts";
import { checkTarget } from "./target.ts";
import { makeTrust, type Trust } from "./trust.ts";

/** What a real world is told beside the spec. */
export interface WorldOptions {
  /** Whether anybody will take the fault records. */
  readonly records: boolean;
  /** Takes down what wires carry; undefined: nobody asked. */
  readonly recorder?: CaptureRecorder | undefined;
  /** Secrets instead of the seed's own, where the spec seals or signs. */
  readonly keys?: readonly SealKey[] | undefined;
}

const HOST = "127.0.0.1";
const US_PER_MS = 1_000;

/**
 * Starts the server of a spec and gives what a run needs.
 *
 * @throws RunError `world-failed`
 */
export async function openRealWorld(spec: FullSpec, options: WorldOptions): Promise<World> {
  const startedAt = new Date();
  const epochUs = startedAt.getTime() * US_PER_MS;
  const clock = systemClock(epochUs);
  const keys = keysOf(spec, options.keys);
  const { transport } = spec;
  const trust = transport === "tls" ? await makeTrust(HOST, startedAt.getTime()) : undefined;
  const server = await start(spec, { ...options, keys }, { epochUs, trust });
  const startUs = clock.nowUs();
  const { recorder } = options;
  const takeRecords = async (): ReturnType<World["takeRecords"]> => {
    const records = await guard(server.takeRecords());
    recorder?.note(records);
    return records;
  };
  const wire = (): Dialer => {
    const tap = recorder?.wire;
    const above = recorder?.above;
    if (trust !== undefined) {
      // Beneath TLS nobody but the dialer itself can look.
      const encrypted = tlsDialerTo(server, trust, { clock, ...(tap && { tap }) });
      return above === undefined ? encrypted : tapDialer(encrypted, { tap: above, clock });
    }
    const plain = dialerTo(server, spec);
    return tap === undefined ? plain : tapDialer(plain, { tap, clock });
  };
  return {
    clock,
    lost: new Promise((resolve) => {
      server.closed.catch((cause: unknown) => resolve(lost(cause)));
    }),
    createClient: (client) => {
      const parts = { clock, ordinal: client, keys, random: systemRandom };
      const dialer = clientDialer(spec, wire(), parts);
      return createClient({ ...clientOptions(spec, client, keys), clock, dialer });
    },
    within: (run) => run(),
    note: () => {},
    advance: () => Promise.resolve(),
    until: (task) => task,
    wallTimer: (afterMs, run) => clock.setTimer(clock.nowUs() + afterMs * US_PER_MS, run),
    setFaults: (plan) => guard(server.setFaults(plan)),
    takeRecords,
    takeEndings: () => guard(server.takeEndings()),
    stats: () => guard(server.stats()),
    digest: () => null,
    async capture(take) {
      if (recorder === undefined) return null;
      await takeRecords();
      const dropped = await guard(server.flushWires());
      return recorder.finish({ dropped, originUs: epochUs }, take);
    },
    envelope: () => envelope(startedAt, (clock.nowUs() - startUs) / US_PER_MS),
    close: () => server.close({ graceMs: 0 }),
  };
}

/** The time outside, for a run with a time of its own. */
export function systemWall(): Wall {
  const startedAt = new Date();
  const clock = systemClock();
  const startUs = clock.nowUs();
  const elapsedMs = (): number => (clock.nowUs() - startUs) / US_PER_MS;
  return {
    elapsedMs,
    alarm: (afterMs, run) => clock.setTimer(clock.nowUs() + afterMs * US_PER_MS, run),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    envelope: () => envelope(startedAt, elapsedMs()),
  };
}

async function start(
  spec: FullSpec,
  { keys, records, recorder }: WorldOptions,
  { epochUs, trust }: { readonly epochUs: number; readonly trust: Trust | undefined },
): Promise<FaultServer> {
  const { transport } = spec;
  const wireLog = recorder?.sink;
  try {
    return await startServer({
      host: HOST,
      tcpPort: transport === "tcp" ? 0 : null,
      udpPort: transport === "udp" ? 0 : null,
      ...(trust !== undefined && { tls: { cert: trust.cert, key: trust.key } }),
      workers: spec.server.workers,
      codec: spec.codec,
      responder: spec.server.responder,
      plan: faultPlan(spec, spec.phases === null ? -1 : 0),
      epochUs,
      ...(wireLog && { wireLog }),
      ...(keys && { keys }),
      limits: { ...runServerLimits(spec), ...(records ? {} : { recordsMax: 1 }) },
    });
  } catch (cause) {
    throw new RunError(
      "world-failed",
      `Cannot start the server: ${(cause as Error).message}`,
      cause,
    );
  }
}

function lost(cause: unknown): RunError {
  return new RunError("world-failed", `The server was lost: ${(cause as Error).message}`, cause);
}

function guard<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((cause: unknown) => {
    throw lost(cause);
  });
}

function dialerTo(server: FaultServer, { transport }: FullSpec): Dialer {
  const address = server[transport];
  if (address === undefined)
    throw new RunError("world-failed", "Cannot dial: the server has no port");
  checkTarget(address.host);
  return transport === "udp" ? udpDialer(address) : tcpDialer(address);
}

function tlsDialerTo(
  server: FaultServer,
  { ca }: Trust,
  options: { readonly clock: Clock; readonly tap?: WireTap },
): Dialer {
  if (server.tls === undefined)
    throw new RunError("world-failed", "Cannot dial: the server has no port");
  checkTarget(server.tls.host);
  return tlsDialer({ ...server.tls, ...options, ca });
}

function envelope(startedAt: Date, wallMs: number): Envelope {
  const { deno, node } = process.versions as Record<string, string | undefined>;
  return {
    runtime: deno === undefined ? `node ${node}` : `deno ${deno}`,
    host: { os: platform(), arch: arch(), cpus: availableParallelism() },
    startedAt: startedAt.toISOString(),
    endedAt: new Date(startedAt.getTime() + wallMs).toISOString(),
    wallMs: Math.round(wallMs),
    simulatedMs: null,
    simulatedMsPerWallMs: null,
  };
}
