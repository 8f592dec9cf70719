/**
 * Binary frames on the client's line.
 *
 *   attempts -> encodeFrame / FrameWriter -> line      one write for all frames of an event
 *   line -> FrameDecoder / decodeDatagram -> arrivals  matched by session, operation, attempt
 *
 * Frames written while bytes are being read, or several within one tick, leave together; a lone
 * one leaves at once. On datagrams every frame is one datagram, damage is survived, and a damaged
 * header names nobody.
 */
import type { Clock, Frame, LifeNotice, Refusal, SessionId } from "@faultline/protocol";
import {
  decodeDatagram,
  decodeLife,
  encodeFrame,
  FrameDecoder,
  FrameFlag,
  FrameType,
  FrameWriter,
  isRefusal,
  lifeOf,
  RETRY_AFTER_STOP,
} from "@faultline/protocol";
import type {
  Arrivals,
  Connection,
  ConnectionParts,
  Damage,
  ReplyMarks,
  Transmission,
} from "./connection.ts";
import { statusWord } from "./failure.ts";
import type { Line } from "./line.ts";
import type { ServerLife } from "./lives.ts";
import type { Policy } from "./options.ts";

/**
 * Bytes of frames that wait to go out in one write. Few enough that the server has begun when the
 * client is still writing: with 256 in flight each would else wait for the other's whole batch.
 */
const BATCH_BYTES_MAX = 8_192;
const REMAINING_MS_MAX = 0xffff_ffff;
const EMPTY: Uint8Array = new Uint8Array(0);
const EXECUTED: ReplyMarks = { replayed: false, ambiguous: false };
const REPLAYED: ReplyMarks = { replayed: true, ambiguous: false };

