/**
 * One message on its way: the record behind an outcome.
 *
 * It holds what the engine's structures need of it (its place in the queue, in the ring, among
 * the deadlines) in its own fields, so that a message in flight is one object and its attempts.
 * It decides nothing: exchange.ts does, and flow.ts obeys.
 */
import { type Draw, LIFE_ANY, LIFE_FRESH, type Link } from "@faultline/protocol";
import type { Permit } from "./breaker.ts";
import type { Channel } from "./channel.ts";
import type { Due } from "./deadlines.ts";
import type { Beginning, Exchange, Rules, Settled } from "./exchange.ts";
import type { AttemptStatus } from "./failure.ts";
import type { ServerLife } from "./lives.ts";
import type { Policy, SubmitOptions } from "./options.ts";
import { attemptsMaxOf, deadlineUsOf } from "./options.ts";
import type { Attempt, AttemptEnd, Outcome } from "./outcome.ts";
import type { Queued } from "./queue.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** Receives the outcome, exactly once, and never before the submission has returned. */
export type Done = (outcome: Outcome) => void;

/** An attempt while its end is not known, or may still change. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly sentUs: number;
  endedUs: number;
  ended: AttemptEnd | undefined;
  status: AttemptStatus | undefined;
  readonly endpoint: string | undefined;
  readonly local: string;
  readonly sequence: number | undefined;
}

/** What `submit` was given, and when. */
export interface Submission {
  readonly operation: number;
  readonly body: Uint8Array;
  readonly submittedUs: number;
  readonly options: SubmitOptions;
  readonly done: Done;
}

/** What is done when an operation's time has come. */
export type DueHandler = (operation: Operation, nowUs: number) => void;

/** Shared by all that have none yet. An array made with its first element has no spare room. */
const NO_ATTEMPTS: AttemptRecord[] = [];

/** The record of one message. */
export class Operation implements Due, Queued<Operation>, Rules {
  readonly operation: number;
  readonly body: Uint8Array;
  readonly submittedUs: number;
  readonly done: Done;
  readonly signal: AbortSignal | undefined;

  readonly attemptsMax: number;
  readonly deadlineUs: number;
  readonly idempotent: boolean;

  exchange: Exchange;
  /** Which structure of the flow holds it. */
  place: "none" | "queue" | "flight" = "none";
  attempts: AttemptRecord[] = NO_ATTEMPTS;
  /** The attempt under way. */
  running: AttemptRecord | undefined = undefined;
  /** The breaker let its next attempt, or the one under way, pass. */
  permit: Permit | undefined = undefined;
  /** A second attempt, under way beside the one above. */
  twin: AttemptRecord | undefined = undefined;
  /** What its attempt is under way on, or waits for. */
  channel: Channel | undefined = undefined;
  /** The same of the second one. */
  twinChannel: Channel | undefined = undefined;
  /** What its attempt before was made on. */
  tried: Channel | undefined = undefined;
  /** The server it was first sent to. */
  server: ServerLife | undefined = undefined;
  /** What its next attempt says of the life it belongs to; 0: nothing. */
  life = 0;
  /** When it last became ready to be sent. */
  readyUs = 0;
  reply: Uint8Array | undefined = undefined;
  replayed = false;
  ambiguous = false;

  dueUs = 0;
  dueOrder = 0;
  dueIndex = -1;
  /** In the queue, later among the deadlines; never in both lists. */
  next: Operation | undefined = undefined;
  previous: Operation | undefined = undefined;
  /** The life that it belongs to; 0: none was known when it was first sent, … */
  #belongs = 0;
  /** … at this time, in µs, … */
  #firstUs = Infinity;
  /** … on this link; undefined: by datagram, or refused there. */
  #firstLink: Link | undefined = undefined;
  readonly #handler: DueHandler;
  readonly #policy: Policy;

  constructor(submission: Submission, policy: Policy, handler: DueHandler) {
    const { options } = submission;
    const { attemptsMax, deadlineMs, idempotent = true } = options;
    this.operation = submission.operation;
    this.body = submission.body;
    this.submittedUs = submission.submittedUs;
    this.done = submission.done;
    this.signal = options.signal;
    this.attemptsMax = attemptsMax === undefined ? policy.attemptsMax : attemptsMaxOf(attemptsMax);
    const spanUs = deadlineMs === undefined ? policy.deadlineUs : deadlineUsOf(deadlineMs);
    this.deadlineUs = submission.submittedUs + spanUs;
    this.idempotent = idempotent;
    this.#policy = policy;
    this.exchange = policy.beginning.queued;
    this.#handler = handler;
  }

