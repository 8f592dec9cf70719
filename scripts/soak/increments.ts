/**
 * Increments through everything that can go wrong at once, each held against what the server did.
 *
 * Loss, duplication, reordering, damage and resets of messages; the same of packets below them, and
 * partitions; a server that crashes and comes back, with its memory and without. Bodies differ, so the
 * responder knows each operation by its body, and writes down how often it was executed. Neither the
 * reply cache nor any counter is believed.
 */
import { createClient, type Client, type ClientOptions, type Outcome } from "@faultline/client";
import { parseSpec, type Result, runExperiment } from "@faultline/experiment";
import { createServerCore, type Responder, type ServerCoreOptions } from "@faultline/server";

/** What is asked for. */
export interface IncrementsOptions {
  readonly messages: number;
  readonly transport: "tcp" | "udp";
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Makes the server out of the true one's options. @default `createServerCore` */
  readonly createServer?: typeof createServerCore;
}

/** What became of the operations, and what should not be. */
export interface IncrementsFindings {
  readonly result: Result;
  /** Operations executed more than once. */
  readonly twice: number;
  /** Reported as delivered and not executed. */
  readonly deliveredInVain: number;
  /** Reported as failed or rejected, and executed. */
  readonly failedWithEffect: number;
  /** Reported as indeterminate, and executed. */
  readonly indeterminateWithEffect: number;
  /** Restarts, and how many of them took the memory. */
  readonly restarts: number;
  readonly memoriesLost: number;
}

const KEY_BYTES = 12;
const CLIENTS = 16;
/** Apart from each other, in simulated ms; a prime each, so that every order of them occurs. */
const RESTART_MS = 37;
const PARTITION_MS = 23;
const PARTITION_LASTS_MS = 9;
const DOWN_MS = 11;
const EVENTS = 120;

/** Runs them. */
export async function increments(options: IncrementsOptions): Promise<IncrementsFindings> {
  const { createServer = createServerCore } = options;
  const parsed = parseSpec(specOf(options));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const ledger = new Ledger();
  const { result } = await runExperiment(parsed.spec, {
    ...(options.signal && { signal: options.signal }),
    parts: {
      createClient: (given) => ledger.client(given),
      createServerCore: (given) => createServer(ledger.server(given)),
    },
  });
  // What came after the last message was settled has not happened.
  const lastMs = result.envelope.simulatedMs ?? Infinity;
  const happened = eventsOf().filter(({ atMs, kind }) => kind === "restart" && atMs <= lastMs);
  const memoriesLost = happened.filter(({ memory }) => memory === "lost").length;
  return { result, ...ledger.audit(), restarts: happened.length, memoriesLost };
}

/** Crashes, and the restarts that follow them, at once or after a while. */
function eventsOf(): { atMs: number; kind: string; memory: string; connections: string }[] {
  return Array.from({ length: EVENTS }, (_, index) => {
    const atMs = RESTART_MS * (index + 1);
    const memory = index % 2 === 0 ? "kept" : "lost";
    const connections = index % 3 === 0 ? "silent" : "reset";
    const again = { atMs: index % 5 === 0 ? atMs + DOWN_MS : atMs, kind: "restart" };
    const crash = { atMs, kind: "crash", memory, connections };
    const restart = { ...again, memory, connections };
    return index % 5 === 0 ? [crash, restart] : [restart];
  }).flat();
}

function specOf({ messages, transport, seed }: IncrementsOptions): object {
  const both = { direction: "both" };
  const faults = [
    { id: "drop", kind: "loss", ...both, probability: 0.02 },
    { id: "echoes", kind: "duplicate", ...both, probability: 0.08 },
    { id: "flip", kind: "corrupt", ...both, probability: 0.02 },
    { id: "late", kind: "delay", ...both, probability: 0.03, delayMs: 30, jitterMs: 25 },
    { id: "overtake", kind: "reorder", ...both, probability: 0.05, gap: 2, delayMs: 5 },
    ...(transport === "tcp" ? [{ id: "cut", kind: "reset", ...both, probability: 0.001 }] : []),
  ];
  const partitions = Array.from({ length: EVENTS }, (_, index) => ({
    fromMs: PARTITION_MS * (index + 1),
    toMs: PARTITION_MS * (index + 1) + PARTITION_LASTS_MS,
    client: index % 7 === 0 ? null : index % CLIENTS,
    way: (["both", "request", "reply"] as const)[index % 3],
  }));
  return {
    specVersion: 1,
    name: `increments over ${transport}`,
    mode: "simulated",
    seed,
    transport,
    server: { responder: "counter" },
    workload: { messages, clients: CLIENTS, inFlightMax: 16, payloadBytes: 24 },
    client: {
      attemptsMax: 6,
      attemptTimeoutMs: 20,
      deadlineMs: 400,
      backoff: { kind: "exponential", firstMs: 1, factor: 2, maxMs: 20, jitter: "full" },
      retryBudget: null,
    },
    faults,
    network: {
      delayMs: 0.2,
      jitterMs: 0.3,
      // a stream sends again after 200 ms at the earliest, when most have given up
      loss: transport === "udp" ? 0.01 : 0.0005,
      duplicate: 0.03,
      reorder: 0.03,
      corrupt: transport === "udp" ? 0.005 : 0.0005,
      partitions,
    },
    events: eventsOf(),
  };
}

/** What was executed and what was reported, by body. */
class Ledger {
  readonly #executions = new Map<string, number>();
  readonly #reported: { readonly key: string; readonly outcome: Outcome["outcome"] }[] = [];

  /** The true client, with an eye on its outcomes. */
  client(options: ClientOptions): Client {
    const client = createClient(options);
    return {
      send: (body, more) => client.send(body, more),
      stats: () => client.stats(),
      close: (more) => client.close(more),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      submit: (body, more, done) => {
        const key = keyOf(body as Uint8Array);
        return client.submit(body, more, (outcome) => {
          this.#reported.push({ key, outcome: outcome.outcome });
          done(outcome);
        });
      },
    };
  }

  /** The true server's options, with an eye on its responder. */
  server(options: ServerCoreOptions): ServerCoreOptions {
    const responder = options.responder as Responder;
    const note = (payload: Uint8Array): void => {
      const key = keyOf(payload);
      this.#executions.set(key, (this.#executions.get(key) ?? 0) + 1);
    };
    const watched: Responder = {
      name: responder.name,
      extraBytes: responder.extraBytes,
      get count() {
        return responder.count;
      },
      respond(payload) {
        note(payload);
        return responder.respond(payload);
      },
    };
    return { ...options, responder: watched };
  }

  audit() {
    const wrong = { twice: 0, deliveredInVain: 0, failedWithEffect: 0, indeterminateWithEffect: 0 };
    for (const times of this.#executions.values()) if (times > 1) wrong.twice++;
    for (const { key, outcome } of this.#reported) {
      const isExecuted = this.#executions.has(key);
      if (outcome === "delivered") wrong.deliveredInVain += isExecuted ? 0 : 1;
      else if (outcome === "indeterminate") wrong.indeterminateWithEffect += isExecuted ? 1 : 0;
      else wrong.failedWithEffect += isExecuted ? 1 : 0;
    }
    return wrong;
  }
}

/** Twelve random bytes of each body tell it from a million others. */
function keyOf(body: Uint8Array): string {
  return String.fromCharCode(...body.subarray(0, KEY_BYTES));
}
