/** main.ts as a process of its own, in the runtime that runs the test. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Deno wants a verb and its permissions before the file. */
const BEFORE_FILE = "deno" in process.versions ? ["run", "-A"] : [];

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** Resolves with the URL of the line it prints when it listens; rejects if it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the program; whatever the test does, it is gone afterwards. */
export function startMain(environment: Record<string, string>): Child {
  const child: ChildProcess = spawn(process.execPath, [...BEFORE_FILE, MAIN], {
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const listening = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<Ended>();
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (chunk: Uint8Array) => (stderr += Buffer.from(chunk).toString()));
  child.stdout?.on("data", (chunk: Uint8Array) => {
    stdout += Buffer.from(chunk).toString();
    const url = /listens on (\S+)/.exec(stdout)?.[1];
    if (url !== undefined) listening.resolve(url);
  });
  child.on("close", (code, signal) => {
    listening.reject(new Error(`it ended before it listened: ${stderr}`));
    ended.resolve({ code, signal, stdout, stderr });
  });
  listening.promise.catch(() => {});
  // Not child.kill: Deno's then reports the signal as the end, whatever the program did with it.
  const kill = (signal: NodeJS.Signals): void => {
    const { pid, exitCode, signalCode } = child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(pid, signal);
  };
  onTestFinished(async () => {
    kill("SIGKILL");
    await ended.promise;
  });
  return { listening: listening.promise, ended: ended.promise, kill };
}
