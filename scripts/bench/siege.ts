/**
 * A siege: 500 peers that send a frame (over TLS a handshake) a byte at a time, 2 000 that connect and
 * leave, and one client that only wants its answers.
 *
 * Server and peers have a process each; the good client is in this one, one message in flight. The
 * baseline is the same client with nobody else there, taken in turn. Memory is the server's, before
 * the first stranger came and after the last was gone.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import type { Client } from "@faultline/client";
import {
  createClient,
  randomDraw,
  randomSession,
  systemClock,
  tcpDialer,
  tlsDialer,
} from "@faultline/client";

import type { BenchCase } from "./case.ts";

const SLOW_PEERS = 500;
const LEAVING_PEERS = 2000;
/** Enough for a p99 that one late timer does not decide. */
const CALM_MESSAGES = 5000;
const P99 = 0.99;

interface Siege {
  readonly server: ChildProcess;
  readonly peers: ChildProcess;
  readonly port: number;
  readonly client: Client;
}

type Transport = "tcp" | "tls";

/** What the server's process says of itself; `ca` is who signed its certificate. */
interface Whereabouts {
  readonly port: number;
  readonly ca: string;
}

async function ask<T = number>(child: ChildProcess, question: object): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const tell = ({ value }: { value: T }): void => resolve(value);
  const fail = (): void => reject(new Error("a process of the siege has ended"));
  child.once("message", tell).once("exit", fail);
  child.send(question);
  try {
    return await promise;
  } finally {
    child.off("message", tell).off("exit", fail);
  }
}

function start(role: "server" | "peers", transport: Transport): ChildProcess {
  return fork(new URL("./siege-child.ts", import.meta.url), [role, transport], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: ["--expose-gc", "--import", new URL("./collect.ts", import.meta.url).href],
  });
}

async function open(transport: Transport): Promise<Siege> {
  const server = start("server", transport);
  const peers = start("peers", transport);
  const { port, ca } = await ask<Whereabouts>(server, { ask: "at" });
  const at = { host: "127.0.0.1", port };
  const client = createClient({
    dialer: transport === "tcp" ? tcpDialer(at) : tlsDialer({ ...at, ca }),
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
  });
  return { server, peers, port, client };
}

async function close({ server, peers, client }: Siege): Promise<void> {
  await client.close();
  for (const child of [server, peers]) {
    const gone = once(child, "exit");
    child.kill();
    await gone;
  }
}

/** Sends one message after the other until told to stop; the p99 of their times in ms. */
async function p99While(client: Client, goesOn: (sent: number) => boolean): Promise<number> {
  const payload = new Uint8Array(64);
  const tookMs: number[] = [];
  while (goesOn(tookMs.length)) {
    const startMs = performance.now();
    const { outcome } = await client.send(payload);
    if (outcome !== "delivered") throw new Error(`the good client's message was ${outcome}`);
    tookMs.push(performance.now() - startMs);
  }
  tookMs.sort((a, b) => a - b);
  return tookMs[Math.ceil(tookMs.length * P99) - 1] ?? Number.NaN;
}

function calmP99({ client }: Siege): Promise<number> {
  return p99While(client, (sent) => sent < CALM_MESSAGES);
}

async function besiegedP99({ client, peers, port }: Siege): Promise<number> {
  await ask(peers, { ask: "besiege", port, count: SLOW_PEERS });
  let left = false;
  const leaving = ask(peers, { ask: "leave", port, count: LEAVING_PEERS });
  void leaving.then(() => (left = true));
  const p99 = await p99While(client, () => !left);
  await ask(peers, { ask: "withdraw" });
  return p99;
}

/** Resident bytes of the server once the last stranger is gone; only the good client is left. */
async function restBytes({ server }: Siege): Promise<number> {
  await ask(server, { ask: "until-open", count: 1 });
  return ask(server, { ask: "rss" });
}

function p99Case(name: string, transport: Transport): BenchCase {
  return {
    name,
    unit: "ms",
    runs: 5,
    promise: "ratio ≤ 2",
    async prepare() {
      const siege = await open(transport);
      return {
        subject: () => besiegedP99(siege),
        baseline: { name: "the same client alone", measure: () => calmP99(siege) },
        close: () => close(siege),
      };
    },
  };
}

function memoryCase(name: string, transport: Transport): BenchCase {
  return {
    name,
    unit: "bytes resident after",
    runs: 1,
    cold: true,
    promise: "ratio ≤ 1.10",
    async prepare() {
      const siege = await open(transport);
      // What the client itself makes the server need is there before.
      await calmP99(siege);
      const beforeBytes = await restBytes(siege);
      return {
        async subject() {
          await besiegedP99(siege);
          return restBytes(siege);
        },
        baseline: { name: "before", measure: () => Promise.resolve(beforeBytes) },
        close: () => close(siege),
      };
    },
  };
}

/** A good client among peers that mean no good. */
export const siegeCases: readonly BenchCase[] = [
  p99Case("siege-p99", "tcp"),
  memoryCase("siege-memory", "tcp"),
  p99Case("siege-tls-p99", "tls"),
  memoryCase("siege-tls-memory", "tls"),
];
