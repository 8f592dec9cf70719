/**
 * Several connections, to one endpoint or to many, behind the face of one client.
 *
 * Everything that a client does with a message a pool does with the same code: one queue, one
 * deadline, one retry budget, one session. Only where an attempt goes is decided anew each time
 * (pool-route.ts).
 */
import type { Client, CloseOptions } from "./client.ts";
import { clientOf } from "./client.ts";
import { Engine } from "./engine.ts";
import type { Done } from "./operation.ts";
import type { SubmitOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import type { PoolOptions } from "./pool-options.ts";
import { createPoolPolicy } from "./pool-options.ts";
import { PoolRoute } from "./pool-route.ts";
import type { ClientStats, RttStats } from "./stats.ts";
import { rttStats } from "./stats.ts";

/** A client with several connections. */
export interface Pool extends Client {
  stats(): PoolStats;
}

/** What has been counted so far, in all and by endpoint. */
export interface PoolStats extends ClientStats {
  /** In the order of the options. */
  readonly endpoints: readonly EndpointStats[];
}

/** How one endpoint fares. */
export interface EndpointStats {
  readonly name: string;
  /** Links that are open. */
  readonly connections: number;
  /** Attempts under way to it, and messages that wait to be sent to it. */
  readonly load: number;
  /** Answers, error replies that blame the request among them. */
  readonly answers: number;
  /** Timeouts, lost links, failed dials, damaged replies, error replies that blame the server. */
  readonly failures: number;
  readonly isEjected: boolean;
  /** Times it was ejected. */
  readonly ejections: number;
  /** What is known of its round trip; null where it is not measured. */
  readonly rtt: RttStats | null;
}

/**
 * Makes a pool. It connects when messages need it.
 *
 * @example
 * const pool = createPool({
 *   endpoints: [
 *     { name: "one", dialer: tcpDialer({ port: 7000 }) },
 *     { name: "two", dialer: tcpDialer({ port: 7001 }) },
 *   ],
 *   clock: systemClock(),
 *   draw: randomDraw(),
 *   session: randomSession(),
 *   inFlightMax: 64,
 * });
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createPool(options: PoolOptions): Pool {
  return new PoolClient(options);
}

class PoolClient implements Pool {
  readonly #client: Client;
  readonly #nowUs: () => number;
  #route!: PoolRoute;

  constructor(options: PoolOptions) {
    const policy = createPoolPolicy(options);
    const { clock } = policy.policy;
    const engine = new Engine(
      policy.policy,
      (context) => (this.#route = new PoolRoute(context, policy)),
    );
    this.#nowUs = () => clock.nowUs();
    this.#client = clientOf(engine);
  }

  send(body: Uint8Array | string, options?: SubmitOptions): Promise<Outcome> {
    return this.#client.send(body, options);
  }

  submit(body: Uint8Array | string, options: SubmitOptions, done: Done): number {
    return this.#client.submit(body, options, done);
  }

  stats(): PoolStats {
    const { outliers } = this.#route;
    const nowUs = this.#nowUs();
    const stats = this.#client.stats();
    const endpoints = this.#route.endpoints.map((endpoint, index): EndpointStats => {
      const { answers, connections, failures, load, policy } = endpoint;
      const isEjected = outliers?.isEjected(index, nowUs) === true;
      const ejections = outliers?.ejections(index) ?? 0;
      const rtt = rttStats(policy.timing.rtt);
      return { name: policy.name, connections, load, answers, failures, isEjected, ejections, rtt };
    });
    const [first, ...others] = endpoints;
    // Round trips to different places have no common figure.
    const rtt = others.length === 0 ? (first?.rtt ?? null) : null;
    return { ...stats, rtt, endpoints };
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#client.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
