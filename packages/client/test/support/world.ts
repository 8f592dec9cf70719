/**
 * A client and a scripted server, joined by memory, on a clock that the test moves.
 *
 * The server does what its script says for each request and nothing by itself: it knows no
 * sessions, no faults and no cache. That makes every test a statement about the client alone.
 */
import type { Frame, Link, LinkError, LinkEvents } from "@faultline/protocol";
import {
  decodeDatagram,
  encodeFrame,
  FrameDecoder,
  FrameType,
  isRefusal,
  StatusCode,
} from "@faultline/protocol";
import type { MemoryNetworkOptions } from "@faultline/testkit";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import type {
  Client,
  ClientEvent,
  ClientOptions,
  ErrorReplyStatus,
  Outcome,
  SubmitOptions,
} from "../../src/index.ts";
import { createClient } from "../../src/index.ts";

export const SESSION = { high: 0x1234_5678, low: 0x9abc_def0 };
const MS = 1000;
/** Links the server has ended because the client did: late answers stay unsent. */
const ENDED = new WeakSet<Link>();

/** A request as the server saw it, and the means to answer it. */
export class Request {
  readonly frame: Frame;
  /** n-th connection, from 0. */
  readonly connection: number;
  /** n-th request of the whole test, from 0. */
  readonly index: number;
  readonly atUs: number;
  readonly link: Link;
  readonly #clock: FakeClock;

  constructor(
    frame: Frame,
    link: Link,
    at: { connection: number; index: number; clock: FakeClock },
  ) {
    this.frame = { ...frame, payload: frame.payload.slice() };
    this.link = link;
    this.connection = at.connection;
    this.index = at.index;
    this.#clock = at.clock;
    this.atUs = at.clock.nowUs();
  }

  /** The payload comes back. */
  echo(afterMs = 0, change: Partial<Frame> = {}): void {
    this.send(encodeFrame(this.#reply(change)), afterMs);
  }

  error(status: ErrorReplyStatus, afterMs = 0, retryAfterMs = 0): void {
    const change = {
      type: FrameType.error,
      status: StatusCode[status],
      payload: new Uint8Array(0),
      remainingMs: retryAfterMs,
    };
    this.send(encodeFrame(this.#reply(change)), afterMs);
  }

  /** The echo with a byte changed: of the payload, or of the header. */
  damaged(where: "payload" | "header", afterMs = 0): void {
    const bytes = encodeFrame(this.#reply({}));
    const at = where === "header" ? 9 : 41;
    bytes[at] = bytes[at]! ^ 0xff;
    this.send(bytes, afterMs);
  }

  send(bytes: Uint8Array, afterMs = 0): void {
    const send = (): void => {
      if (!ENDED.has(this.link)) this.link.send(bytes);
    };
    if (afterMs === 0) send();
    else this.#clock.setTimer(this.#clock.nowUs() + afterMs * MS, send);
  }

  #reply(change: Partial<Frame>): Frame {
    return { ...this.frame, type: FrameType.reply, remainingMs: 0, ...change };
  }
}

export interface WorldOptions {
  readonly client?: Partial<ClientOptions>;
  readonly network?: Omit<MemoryNetworkOptions, "clock">;
  /** What the server does with a request. @default echoes it at once */
  readonly serve?: (request: Request) => void;
  /** What the server does with a ping. @default answers it */
  readonly onPing?: (frame: Frame, link: Link) => void;
}

/** The outcome of one message, once there is one. */
export interface Sent {
  readonly operation: number;
  outcome: Outcome | undefined;
  /** How often `done` was called. */
  calls: number;
}

/** One test's client, server and time. */
export class World {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly client: Client;
  readonly events: ClientEvent[] = [];
  readonly requests: Request[] = [];
  readonly frames: Frame[] = [];
  /** How the server's ends of the links closed, in order. */
  readonly closes: (LinkError | undefined)[] = [];
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.network = new MemoryNetwork({ ...options.network, clock: this.clock });
    this.listen();
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
    this.network.listen((link) => this.#accept(link));
  }

  submit(body: Uint8Array | string, options: SubmitOptions = {}): Sent {
    const operation = this.client.submit(body, options, (outcome) => {
      sent.outcome = outcome;
      sent.calls++;
    });
    const sent: Sent = { operation, outcome: undefined, calls: 0 };
    return sent;
  }

  /** Submits and runs until the outcome is there. */
  send(body: Uint8Array | string, options: SubmitOptions = {}): Outcome {
    const sent = this.submit(body, options);
    return this.outcomeOf(sent);
  }

  outcomeOf(sent: Sent): Outcome {
    this.clock.runUntil(() => sent.outcome !== undefined);
    if (sent.outcome === undefined) throw new Error("No outcome, and nothing more will happen.");
    return sent.outcome;
  }

  advanceMs(ms: number): void {
    this.clock.advance(ms * MS);
  }

  /** The names of the events so far, but those asked to be left out. */
  eventNames(...without: readonly string[]): string[] {
    return this.events.map(({ event }) => event).filter((event) => !without.includes(event));
  }

  #accept(link: Link): LinkEvents {
    const connection = this.network.connections.length - 1;
    const decoder = new FrameDecoder();
    return {
      onOpen: () => {},
      onBytes: (bytes) => {
        if (link.kind === "datagram") {
          this.#arrived(decodeDatagram(bytes), link, connection);
          return;
        }
        decoder.push(bytes);
        for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
          this.#arrived(item, link, connection);
        }
      },
      onDrain: () => {},
      onEnd: () => {
        ENDED.add(link);
        link.end();
      },
      onClose: (error) => this.closes.push(error),
    };
  }

  #arrived(item: ReturnType<typeof decodeDatagram>, link: Link, connection: number): void {
    if (isRefusal(item)) throw new Error(`The client sent what is refused: ${item.message}`);
    this.frames.push({ ...item, payload: item.payload.slice() });
    const { serve = (request) => request.echo(), onPing } = this.#options;
    if (item.type === FrameType.ping) {
      if (onPing !== undefined) onPing(item, link);
      else link.send(encodeFrame({ ...item, type: FrameType.pong }));
    }
    if (item.type !== FrameType.data) return;
    const at = { connection, index: this.requests.length, clock: this.clock };
    const request = new Request(item, link, at);
    this.requests.push(request);
    serve(request);
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
