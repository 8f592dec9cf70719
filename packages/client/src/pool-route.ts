/**
 * Which endpoint an attempt goes to: the less busy of two drawn by chance, among those that are
 * well.
 *
 * Asking two and taking the less busy keeps the most loaded endpoint within a constant of the mean,
 * where one drawn blindly does not, and, unlike asking all, does not send everybody to the same one
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001; Envoy's
 * LEAST_REQUEST, Finagle's P2C). The draw is keyed by operation and attempt, so a run can be had
 * again.
 *
 * A retry goes elsewhere, unless that could execute twice what must be executed once: who has seen
 * an operation remembers it, the others do not. The session is one for all connections, so a retry
 * over any connection to the same endpoint meets the same memory.
 */
import type { Channel, ChannelContext, Judge } from "./channel.ts";
import type { Operation } from "./operation.ts";
import type { Outliers } from "./outliers.ts";
import { PoolEndpoint } from "./pool-endpoint.ts";
import type { PoolPolicy } from "./pool-options.ts";
import type { Route } from "./route.ts";

/** The second part of the key of its draws is an attempt beyond all that there are. */
const DRAW_KEY = 0x1_0000;

/** @see module */
export class PoolRoute implements Route {
  readonly endpoints: readonly PoolEndpoint[];
  readonly channels: readonly Channel[];
  readonly outliers: Outliers | null;
  readonly #context: ChannelContext;
  readonly #shareReplies: boolean;
  readonly #isDatagram: boolean;

  constructor(context: ChannelContext, policy: PoolPolicy) {
    const { connectionsMax, outliers, shareReplies } = policy;
    this.#context = context;
    this.#shareReplies = shareReplies;
    this.#isDatagram = context.policy.dialer.kind === "datagram";
    this.outliers = outliers;
    this.endpoints = policy.endpoints.map((endpoint, index) => {
      const judge: Judge = (verdict, nowUs) => {
        // Who cannot be reached is passed over anyway, and asked again as soon as it can.
        if (verdict !== "unreached") this.#record(index, verdict === "answer", nowUs);
      };
      return new PoolEndpoint(context, endpoint, { connectionsMax, judge });
    });
    this.channels = this.endpoints.flatMap(({ channels }) => channels);
  }

  choose(operation: Operation, nowUs: number): Channel {
    const { endpoints } = this;
    const before = this.#endpointOf(operation.tried);
    if (endpoints.length === 1) return endpoints[0]!.choose();
    if (before !== undefined && this.#isBound(operation)) return before.choose();
    for (const endpoint of endpoints) if (endpoint.isDown) endpoint.knock(nowUs);
    const others = endpoints.filter((endpoint) => endpoint !== before);
    const well = others.filter((endpoint) => this.#isWell(endpoint, nowUs));
    if (well.length > 0) return this.#chooseWell(well, operation, nowUs).choose();
    const wasReached = operation.attempts.at(-1)?.ended !== "refused";
    if (before !== undefined && wasReached && this.#isWell(before, nowUs)) return before.choose();
    // Nobody is well: then all are asked, but who has just failed the message.
    return this.#draw(others, operation).choose();
  }

  /** No message waits for a connection while another endpoint has one. */
  #chooseWell(well: readonly PoolEndpoint[], operation: Operation, nowUs: number): PoolEndpoint {
    const drawn = this.#draw(well, operation);
    if (drawn.isConnected) return drawn;
    const connected = well.filter(({ isConnected }) => isConnected);
    if (connected.length > 0) {
      drawn.knock(nowUs);
      return this.#draw(connected, operation);
    }
    // Whichever of two is there first gets what waits for either.
    const rest = well.filter((endpoint) => endpoint !== drawn);
    drawn.knock(nowUs);
    if (rest.length > 0) this.#draw(rest, operation).knock(nowUs);
    return drawn;
  }

  mayMove(operation: Operation, to: Channel): boolean {
    const { channel } = operation;
    if (operation.exchange.at !== "ready" || channel === undefined || channel.line.isOpen) {
      return false;
    }
    return channel.endpoint === to.endpoint || !this.#isBound(operation);
  }

  chooseTwin(operation: Operation, nowUs: number): Channel | undefined {
    const { channel } = operation;
    const mine = this.#endpointOf(channel);
    const isFree = operation.idempotent || this.#shareReplies;
    const others = this.endpoints.filter(
      (endpoint) =>
        endpoint !== mine && this.#isWell(endpoint, nowUs) && endpoint.chooseReady() !== undefined,
    );
    if (isFree && others.length > 0) return this.#draw(others, operation).chooseReady();
    return mine?.chooseReady(channel) ?? mine?.chooseReady();
  }

  hasElsewhere(operation: Operation, nowUs: number): boolean {
    if (this.#isBound(operation)) return false;
    // One round of all endpoints, then a wait: an outage of all is no reason to hurry.
    const refused = refusedInRow(operation);
    if (refused % this.endpoints.length === 0) return false;
    const mine = this.#endpointOf(operation.channel);
    return this.endpoints.some((endpoint) => endpoint !== mine && this.#isWell(endpoint, nowUs));
  }

  silent(channel: Channel, nowUs: number): void {
    this.#endpointOf(channel)?.doubt(nowUs);
  }

  /**
   * Whether its next attempt must go where it has been: only there is known what became of it. A
   * datagram may be doubled on its way, so that one copy is refused and the other is not.
   */
  #isBound(operation: Operation): boolean {
    if (operation.idempotent || this.#shareReplies) return false;
    if (operation.mayBeExecuted) return true;
    return this.#isDatagram && operation.attempts.some(({ ended }) => ended !== "refused");
  }

  #isWell(endpoint: PoolEndpoint, nowUs: number): boolean {
    const isEjected = this.outliers?.isEjected(this.endpoints.indexOf(endpoint), nowUs) === true;
    return !isEjected && !endpoint.isDown;
  }

  #endpointOf(channel: Channel | undefined): PoolEndpoint | undefined {
    if (channel === undefined) return undefined;
    return this.endpoints.find(({ policy }) => policy.name === channel.endpoint);
  }

  /** The less busy of two different ones drawn by chance, the first where they are equal. */
  #draw(among: readonly PoolEndpoint[], operation: Operation): PoolEndpoint {
    if (among.length === 1) return among[0]!;
    const draw = operation.draw(operation.operation, DRAW_KEY + operation.attempt);
    const first = ((draw >>> 16) * among.length) >>> 16;
    const step = 1 + (((draw & 0xffff) * (among.length - 1)) >>> 16);
    const one = among[first]!;
    const other = among[(first + step) % among.length]!;
    return other.load < one.load ? other : one;
  }

  #record(index: number, isGood: boolean, nowUs: number): void {
    const { outliers } = this;
    if (outliers === null) return;
    const { reporter } = this.#context;
    for (const { endpoint, forUs } of outliers.record(index, isGood, nowUs)) {
      if (!reporter.isOn) continue;
      const { name } = this.endpoints[endpoint]!.policy;
      reporter.emit({ event: "ejected", atUs: nowUs, endpoint: name, forUs });
    }
  }
}

/** How many of its last attempts never left, one after the other. */
function refusedInRow({ attempts }: Operation): number {
  const lastSent = attempts.findLastIndex(({ ended }) => ended !== "refused");
  return attempts.length - 1 - lastSent;
}
