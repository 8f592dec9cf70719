#!/usr/bin/env node
/**
 * The service as a program: settings from the environment, one line when it listens, a clean
 * end on a signal. Exit code 3 and one line on standard error if it cannot start.
 */

import { keepCompiled } from "./compiled.ts";
import type { Api } from "./start.ts";

keepCompiled();
const { ListenError } = await import("./http/server.ts");
const { readSettings } = await import("./settings.ts");
const { openLog } = await import("./observe/log-tape.ts");
const { jsonLine, prettyLine } = await import("./observe/log-lines.ts");
const { startApi } = await import("./start.ts");
const { StoreError } = await import("./store/store.ts");
const { TokenError } = await import("./guard/token-file.ts");

const CANNOT_START = 3;

async function main(): Promise<void> {
  const { graceMs, logLevel, ...options } = readSettings(process.env);
  // A person at a terminal reads short lines, whatever else reads them wants JSON.
  const text = process.stderr.isTTY ? prettyLine : jsonLine;
  const log = openLog({
    level: logLevel,
    name: "api",
    write: (line) => void process.stderr.write(`${text(line)}\n`),
  });
  const api = await startApi({ ...options, log });
  closeOnSignal(api, graceMs);
  process.stdout.write(`Faultline listens on ${api.url} (reference: ${api.url}/docs)\n`);
}

/** The first signal drains; a second one no longer waits for runs. */
function closeOnSignal(api: Api, graceMs: number): void {
  let closing = false;
  const onSignal = (): void => {
    if (closing) process.exit(1);
    closing = true;
    void api.close({ graceMs }).then(() => process.exit(0), fail);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

/** An expected reason is its own line; anything else is a bug and shows where. */
function fail(error: unknown): void {
  const expected =
    error instanceof RangeError ||
    error instanceof StoreError ||
    error instanceof TokenError ||
    error instanceof ListenError;
  const text = expected ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(CANNOT_START);
}

await main().catch(fail);
