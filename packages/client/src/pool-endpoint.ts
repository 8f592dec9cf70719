/**
 * One endpoint of a pool and its connections: which of them takes the next attempt.
 *
 *   open and trusted, the least busy -> else one that is coming up -> else one that is down
 *
 * Connections are opened as they are needed: another one while all that are open are busy, and one
 * at a time. A link that has been asked for a sign of life is passed over until it gives one; one
 * that gives none is dropped, and its neighbours are asked in the same moment, so that what took
 * all of them is found once and not by one message for each.
 */
import { Channel } from "./channel.ts";
import type { ChannelContext, Judge } from "./channel.ts";
import type { EndpointPolicy } from "./pool-options.ts";

/** @see module */
export class PoolEndpoint {
  readonly policy: EndpointPolicy;
  readonly channels: readonly Channel[];
  /** Answers, of whatever kind, and what counted against it instead. */
  answers = 0;
  failures = 0;

  constructor(
    context: ChannelContext,
    policy: EndpointPolicy,
    { connectionsMax, judge }: { connectionsMax: number; judge: Judge },
  ) {
    const { dialer, name, reconnect, timing } = policy;
    const tally: Judge = (verdict, nowUs) => {
      if (verdict === "answer") this.answers++;
      else this.failures++;
      judge(verdict, nowUs);
    };
    const destination = { dialer, reconnect, timing, endpoint: name, judge: tally };
    this.policy = policy;
    this.channels = Array.from({ length: connectionsMax }, () => new Channel(context, destination));
  }

  /** Attempts under way to it, and messages that wait to be sent to it. */
  get load(): number {
    let load = 0;
    for (const channel of this.channels) load += channel.load;
    return load;
  }

  /** Links that are open. */
  get connections(): number {
    return this.channels.filter(({ line }) => line.isOpen).length;
  }

  /** Whether one of its links is open. */
  get isConnected(): boolean {
    return this.channels.some(({ line }) => line.isOpen);
  }

  /** Whether nobody can be reached there, as far as is known. */
  get isDown(): boolean {
    return this.policy.reconnect.isDown && !this.isConnected;
  }

  /** Opens a connection for which no message waits, where there is none and nobody else does. */
  knock(nowUs: number): void {
    if (!this.isConnected && this.policy.reconnect.mayDial(nowUs)) this.#grow();
  }

  /** The connection for the next attempt; it may have to be opened first. */
  choose(): Channel {
    const ready = this.chooseReady();
    if (ready !== undefined) {
      if (ready.load > 0) this.#grow();
      return ready;
    }
    return (
      leastBusy(this.channels, ({ line }) => line.isDialling) ??
      this.channels.find(({ line }) => line.isDown) ??
      // Under suspicion or full, all of them.
      leastBusy(this.channels, ({ line }) => line.isReady) ??
      leastBusy(this.channels, () => true)!
    );
  }

  /** The least busy connection that takes bytes now and is trusted; undefined: there is none. */
  chooseReady(not?: Channel): Channel | undefined {
    return leastBusy(
      this.channels,
      (channel) => channel !== not && channel.line.isReady && !channel.liveness.isProbing,
    );
  }

  /** One of its links was silent: the others are asked for a sign of life. */
  doubt(nowUs: number): void {
    for (const { liveness } of this.channels) liveness.probe(nowUs);
  }

  #grow(): void {
    if (this.channels.some(({ line }) => line.isDialling)) return;
    this.channels.find(({ line }) => line.isDown)?.line.want();
  }
}

function leastBusy(
  channels: readonly Channel[],
  isFit: (channel: Channel) => boolean,
): Channel | undefined {
  let best: Channel | undefined;
  for (const channel of channels) {
    if (isFit(channel) && (best === undefined || channel.load < best.load)) best = channel;
  }
  return best;
}
