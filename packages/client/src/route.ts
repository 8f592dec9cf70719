/**
 * Which channel an attempt goes out on: the question a client answers in one word, and a pool by
 * its endpoints (pool-route.ts).
 */
import { Channel } from "./channel.ts";
import type { ChannelContext } from "./channel.ts";
import type { Operation } from "./operation.ts";

/** Chooses channels. */
export interface Route {
  /** All there are, for good: they may be down. */
  readonly channels: readonly Channel[];
  /** The channel for a message's next attempt; it may have to be opened first. */
  choose(operation: Operation, nowUs: number): Channel;
  /** The channel for a second attempt beside the one under way; undefined: none takes it now. */
  chooseTwin(operation: Operation, nowUs: number): Channel | undefined;
  /** Whether a message that waits for a connection may go out on this one, which is open. */
  mayMove(operation: Operation, to: Channel): boolean;
  /** Whether another endpoint may take a message at once of which this one got no byte. */
  hasElsewhere(operation: Operation, nowUs: number): boolean;
  /** An open link was found silent: others to the same endpoint may be, too. */
  silent(channel: Channel, nowUs: number): void;
}

/** Makes the route of a client, whose channels share a context. */
export type CreateRoute = (context: ChannelContext) => Route;

/** The route of a client with one connection. */
export const soleRoute: CreateRoute = (context) => {
  const { dialer, reconnect, timing } = context.policy;
  const nobody = { endpoint: undefined, judge: undefined };
  const channel = new Channel(context, { dialer, reconnect, timing, ...nobody });
  return {
    channels: [channel],
    choose: () => channel,
    chooseTwin: () => (channel.line.isReady ? channel : undefined),
    mayMove: () => false,
    hasElsewhere: () => false,
    silent: () => {},
  };
};
