/**
 * The composition root: store, runner, runs, app and port put together, and taken apart again.
 *
 * Used by main.ts with the environment's settings, by the demo and by tests with their own.
 */

import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Clock, RandomBytes } from "./clock.ts";
import { createApp } from "./app.ts";
import { type GuardOptions, OPEN_ON_LOOPBACK } from "./guard/guard.ts";
import { isLoopback } from "./guard/host.ts";
import { fileTokens, fixedTokens, type TokenBook } from "./guard/token-book.ts";
import { tokenFileOf } from "./guard/token-file.ts";
import { isExpired } from "./guard/token.ts";
import { listen, ListenError, makeHttpServer } from "./http/server.ts";
import { makeRunIds } from "./ids.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import type { Runner } from "./runner/runner.ts";
import { makeThreadRunner } from "./runner/thread-runner.ts";
import { type Log, SILENT } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { Observer } from "./observe/observer.ts";
import { Spaced } from "./observe/spaced.ts";
import { RunService } from "./runs/service.ts";
import type { AccessSettings } from "./settings.ts";
import { MEMORY } from "./store/open.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import { systemClock, systemRandom } from "./system.ts";

/** Everything has a default, so that `startApi()` alone gives a private, forgetful service. */
export interface StartOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** 0 picks a free one. @default 0 */
  readonly port?: number;
  /** Folder of the store; `:memory:` keeps nothing. @default ":memory:" */
  readonly data?: string;
  readonly limits?: Partial<Limits>;
  /** Who is let in. @default nobody without a token once there is one, or beyond loopback */
  readonly access?: Partial<AccessSettings>;
  /** @default those of `tokens.json` in the data folder; none in memory */
  readonly tokens?: TokenBook;
  /** Takes the log's lines. @default nothing is logged */
  readonly log?: Log;
  /** Lines of the level debug hold what messages and requests carry. @default false */
  readonly logPayloads?: boolean;
  /** Told of failures on our side. @default a line of the log; without one, of standard error */
  readonly onFailure?: (error: unknown) => void;
  /** Closed with the service. @default a thread for each run in progress */
  readonly runner?: Runner;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
}

/** A service that listens. */
export interface Api {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /**
   * Takes no more requests, gives runs in progress `graceMs` to end (then stops them), writes
   * everything down and lets the port go. Queued runs wait in the store for the next start. A
   * second call waits for the first.
   * @default graceMs 0
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Starts the service.
 * @throws RangeError for a limit outside its range
 * @throws StoreError if the data folder cannot be used; nothing is left open
 * @throws TokenError if the tokens cannot be read
 * @throws ListenError if the port cannot be had; nothing is left open
 */
export async function startApi(options: StartOptions = {}): Promise<Api> {
  const { host = "127.0.0.1", port = 0, data = MEMORY, clock = systemClock } = options;
  const limits = resolveLimits(options.limits);
  const guard = makeGuardOptions(host, data, options);
  refuseOpenDoor(host, guard, clock);
  const onFailure = options.onFailure ?? failureLine(options.log, clock);
  const runner = options.runner ?? makeThreadRunner({ clock, ...limits });
  const store = openSqliteStore({ folder: data, storeMiBMax: limits.storeMiBMax });
  const ids = makeRunIds(clock, options.random ?? systemRandom);
  const observer = makeObserver(options, { clock, limits });
  const runs = new RunService({ store, runner, clock, ids, limits, onFailure, observer });
  const parts = { runs, clock, limits, guard, observer, onFailure, version: VERSION };
  const server = makeHttpServer(createApp(parts), limits);
  countConnections(server, observer.metrics);
  const close = async (graceMs: number): Promise<void> => {
    const quiet = closeServer(server);
    await runs.close(graceMs);
    await runner.close();
    const disarm = clock.after(LAST_ANSWERS_MS, () => server.closeAllConnections());
    await quiet;
    disarm();
    await store.close();
  };
  let closed: Promise<void> | undefined;
  try {
    await runs.recover();
    const address = await listen(server, host, port);
    runs.begin();
    return {
      url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
      host,
      port: address.port,
      close: ({ graceMs = 0 } = {}) => (closed ??= close(graceMs)),
    };
  } catch (error) {
    await closeServer(server);
    await store.close();
    throw error;
  }
}

function makeObserver(
  { log = SILENT, logPayloads = false }: StartOptions,
  { clock, limits }: { readonly clock: Clock; readonly limits: Limits },
): Observer {
  const payloadBytesMax = logPayloads ? limits.logPayloadBytesMax : 0;
  return new Observer({ log, metrics: new Metrics(), clock, payloadBytesMax });
}

function makeGuardOptions(
  host: string,
  data: string,
  { access = {}, tokens }: StartOptions,
): GuardOptions {
  const { required = false, hosts = [], origins = [] } = access;
  const isLocal = isLoopback(host);
  return {
    ...OPEN_ON_LOOPBACK,
    tokens: tokens ?? (data === MEMORY ? fixedTokens([]) : fileTokens(tokenFileOf(data))),
    required: required || !isLocal,
    checkHost: isLocal,
    hosts,
    origins,
  };
}

/** Others can reach the address: without a token in force nobody could be told apart. */
function refuseOpenDoor(host: string, { tokens }: GuardOptions, clock: Clock): void {
  const nowMs = clock.nowMs();
  const inForce = [...tokens.records().values()].filter((token) => !isExpired(token, nowMs));
  if (isLoopback(host) || inForce.length > 0) return;
  throw new ListenError(
    "NO_TOKENS",
    `Cannot listen on ${host} as others can reach it and there is no token: make one with "faultline token create", or listen on 127.0.0.1`,
  );
}

/** Resolves when the last connection is gone; at once if it never listened. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function countConnections(server: Server, metrics: Metrics): void {
  let open = 0;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
  });
  metrics.gauge("faultline_http_connections_open", "Connections to this service.", () => open);
}

/**
 * One line: what operators see is the message, never a stack. At most one a second for each message:
 * where a file cannot be read, every request of a stranger is one more failure.
 */
function failureLine(log: Log | undefined, clock: Clock): (error: unknown) => void {
  const told = new Spaced(clock);
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    const times = told.take(message);
    if (times === 0) return;
    if (log === undefined) process.stderr.write(`${message.replaceAll("\n", " ")}\n`);
    else log.write("error", "failure", { message, ...(times > 1 && { times }) });
  };
}

/** Answers still being written when the runs have ended get so long to leave. */
const LAST_ANSWERS_MS = 1000;

const VERSION = readVersion();

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
