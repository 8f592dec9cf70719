/**
 * One connection of a client, down or open: the line, the codec on it, and the watch over both.
 *
 *   flow -> channel: connection -> line => wire
 *   flow <- inbox <- connection <- line <= wire
 *
 * A client has one channel; a pool has some for each endpoint (pool-route.ts). All channels of a
 * client share its messages, its session, its deadlines and its counts, so an attempt may go out
 * on one of them and the next on another. Which one it is decides the route, not this file.
 */
import type { Clock, Dialer } from "@faultline/protocol";
import type { AttemptLog } from "./attempt-log.ts";
import type { Connection } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Happening } from "./exchange.ts";
import type { AttemptFailure } from "./failure.ts";
import { FrameConnection } from "./frame-connection.ts";
import { Inbox } from "./inbox.ts";
import type { LineOwner } from "./line.ts";
import { Line } from "./line.ts";
import type { ServerLife, ServerLives } from "./lives.ts";
import { Liveness } from "./liveness.ts";
import type { Operation } from "./operation.ts";
import type { Policy } from "./options.ts";
import type { Pending } from "./pending.ts";
import { PipeConnection } from "./pipe-connection.ts";
import type { Reconnect } from "./reconnect.ts";
import type { Reporter } from "./reporter.ts";
import type { Counters } from "./stats.ts";
import type { Timing } from "./timing.ts";

/** Is told what becomes of a channel's line. */
export interface ChannelOwner {
  /** The line takes bytes: it has just opened, or drained. */
  onChannelReady(channel: Channel): void;
  /** An attempt to open it failed. */
  onDialFailed(channel: Channel, failure: AttemptFailure): void;
  /** It was open and is gone. */
  onChannelLost(channel: Channel, failure: AttemptFailure): void;
}

/** What all channels of a client share. */
export interface ChannelContext {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  readonly lives: ServerLives;
  readonly log: AttemptLog;
  readonly owner: ChannelOwner;
  readonly pending: Pending<Operation>;
  readonly policy: Policy;
  readonly reporter: Reporter;
  /** Moves an operation on. */
  readonly happen: (operation: Operation, happening: Happening, nowUs: number) => void;
}

/** Where a channel leads. */
export interface Destination {
  readonly dialer: Dialer;
  /** Says when it may be dialled; null: whenever a link is wanted. */
  readonly reconnect: Reconnect | null;
  /** The times of this endpoint. */
  readonly timing: Timing;
  /** Its name in a pool; undefined outside of one. */
  readonly endpoint: string | undefined;
  /** Is told how the endpoint fares; undefined: nobody asks. */
  readonly judge: Judge | undefined;
}

/** What an attempt, a dial or the loss of a link says of the endpoint. */
export type Judge = (verdict: "answer" | "failure" | "unreached", nowUs: number) => void;

/** @see module */
export class Channel implements LineOwner {
  readonly line: Line;
  readonly connection: Connection;
  readonly liveness: Liveness;
  readonly timing: Timing;
  readonly endpoint: string | undefined;
  /** What is known of the server it leads to. */
  readonly life: ServerLife;
  readonly judge: Judge | undefined;
  /** Attempts under way on it, and messages that wait to be sent on it. */
  load = 0;
  readonly #owner: ChannelOwner;

  constructor(context: ChannelContext, destination: Destination) {
    const { owner, policy } = context;
    const { dialer, endpoint, judge, reconnect, timing } = destination;
    const { connectTimeoutUs, closeTimeoutUs, hedge } = policy;
    const timeouts = { connectTimeoutUs, closeTimeoutUs };
    const line = new Line({ ...context, ...timeouts, dialer, endpoint, reconnect }, this);
    const arrivals = new Inbox({ ...context, channel: this, hedge, judge, line, timing });
    const Codec = policy.codec === "pipe" ? PipeConnection : FrameConnection;
    const life = context.lives.of(endpoint);
    const connection = new Codec({ ...context, arrivals, life, line });
    this.line = line;
    this.connection = connection;
    this.liveness = new Liveness({ ...context, connection, line, timing });
    this.timing = timing;
    this.endpoint = endpoint;
    this.life = life;
    this.judge = judge;
    this.#owner = owner;
  }

  /** A message waits for the line. */
  want(): void {
    this.line.want();
    if (this.line.isFull) this.liveness.stalled();
  }

  /** An attempt sent at that time has had no answer within its own. */
  timedOut(sentUs: number, nowUs: number): void {
    this.judge?.("failure", nowUs);
    this.liveness.suspect(sentUs, nowUs);
  }

  onLineReady(): void {
    this.#owner.onChannelReady(this);
  }

  onLineBytes(bytes: Uint8Array, nowUs: number): void {
    this.connection.receive(bytes, nowUs);
  }

  onDialFailed(failure: AttemptFailure): void {
    this.#owner.onDialFailed(this, failure);
  }

  onLineDropping(): void {
    this.connection.flush();
  }

  onLineLost(failure: AttemptFailure): void {
    this.#owner.onChannelLost(this, failure);
  }
}
