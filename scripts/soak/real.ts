/**
 * A soak on real sockets: our server with all its faults, and a pool with all its policies on.
 *
 * Operations count something and must be executed once; every reply is compared with what was
 * sent. In each tenth the network parts for a moment.
 */
import process from "node:process";
import {
  createHedge,
  createPool,
  createRetryBudget,
  type Outcome,
  type Pool,
  systemClock,
  tcpDialer,
  udpDialer,
} from "@faultline/client";
import { keyedUint32 } from "@faultline/faults";
import { type FaultServer, startServer } from "@faultline/server";
import { countedClock, countedDialer } from "./counted.ts";
import { soakPlans } from "./faults.ts";
import { heapBytes } from "./heap.ts";
import type { Look, SoakFindings, SoakOptions } from "./soak.ts";

const LOOKS = 10;
const IN_FLIGHT = 128;
const CONNECTIONS = 4;
const BODY_BYTES = 64;
/** Before the body, the counter's reply has what it has counted up to. */
const COUNT_BYTES = 8;
const PARTED_MS = 100;
const IDLE_MS = 5000;
/** A link that was dropped takes a moment until both ends know: so many looks, so far apart. */
const SETTLING = { looks: 100, apartMs: 10 };

/** @see module */
export async function realSoak(options: SoakOptions): Promise<SoakFindings> {
  const plans = soakPlans(options.transport, options.seed);
  const server = await startServer({
    responder: "counter",
    // Connections come in at either; their one session is at home on one.
    workers: 2,
    plan: plans.usual,
    // Over UDP nobody says that a link is gone: the server forgets it after this.
    limits: { recordsMax: 1, idleTimeoutMs: IDLE_MS },
    ...(options.transport === "tcp" ? { udpPort: null } : { tcpPort: null }),
  });
  const soak = new RealSoak(options, server);
  try {
    for (let tenth = 1; tenth <= LOOKS && !options.signal.aborted; tenth++) {
      await server.setFaults(plans.parted);
      const sending = soak.send(Math.round((options.messages * tenth) / LOOKS));
      await wait(PARTED_MS);
      await server.setFaults(plans.usual);
      await sending;
      await soak.look();
    }
    return await soak.end();
  } finally {
    await server.close({ graceMs: 0 });
  }
}

class RealSoak {
  readonly #options: SoakOptions;
  readonly #server: FaultServer;
  readonly #clock = countedClock(systemClock());
  readonly #dialer: ReturnType<typeof countedDialer>;
  readonly #pool: Pool;
  readonly #looks: Look[] = [];
  readonly #startMs = performance.now();
  #sent = 0;
  #wrong = 0;

  constructor(options: SoakOptions, server: FaultServer) {
    const { seed, transport } = options;
    const address = transport === "tcp" ? server.tcp : server.udp;
    if (address === undefined) throw new Error(`the server has no ${transport} port`);
    this.#options = options;
    this.#server = server;
    this.#dialer = countedDialer(transport === "tcp" ? tcpDialer(address) : udpDialer(address));
    this.#pool = createPool({
      endpoints: [{ name: "server", dialer: this.#dialer.dialer }],
      connectionsMax: CONNECTIONS,
      clock: this.#clock.clock,
      draw: (operation, attempt) => keyedUint32(seed, 0, operation, attempt),
      session: { high: seed >>> 0, low: 1 },
      inFlightMax: IN_FLIGHT,
      attemptTimeoutMs: 250,
      deadlineMs: 10_000,
      backoff: { firstMs: 5, maxMs: 100 },
      // A network that parts fails all that is in flight, and some of it again.
      retryBudget: createRetryBudget({ tokensMax: 4 * IN_FLIGHT }),
      hedge: createHedge(),
    });
  }

  /** Sends until so many have been sent in all; resolves when all have settled. */
  send(until: number): Promise<void> {
    return new Promise((resolve) => {
      let open = 0;
      const settled = (body: Uint8Array, outcome: Outcome): void => {
        open--;
        if (outcome.outcome === "delivered" && !isEcho(outcome.reply, body)) this.#wrong++;
        fill();
      };
      const fill = (): void => {
        while (open < IN_FLIGHT && this.#sent < until && !this.#options.signal.aborted) {
          const body = bodyOf(this.#sent++);
          open++;
          this.#pool.submit(body, { idempotent: false }, (outcome) => settled(body, outcome));
        }
        if (open === 0) resolve();
      };
      fill();
    });
  }

  async look(): Promise<void> {
    const serverLinks = await this.#settledLinks();
    const look = {
      messages: this.#sent,
      elapsedMs: Math.round(performance.now() - this.#startMs),
      heapBytes: heapBytes(),
      residentBytes: process.memoryUsage.rss(),
      timers: this.#clock.timers(),
      links: this.#dialer.links(),
      serverLinks,
    };
    this.#looks.push(look);
    this.#options.onLook(look);
  }

  /** The server's links, once they are those of the client, or as they are after a while. */
  async #settledLinks(): Promise<number> {
    for (let left = SETTLING.looks; ; left--) {
      const { connectionsOpen } = await this.#server.stats();
      if (connectionsOpen === this.#dialer.links() || left === 0) return connectionsOpen;
      await wait(SETTLING.apartMs);
    }
  }

  async end(): Promise<SoakFindings> {
    const { delivered, failed, indeterminate, rejected, attempts, reconnects } = this.#pool.stats();
    await this.#pool.close();
    await this.#settledLinks();
    const { executions, faults } = await this.#server.stats();
    const wrong = this.#wrong;
    return {
      looks: this.#looks,
      counts: {
        delivered,
        failed,
        indeterminate,
        rejected,
        attempts,
        reconnects,
        executions,
        wrong,
      },
      faults: faults.map(({ fired, kind }) => ({ kind, fired })),
      left: { timers: this.#clock.timers(), links: this.#dialer.links() },
    };
  }
}

function bodyOf(message: number): Uint8Array {
  const body = new Uint8Array(BODY_BYTES).fill(message);
  new DataView(body.buffer).setFloat64(0, message);
  return body;
}

function isEcho(reply: Uint8Array | undefined, body: Uint8Array): boolean {
  if (reply?.length !== COUNT_BYTES + body.length) return false;
  return body.every((byte, index) => byte === reply[COUNT_BYTES + index]);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
