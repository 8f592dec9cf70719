/**
 * Memory: what an idle connection costs the server, and whether a million messages leave a trace.
 *
 * Each server runs in a process of its own, since resident memory belongs to a process; the
 * connections are opened by a third one, so that their other ends are not counted.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import type { BenchCase, Measure } from "./case.ts";

const CONNECTIONS = 10_000;
const MESSAGES = 1_000_000;

interface Reply {
  readonly value: number;
}

async function ask(child: ChildProcess, question: object): Promise<number> {
  const answer = once(child, "message");
  child.send(question);
  const [reply] = (await answer) as [Reply];
  return reply.value;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill();
  await gone;
}

function start(role: "ours" | "bare" | "peers"): ChildProcess {
  return fork(new URL("./memory-child.ts", import.meta.url), [role], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** Resident bytes that one idle connection adds to a fresh server process. */
function idleBytes(role: "ours" | "bare"): Measure {
  return async () => {
    const server = start(role);
    const peers = start("peers");
    try {
      const port = await ask(server, { ask: "port" });
      const before = await ask(server, { ask: "rss" });
      const open = await ask(peers, { ask: "connect", port, count: CONNECTIONS });
      await ask(server, { ask: "accepted", count: open });
      const after = await ask(server, { ask: "rss" });
      return (after - before) / open;
    } finally {
      await Promise.all([stop(peers), stop(server)]);
    }
  };
}

/** Bytes that resident memory of a server and its client grew by over a million messages, after a warm-up of as many. */
async function growthBytes(): Promise<number> {
  const child = start("ours");
  try {
    await ask(child, { ask: "messages", count: MESSAGES });
    const before = await ask(child, { ask: "rss" });
    await ask(child, { ask: "messages", count: MESSAGES });
    const after = await ask(child, { ask: "rss" });
    return after - before;
  } finally {
    await stop(child);
  }
}

/** Resident memory of servers. */
export const memoryCases: readonly BenchCase[] = [
  {
    name: "idle-connections",
    unit: "bytes each",
    runs: 3,
    cold: true,
    promise: "< 12 288",
    prepare: () =>
      Promise.resolve({
        subject: idleBytes("ours"),
        baseline: { name: "bare node:net server", measure: idleBytes("bare") },
        close: () => Promise.resolve(),
      }),
  },
  {
    name: "memory-1m",
    unit: "bytes grown",
    runs: 1,
    cold: true,
    promise: "flat: below 16 MiB",
    prepare: () =>
      Promise.resolve({
        subject: growthBytes,
        baseline: undefined,
        close: () => Promise.resolve(),
      }),
  },
];
