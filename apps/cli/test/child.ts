/**
 * The command as a real child process, under the runtime that runs the tests.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const ENTRY = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const NODE = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
const DEMO = fileURLToPath(new URL("../src/demo/main.ts", import.meta.url));

/** How a child ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
  /** The first line of standard output that satisfies `test`; rejects when the child ends without it. */
  line(test: (line: string) => boolean): Promise<string>;
  stdout(): string;
  stderr(): string;
}

export interface ChildOptions {
  readonly input?: string;
  /** Leaves standard input open. */
  readonly keepInput?: boolean;
  readonly env?: Record<string, string>;
  /** A file that takes standard output instead. */
  readonly output?: string;
}

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  // The test runner may force colours; the command must be seen as a script sees it.
  const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
  return { ...rest, ...extra };
}

/** Starts any program and collects what it says. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Child {
  const { output } = options;
  const whole = [command, ...args];
  const [program = "", ...rest] =
    output === undefined ? whole : ["sh", "-c", `exec "$@" > ${output}`, "sh", ...whole];
  const child = spawn(program, rest, { env: environment(options.env ?? {}) });
  // A test that failed half-way must not leave its children behind.
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const run of watchers) run();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    wake();
  });
  child.stdin.on("error", () => undefined);
  if (options.keepInput !== true) child.stdin.end(options.input ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const line = (test: (text: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stdout.split("\n").slice(0, -1).find(test);
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
      ended.then(() => {
        look();
        reject(new Error(`ended without that line: ${stdout}${stderr}`));
      }, reject);
    });
  // By its id: after `child.kill`, Deno reports the signal instead of the exit code that followed.
  const kill = (signal: NodeJS.Signals): void => void process.kill(child.pid as number, signal);
  return { process: child, kill, ended, line, stdout: () => stdout, stderr: () => stderr };
}

/** Starts the command with the runtime of this test. */
export function startCli(args: readonly string[], options: ChildOptions = {}): Child {
  const runtime = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  return startProgram(process.execPath, [...runtime, ENTRY, ...args], options);
}

/** Runs the command to its end. */
export function runChild(args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return startCli(args, options).ended;
}

/** Starts the demo with what `pnpm demo` starts it with, whoever runs the test. */
export function startDemo(args: readonly string[]): Child {
  return startProgram(NODE, [DEMO, ...args]);
}

interface Place {
  readonly host: string;
  readonly port: number;
}

export interface RunningServer {
  readonly child: Child;
  readonly listening: {
    readonly tcp: Place | null;
    readonly udp: Place | null;
    readonly seed: number;
    readonly faults: string[];
  };
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Ended>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `faultline server` on free ports and waits for its first line. */
export async function startServerChild(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningServer> {
  const child = startCli(["server", "--tcp", "0", "--udp", "0", ...args], { env });
  const first = await child.line(() => true);
  const listening = JSON.parse(first) as RunningServer["listening"];
  let stopped = false;
  const stop = (): Promise<Ended> => {
    if (!stopped) child.kill("SIGTERM");
    stopped = true;
    return child.ended;
  };
  return { child, listening, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
