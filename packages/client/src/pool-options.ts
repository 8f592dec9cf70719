/**
 * What a pool can be told beside what a client can, checked once at construction.
 */
import type { Dialer } from "@faultline/protocol";
import { integerOf, refusal } from "./checks.ts";
import type { ClientOptions, Policy } from "./options.ts";
import { createPolicy, reconnectOf } from "./options.ts";
import type { OutlierOptions, Outliers } from "./outliers.ts";
import { createOutliers } from "./outliers.ts";
import type { Reconnect } from "./reconnect.ts";
import { createReconnect } from "./reconnect.ts";
import type { Timing } from "./timing.ts";
import { timingOf } from "./timing.ts";

/** One place that a pool may send to. */
export interface PoolEndpointOptions {
  /** What attempts, events and counts call it; no two have the same. */
  readonly name: string;
  readonly dialer: Dialer;
  /** The same object for several pools or clients makes them share its dials. @default one of the pool's own */
  readonly reconnect?: Reconnect;
}

/** What a pool is made of and how it behaves: a client's options, and these. */
export interface PoolOptions extends Omit<ClientOptions, "dialer" | "reconnect"> {
  /** 1 … 256, in any order: none is preferred. */
  readonly endpoints: readonly PoolEndpointOptions[];
  /** Connections to each endpoint, 1 … 256; another is opened only while all others are busy. @default 1: frames of many messages share one */
  readonly connectionsMax?: number;
  /** When an endpoint is left alone; `null`: never. @default `{}`: after 5 failures in a row, for 30 s */
  readonly outliers?: OutlierOptions | null;
  /**
   * The endpoints remember each other's operations, so that a message that is not idempotent may
   * be repeated at another one although the first may have executed it.
   *
   * @default false: such a message is only repeated where it was first sent
   */
  readonly endpointsShareReplies?: boolean;
}

/** One endpoint, checked and complete. */
export interface EndpointPolicy {
  readonly name: string;
  readonly dialer: Dialer;
  readonly reconnect: Reconnect;
  readonly timing: Timing;
}

/** The options, checked and complete. */
export interface PoolPolicy {
  /** What holds for all endpoints. */
  readonly policy: Policy;
  readonly endpoints: readonly EndpointPolicy[];
  readonly connectionsMax: number;
  readonly outliers: Outliers | null;
  readonly shareReplies: boolean;
}

/** More than this is a service mesh, not a pool in one process. */
const ENDPOINTS_MAX = 256;
/** A server's table of open files ends not far beyond. */
const CONNECTIONS_MAX = 256;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createPoolPolicy(options: PoolOptions): PoolPolicy {
  const { connectionsMax = 1, endpoints, endpointsShareReplies = false, ...client } = options;
  const { outliers = {} } = client;
  checkEndpoints(endpoints);
  const policy = createPolicy({ ...client, dialer: endpoints[0]!.dialer });
  const { clock, draw } = policy;
  return {
    policy,
    endpoints: endpoints.map(({ dialer, name, reconnect }, index) => ({
      name,
      dialer,
      reconnect: reconnectOf(reconnect) ?? createReconnect({ clock, draw }),
      // Each has its own way to go.
      timing: index === 0 ? policy.timing : timingOf(options),
    })),
    connectionsMax: integerOf(pool("connectionsMax", connectionsMax), 1, CONNECTIONS_MAX),
    outliers: outliers === null ? null : createOutliers(endpoints.length, outliers),
    shareReplies: endpointsShareReplies,
  };
}

function checkEndpoints(endpoints: readonly PoolEndpointOptions[]): void {
  const count = Array.isArray(endpoints) ? endpoints.length : 0;
  if (count < 1 || count > ENDPOINTS_MAX) {
    const rule = `a list of 1 to ${ENDPOINTS_MAX} endpoints`;
    throw new RangeError(refusal(pool("endpoints", count === 0 ? endpoints : count), rule));
  }
  const names = new Set<string>();
  for (const [index, { dialer, name }] of endpoints.entries()) {
    const path = `endpoints[${index}]`;
    if (typeof name !== "string" || name === "" || names.has(name)) {
      throw new TypeError(refusal(pool(`${path}.name`, name), "a name that no other has"));
    }
    names.add(name);
    if (typeof dialer?.dial !== "function") {
      throw new TypeError(refusal(pool(`${path}.dialer`, dialer), "a Dialer"));
    }
    const { kind } = endpoints[0]!.dialer;
    if (dialer.kind !== kind) {
      const rule = `"${kind}" as that of the first endpoint, since bodies must fit all of them,`;
      throw new RangeError(refusal(pool(`${path}.dialer.kind`, dialer.kind), rule));
    }
  }
}

function pool(name: string, value: unknown): { doing: string; name: string; value: unknown } {
  return { doing: "create a pool", name, value };
}