/** The frame codec. */
export class FrameConnection implements Connection {
  readonly canPing = true;
  readonly #clock: Clock;
  readonly #line: Line;
  readonly #arrivals: Arrivals;
  readonly #life: ServerLife;
  readonly #session: SessionId;
  readonly #limits: Pick<Policy, "checksum" | "keys">;
  readonly #isStream: boolean;
  readonly #writer: FrameWriter;
  #decoder: FrameDecoder;
  #reading = false;
  #flushing = false;
  readonly #flush = (): void => {
    this.#flushing = false;
    this.#write();
  };
  /** The frame being written: one object for all of them, since writing it is over at once. */
  readonly #frame: { -readonly [Field in keyof Frame]: Frame[Field] };

  constructor({ arrivals, life, line, policy }: ConnectionParts) {
    this.#clock = policy.clock;
    this.#line = line;
    this.#arrivals = arrivals;
    this.#life = life;
    this.#session = policy.session;
    this.#limits = { checksum: policy.checksum, keys: policy.keys };
    this.#writer = new FrameWriter({ keys: policy.keys });
    this.#isStream = line.kind === "stream";
    this.#decoder = new FrameDecoder(this.#limits);
    this.#frame = {
      type: FrameType.data,
      checksum: policy.checksum,
      flags: 0,
      status: 0,
      life: undefined,
      session: policy.session,
      operation: 0,
      attempt: 0,
      remainingMs: 0,
      payload: EMPTY,
    };
  }

  transmit(message: Transmission, nowUs: number, alone: boolean): void {
    const frame = this.#frame;
    frame.type = FrameType.data;
    frame.operation = message.operation;
    frame.attempt = message.attempt;
    frame.life = message.life === 0 ? undefined : message.life;
    frame.remainingMs = remainingMs(message.deadlineUs - nowUs);
    frame.payload = message.body;
    const isFirst = this.#writer.pendingBytes === 0 && !this.#reading;
    if (!this.#isStream || (alone && isFirst))
      this.#line.send(encodeFrame(frame, this.#limits.keys));
    else this.#append();
    frame.payload = EMPTY;
  }

  receive(bytes: Uint8Array, nowUs: number): void {
    this.#arrivals.atUs = nowUs;
    this.#reading = true;
    try {
      if (this.#isStream) this.#readStream(bytes);
      else this.#readDatagram(bytes);
    } finally {
      this.#reading = false;
      this.#write();
    }
  }

  giveUp(): void {
    // A reply is known by its frame: what comes late disturbs nothing.
  }

  ping(): void {
    this.#control(FrameType.ping, 0);
  }

  farewell(): void {
    this.#control(FrameType.goodbye, 0);
    this.#write();
  }

  flush(): void {
    this.#write();
  }

  renew(): void {
    this.#decoder = new FrameDecoder(this.#limits);
    this.#writer.take();
  }

  #readStream(bytes: Uint8Array): void {
    const decoder = this.#decoder;
    decoder.push(bytes);
    for (;;) {
      const item = decoder.next();
      if (item === undefined) return;
      if (!isRefusal(item)) this.#arrived(item);
      else if (item.fatal) this.#arrivals.onBroken(item);
      else this.#damaged(item);
    }
  }

  #readDatagram(bytes: Uint8Array): void {
    const item = decodeDatagram(bytes, this.#limits);
    if (isRefusal(item)) this.#damaged(item);
    else this.#arrived(item);
  }

  #damaged(refusal: Refusal): void {
    const { header } = refusal;
    const isOurs = header !== undefined && this.#isOurs(header.session);
    this.#arrivals.onDamage(isOurs ? header : undefined, refusal);
  }

  #arrived(frame: Frame): void {
    switch (frame.type) {
      case FrameType.reply:
        if (!this.#isOurs(frame.session)) return this.#arrivals.onStale(frame);
        if (frame.life !== undefined) this.#life.hear(frame.life);
        return this.#arrivals.onReply(
          frame,
          frame.payload,
          (frame.flags & FrameFlag.replayed) === 0 ? EXECUTED : REPLAYED,
        );
      case FrameType.error:
        if (!this.#isOurs(frame.session)) return this.#arrivals.onStale(frame);
        this.#learn(decodeLife(frame.payload));
        return this.#arrivals.onErrorReply(frame, {
          status: statusWord(frame.status),
          retryAfterMs: frame.remainingMs === RETRY_AFTER_STOP ? Infinity : frame.remainingMs,
        });
      case FrameType.ping:
        return this.#control(FrameType.pong, frame.operation);
      case FrameType.hello:
      case FrameType.pong:
        if (this.#isOurs(frame.session)) this.#learn(lifeOf(frame));
        return;
      case FrameType.goodbye:
        return;
      case FrameType.data:
        return this.#arrivals.onUnexpected(UNEXPECTED);
      default:
        return frame.type satisfies never;
    }
  }

  #learn(notice: LifeNotice | undefined): void {
    if (notice !== undefined) this.#life.learn(notice, this.#arrivals.atUs);
  }

  #isOurs(session: SessionId): boolean {
    return session.high === this.#session.high && session.low === this.#session.low;
  }

  #control(type: FrameType, operation: number): void {
    const frame = this.#frame;
    frame.type = type;
    frame.operation = operation;
    frame.attempt = 0;
    frame.life = undefined;
    frame.remainingMs = 0;
    if (this.#isStream) this.#append();
    else this.#line.send(encodeFrame(frame, this.#limits.keys));
  }

  #append(): void {
    this.#writer.append(this.#frame);
    if (this.#writer.pendingBytes >= BATCH_BYTES_MAX) this.#write();
    else if (!this.#reading && !this.#flushing) {
      this.#flushing = true;
      this.#clock.defer(this.#flush);
    }
  }

  #write(): void {
    const bytes = this.#writer.take();
    if (bytes !== undefined) this.#line.send(bytes);
  }
}

const UNEXPECTED: Damage = {
  refused: "unexpected-type",
  message: "a request came from the server",
};

/** What the frame says of the deadline: rounded up, and never 0, which would mean none. */
function remainingMs(remainingUs: number): number {
  return Math.min(Math.max(Math.ceil(remainingUs / 1000), 1), REMAINING_MS_MAX);
}
