/**
 * A client and a scripted server, joined by memory, on a clock that the test moves.
 *
 * The server does what its script says for each request and nothing by itself: it knows no
 * sessions, no faults and no cache. That makes every test a statement about the client alone.
 */
import type { Frame, LinkError } from "@faultline/protocol";
import type { MemoryNetwork, MemoryNetworkOptions } from "@faultline/testkit";
import type { Client, ClientOptions, Outcome } from "../../src/index.ts";
import { createClient } from "../../src/index.ts";
import type { Request, Script } from "./scripted-server.ts";
import { ScriptedServer } from "./scripted-server.ts";
import { Sending } from "./sending.ts";

export type { Request } from "./scripted-server.ts";
export type { Sent } from "./sending.ts";

export const SESSION = { high: 0x1234_5678, low: 0x9abc_def0 };

export interface WorldOptions extends Script {
  readonly client?: Partial<ClientOptions>;
  readonly network?: Omit<MemoryNetworkOptions, "clock">;
}

/** One test's client, server and time. */
export class World extends Sending {
  readonly network: MemoryNetwork;
  readonly client: Client;
  readonly requests: Request[];
  readonly frames: Frame[];
  /** How the server's ends of the links closed, in order. */
  readonly closes: (LinkError | undefined)[];
  readonly #server: ScriptedServer;

  constructor(options: WorldOptions = {}) {
    super();
    const server = new ScriptedServer(this.clock, options);
    this.#server = server;
    this.network = server.network;
    this.requests = server.requests;
    this.frames = server.frames;
    this.closes = server.closes;
    this.client = createClient({
      dialer: this.network,
      clock: this.clock,
      draw: () => 0xffff_ffff,
      session: SESSION,
      attemptsMax: 4,
      onEvent: (event) => this.events.push(event),
      ...options.client,
    });
  }

  listen(): void {
    this.#server.listen();
  }

  /** The names of the events so far, but those asked to be left out. */
  eventNames(...without: readonly string[]): string[] {
    return this.events.map(({ event }) => event).filter((event) => !without.includes(event));
  }
}

/** A world in which first attempts time out, second ones are lost, and third ones are answered. */
export function troubled(client: Partial<ClientOptions> = {}): World {
  return new World({
    client: { attemptTimeoutMs: 50, backoff: { firstMs: 10, jitter: "none" }, ...client },
    serve: (request) => {
      if (request.frame.attempt === 1) return;
      if (request.frame.attempt === 2) request.error("lost", 5);
      else request.echo(5);
    },
  });
}

/** The ends of all attempts, in order. */
export function endsOf(outcome: Outcome): string[] {
  return outcome.attempts.map(({ ended, status }) =>
    status === undefined ? ended : `${ended}: ${status}`,
  );
}

/** Text of a reply. */
export function textOf(outcome: Outcome): string | undefined {
  return outcome.reply === undefined ? undefined : new TextDecoder().decode(outcome.reply);
}

/** Whether all that is counted adds up, with nothing under way. */
export function sumsOf(client: Client): { operations: number; attempts: number } {
  const {
    attempts,
    delivered,
    ended,
    failed,
    inFlight,
    indeterminate,
    operations,
    queued,
    rejected,
  } = client.stats();
  const ends = Object.values(ended).reduce((sum, count) => sum + count, 0);
  return {
    operations: operations - delivered - failed - indeterminate - rejected - inFlight - queued,
    attempts: attempts - ends,
  };
}