  /** The attempt made last, counted from 1; 0: none yet. */
  get attempt(): number {
    return this.attempts.length;
  }

  get deduplicated(): boolean {
    return this.#policy.codec === "frame";
  }

  get draw(): Draw {
    return this.#policy.draw;
  }

  get beginning(): Beginning {
    return this.#policy.beginning;
  }

  get budget(): RetryBudget {
    return this.#policy.budget;
  }

  /** Whether an attempt has ended, and nobody knows whether it was executed. */
  get mayBeExecuted(): boolean {
    return this.exchange.at !== "settled" && this.exchange.past.unknown;
  }

  onDue(nowUs: number): void {
    this.#handler(this, nowUs);
  }

  /**
   * It is about to be sent on that channel: for the first time it belongs to the life that is known,
   * later where it did then, or may now.
   */
  addressTo(channel: Channel, nowUs: number): void {
    const { life: server, line } = channel;
    if (this.server === undefined) {
      this.server = server;
      this.#belongs = server.tag;
      this.#firstUs = nowUs;
      this.#firstLink = line.kind === "stream" ? line.link : undefined;
    } else if (server.tag !== 0) this.adopt(server);
    const isFresh = this.#firstLink !== undefined && this.#firstLink === line.link;
    if (this.idempotent) this.life = LIFE_ANY;
    else this.life = isFresh ? LIFE_FRESH : this.#belongs;
  }

  /**
   * Gives it to the life that is known now, if that life was there when it was first sent, so that no
   * earlier one can have executed it, or if executing it twice does no harm.
   *
   * @returns whether it belongs to another life than before.
   */
  adopt(server: ServerLife): boolean {
    const isSame = server === this.server;
    if (isSame && server.tag === this.#belongs) return false;
    if (!this.idempotent && !(isSame && server.sinceUs <= this.#firstUs)) return false;
    this.server = server;
    this.#belongs = server.tag;
    this.#firstLink = undefined;
    return true;
  }

  /** Whether it is ready, and only the line of that channel keeps it from being sent. */
  waitsFor(channel: Channel): boolean {
    return this.exchange.at === "ready" && this.channel === channel;
  }

  /** Whether an attempt of it is under way there. */
  runsOn(channel: Channel): boolean {
    if (this.running === undefined) return false;
    return this.channel === channel || this.twinChannel === channel;
  }

  /** The one of two attempts that is under way there; undefined: it is the only one, or both are. */
  onlyOneOn(channel: Channel): AttemptRecord | undefined {
    if (this.twin === undefined || this.channel === this.twinChannel) return undefined;
    return this.channel === channel ? this.running : this.twin;
  }

  /** Its next attempt is that channel's business. */
  take(channel: Channel): Channel {
    this.channel = channel;
    channel.load++;
    return channel;
  }

  /** The same for a second attempt beside the first. */
  takeTwin(channel: Channel): void {
    this.twinChannel = channel;
    channel.load++;
  }

  /** It is no channel's business any more. */
  leave(): void {
    const { channel } = this;
    if (channel === undefined) return;
    channel.load--;
    this.channel = undefined;
    this.tried = channel;
    this.leaveTwin();
  }

  /** Only one of its attempts is under way from here on. */
  leaveTwin(): void {
    if (this.twinChannel !== undefined) this.twinChannel.load--;
    this.twinChannel = undefined;
  }

  /** The second attempt becomes the first, and the first the second. */
  exchangeTwins(): void {
    const { channel, running } = this;
    this.running = this.twin;
    this.twin = running;
    this.channel = this.twinChannel;
    this.twinChannel = channel;
  }

  /** What became of it; only for one that has settled. */
  outcome(settled: Settled, endedUs: number): Outcome {
    // Every attempt has ended by now, so every record is an Attempt.
    const attempts = this.attempts as readonly AttemptRecord[] as readonly Attempt[];
    const { operation, submittedUs, reply, replayed, ambiguous } = this;
    const { outcome, failure: error } = settled;
    if (outcome === "delivered") {
      return {
        outcome,
        operation,
        reply,
        replayed,
        ambiguous,
        attempts,
        submittedUs,
        endedUs,
        error: undefined,
      };
    }
    return {
      outcome,
      operation,
      reply: undefined,
      replayed: false,
      ambiguous: false,
      attempts,
      submittedUs,
      endedUs,
      error,
    };
  }
}
