/**
 * The process as one value: streams, environment, time, chance, signals.
 *
 * The only file of this package that touches `process` state, clocks, timers or random numbers;
 * verbs are given a `System` and can so be run by a test inside its own process. It decides
 * nothing: no formatting and no policy lives here.
 */
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";

import { ExitCode } from "./exit.ts";
import { codeOf, reasonOf } from "./reasons.ts";

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** True when a person looks at it. */
  readonly isTTY: boolean;
  /** Width in columns; Infinity where nobody wraps. */
  readonly columns: number;
  /** The stream itself, for libraries that draw on it. */
  readonly stream: Writable;
}

/** Everything a verb may take from the outside. */
export interface System {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Milliseconds that never go backwards, from an arbitrary start. */
  nowMs(): number;
  /** The time of day, for logs. */
  date(): Date;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A seed short enough to be typed again: 32 random bits. */
  drawSeed(): number;
  /** Bytes that nobody can guess, for secrets. */
  drawSecret(count: number): Uint8Array;
  /** Calls `run` on Ctrl-C and on termination, until the returned function is called. */
  onStop(run: () => void): () => void;
  /** Leaves at once, whatever is still open. */
  exit(code: number): void;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * A reader that went away (`faultline … | head`) ends the program quietly, as with other tools;
 * anything else, a full disk for example, is said and ends it as a tool error.
 */
function leaveBroken(name: string, error: unknown): never {
  if (codeOf(error) === "EPIPE") process.exit(ExitCode.unread);
  if (name !== "standard error") {
    process.stderr.write(`faultline: Cannot write to ${name}: ${reasonOf(error)}\n`);
  }
  process.exit(ExitCode.tool);
}

function output(stream: NodeJS.WriteStream, name: string): Output {
  stream.on("error", (error) => leaveBroken(name, error));
  return {
    write: (text) => {
      try {
        stream.write(text);
      } catch (error) {
        // Deno throws where Node emits.
        leaveBroken(name, error);
      }
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.isTTY === true ? (stream.columns ?? 80) : Infinity;
    },
    stream,
  };
}

/** The real process. Call once: it listens for outputs that break. */
export function createSystem(): System {
  return {
    args: process.argv.slice(2),
    env: process.env,
    stdin: process.stdin,
    stdout: output(process.stdout, "standard output"),
    stderr: output(process.stderr, "standard error"),
    nowMs: () => performance.now(),
    date: () => new Date(),
    sleep: async (ms, signal) => {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    },
    drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
    drawSecret: (count) => crypto.getRandomValues(new Uint8Array(count)),
    onStop: (run) => {
      for (const name of STOP_SIGNALS) process.on(name, run);
      return () => {
        for (const name of STOP_SIGNALS) process.off(name, run);
      };
    },
    exit: (code) => process.exit(code),
  };
}
