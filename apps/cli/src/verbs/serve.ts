/**
 * A fault server until a signal, its events as a log on standard output.
 *
 * Faults come from a scenario or a spec; phases pass by time, the last one stays. The first signal
 * drains and ends with exit code 0, the second leaves at once. A server that fails by itself is
 * one clear line and exit code 3.
 */
import { faultsInForce } from "@faultline/experiment";
import type { FullSpec } from "@faultline/experiment";
import { startServer } from "@faultline/server";
import type { FaultServer } from "@faultline/server";

import { ExitCode, ToolError } from "../exit.ts";
import { aborted, listenForStop } from "../input/stop.ts";
import { ServerLog } from "../output/server-log.ts";
import { codeOf } from "../reasons.ts";
import type { System } from "../system.ts";
import type { ServerFlags } from "./server-flags.ts";
import { planOf, setUp } from "./server-setup.ts";
import type { DecidedOptions, Setup } from "./server-setup.ts";

/** How long a stopping server waits for what is under way. */
const GRACE_MS = 5_000;

/** What has a code is of the world, a RangeError is about an option: one line each. The rest is a bug. */
function understood(error: unknown): unknown {
  if (!(error instanceof RangeError) && codeOf(error) === undefined) return error;
  return new ToolError((error as Error).message.replace(/\.$/, ""), { cause: error });
}

async function start(options: DecidedOptions, log: ServerLog): Promise<FaultServer> {
  const events = log.wantsMessages ? options.events : "none";
  try {
    return await startServer({ ...options, events, onEvent: (event) => log.event(event) });
  } catch (error) {
    throw understood(error);
  }
}

interface Running {
  readonly system: System;
  readonly server: FaultServer;
  readonly log: ServerLog;
  readonly signal: AbortSignal;
}

/** Puts each phase's faults in force when its time comes; the last phase stays. */
async function passPhases(spec: FullSpec, running: Running): Promise<void> {
  const { system, server, log, signal } = running;
  const phases = spec.phases ?? [];
  for (const [index, { name, durationMs }] of phases.entries()) {
    if (index > 0) await server.setFaults(planOf(spec, index));
    log.event({ event: "phase", name, faults: faultsInForce(spec, index).map(({ id }) => id) });
    if (index < phases.length - 1) await system.sleep(durationMs, signal);
  }
}

/** Resolves at the first signal; rejects when the server fails, or a phase's faults are refused. */
async function untilStopped({ spec }: Setup, running: Running): Promise<void> {
  const { server, signal } = running;
  const stopped = aborted(signal);
  const failed = server.closed.catch((error: unknown) => {
    throw understood(error);
  });
  const passed = spec === undefined ? undefined : passPhases(spec, running);
  const passedOrStopped = passed?.catch((error: unknown) => {
    // The stop also wakes the wait for the next phase.
    if (!signal.aborted) throw error;
  });
  await Promise.race([stopped, failed, Promise.all([passedOrStopped, stopped])]);
}

function announce({ tcp, tls, udp }: FaultServer, options: DecidedOptions, log: ServerLog): void {
  const { codec, keys, responder, workers, plan } = options;
  log.listening({
    event: "listening",
    tcp: tcp ?? null,
    udp: udp ?? null,
    ...(tls && { tls }),
    codec,
    responder,
    workers,
    ...(keys && { keys: keys.map(({ id }) => id) }),
    seed: plan.seed,
    faults: plan.faults.map(({ id }) => id),
  });
}

/** Serves until the first signal. @throws ToolError for what cannot be started */
export async function serve(system: System, flags: ServerFlags): Promise<ExitCode> {
  const log = new ServerLog(system, flags.json === true);
  const setup = await setUp(system, flags);
  const stop = listenForStop(system, () => log.event({ event: "stopping" }));
  try {
    const server = await start(setup.options, log);
    announce(server, setup.options, log);
    await untilStopped(setup, { system, server, log, signal: stop.signal });
    await server.close({ graceMs: GRACE_MS });
    log.event({ event: "stopped" });
    return ExitCode.ok;
  } finally {
    stop.dispose();
  }
}
