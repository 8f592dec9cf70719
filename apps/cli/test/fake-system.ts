/**
 * A `System` in memory: what was written can be read back, time moves by hand, Ctrl-C is a call.
 */
import { PassThrough, Writable } from "node:stream";
import type { Output, System } from "../src/system.ts";

/** An output that keeps what is written to it. */
export interface MemoryOutput extends Output {
  text(): string;
}

export function memoryOutput(options: { isTTY?: boolean; columns?: number } = {}): MemoryOutput {
  const { isTTY = false, columns = isTTY ? 80 : Infinity } = options;
  const parts: string[] = [];
  const write = (text: string): void => void parts.push(text);
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(chunk.toString());
      done();
    },
  });
  return { write, isTTY, columns, stream, text: () => parts.join("") };
}

export interface FakeSystem extends System {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly exits: number[];
  press(): void;
  advance(ms: number): void;
}

export interface FakeOptions {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function fakeSystem(options: FakeOptions = {}): FakeSystem {
  const { isTTY = false, columns } = options;
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const listeners = new Set<() => void>();
  const exits: number[] = [];
  let nowMs = 0;
  let drawn = 0;
  const shape = columns === undefined ? { isTTY } : { isTTY, columns };
  return {
    args: options.args ?? [],
    env: { TERM: "xterm", LANG: "C.UTF-8", ...options.env },
    stdin,
    stdout: memoryOutput(shape),
    stderr: memoryOutput(shape),
    exits,
    nowMs: () => nowMs,
    date: () => new Date(0),
    sleep: () => Promise.resolve(),
    drawSeed: () => 4242,
    drawSecret: (count) => new Uint8Array(count).fill((drawn += 1)),
    onStop: (run) => {
      listeners.add(run);
      return () => void listeners.delete(run);
    },
    exit: (code) => void exits.push(code),
    press: () => {
      for (const run of listeners) run();
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
