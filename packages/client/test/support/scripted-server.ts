/**
 * A server that does what its script says for each request, and nothing by itself: it knows no
 * sessions, no faults and no cache.
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
import type { FakeClock, MemoryNetworkOptions } from "@faultline/testkit";
import { MemoryNetwork } from "@faultline/testkit";
import type { ErrorReplyStatus } from "../../src/index.ts";

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

  /** @param payload empty, or a life */
  error(
    status: ErrorReplyStatus,
    afterMs = 0,
    retryAfterMs = 0,
    payload: Uint8Array = new Uint8Array(0),
  ): void {
    const change = {
      type: FrameType.error,
      status: StatusCode[status],
      payload,
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

/** What a server does. */
export interface Script {
  /** What it does with a request. @default echoes it at once */
  readonly serve?: (request: Request) => void;
  /** What it does with a ping. @default answers it */
  readonly onPing?: (frame: Frame, link: Link) => void;
}

/** The server, at the end of a network of its own. */
export class ScriptedServer {
  readonly network: MemoryNetwork;
  readonly requests: Request[] = [];
  readonly frames: Frame[] = [];
  /** How its ends of the links closed, in order. */
  readonly closes: (LinkError | undefined)[] = [];
  /** May be changed while it works. */
  script: Script;
  readonly #clock: FakeClock;

  constructor(
    clock: FakeClock,
    options: Script & { readonly network?: Omit<MemoryNetworkOptions, "clock"> | undefined },
  ) {
    this.#clock = clock;
    this.script = options;
    this.network = new MemoryNetwork({ ...options.network, clock });
    this.listen();
  }

  listen(): void {
    this.network.listen((link) => this.#accept(link));
  }

  /** It is gone: its links are reset, and new ones refused. */
  crash(): void {
    this.network.unlisten();
    for (const { server } of this.network.connections) server.reset();
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
    const { onPing, serve = (request) => request.echo() } = this.script;
    if (item.type === FrameType.ping) {
      if (onPing !== undefined) onPing(item, link);
      else link.send(encodeFrame({ ...item, type: FrameType.pong }));
    }
    if (item.type !== FrameType.data) return;
    const at = { connection, index: this.requests.length, clock: this.#clock };
    const request = new Request(item, link, at);
    this.requests.push(request);
    serve(request);
  }
}
