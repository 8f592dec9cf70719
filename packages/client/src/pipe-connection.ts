/**
 * The text form `body|checksum` on the client's line, one message in flight.
 *
 * Replies carry no identity. A reply is taken for the message in flight exactly when its checksum
 * fits and its body is the one sent; a sound reply with another body is a late one of an earlier
 * message, and is waited past. Where the same body is owed an answer more than once, nobody can
 * tell which of the answers came: that delivery is marked ambiguous. Numbering the bodies was the
 * road not taken: the original servers and clients would not understand it.
 */
import type { PipeItem } from "@faultline/protocol";
import { decodePipeDatagram, encodePipe, PIPE_SETTLE_MS, PipeDecoder } from "@faultline/protocol";
import type {
  Arrivals,
  Connection,
  ConnectionParts,
  Damage,
  ReplyIdentity,
  ReplyMarks,
  Transmission,
} from "./connection.ts";
import type { Deadlines, Due } from "./deadlines.ts";
import type { Line } from "./line.ts";
import { Owed } from "./owed.ts";

const CERTAIN: ReplyMarks = { replayed: false, ambiguous: false };
const AMBIGUOUS: ReplyMarks = { replayed: false, ambiguous: true };

/** The message sent last. */
interface Current extends ReplyIdentity {
  readonly body: Uint8Array;
}

/** The pipe codec. */
export class PipeConnection implements Connection, Due {
  readonly canPing = false;
  readonly #deadlines: Deadlines;
  readonly #line: Line;
  readonly #arrivals: Arrivals;
  readonly #expectReply: boolean;
  #decoder = new PipeDecoder();
  #owed = new Owed();
  #current: Current | undefined;
  dueUs = 0;
  dueOrder = 0;
  dueIndex = -1;

  constructor({ arrivals, deadlines, line, policy }: ConnectionParts) {
    this.#deadlines = deadlines;
    this.#line = line;
    this.#arrivals = arrivals;
    this.#expectReply = policy.expectReply;
  }

  transmit({ attempt, body, operation }: Transmission): void {
    this.#current = { operation, attempt, body };
    if (this.#expectReply) this.#owed.add(body);
    this.#line.send(encodePipe(body));
  }

  receive(bytes: Uint8Array, nowUs: number): void {
    this.#arrivals.atUs = nowUs;
    if (this.#line.kind === "datagram") {
      this.#arrived(decodePipeDatagram(bytes));
      return;
    }
    this.#decoder.push(bytes);
    this.#read(nowUs);
  }

  /** The stream has been silent for a while: what is pending is not a message half arrived. */
  onDue(nowUs: number): void {
    this.#decoder.settle();
    this.#read(nowUs);
  }

  giveUp(nowUs: number): void {
    if (this.#decoder.bufferedBytes === 0) return;
    this.#decoder.flush();
    this.#read(nowUs);
  }

  ping(): void {
    // The text form has none.
  }

  farewell(): void {
    // The end of the stream says it all.
  }

  flush(): void {
    // Nothing is ever left unwritten.
  }

  renew(): void {
    this.#decoder = new PipeDecoder();
    this.#owed = new Owed();
    this.#current = undefined;
    this.#deadlines.delete(this);
  }

  #read(nowUs: number): void {
    this.#arrivals.atUs = nowUs;
    const decoder = this.#decoder;
    for (;;) {
      const item = decoder.next();
      if (item === undefined) break;
      if (decoder.failed) this.#arrivals.onBroken(OVERFLOW);
      else this.#arrived(item);
    }
    if (decoder.bufferedBytes === 0) this.#deadlines.delete(this);
    else this.#deadlines.set(this, nowUs + PIPE_SETTLE_MS * 1000);
  }

  #arrived(item: PipeItem): void {
    switch (item.kind) {
      case "message":
        return this.#message(item.body);
      case "error":
        this.#owed.answeredUnseen();
        if (this.#current === undefined) return this.#arrivals.onStale(undefined);
        return this.#arrivals.onErrorReply(this.#current, { status: "lost", retryAfterMs: 0 });
      case "corrupt":
        this.#owed.answeredUnseen();
        return this.#arrivals.onDamage(this.#current, CORRUPT);
      default:
        return item satisfies never;
    }
  }

  #message(body: Uint8Array): void {
    const ambiguous = this.#owed.answered(body);
    const current = this.#current;
    if (current === undefined || !isEqual(body, current.body)) {
      this.#arrivals.onStale(undefined);
      return;
    }
    this.#arrivals.onReply(current, body, ambiguous ? AMBIGUOUS : CERTAIN);
  }
}

const CORRUPT: Damage = { refused: "pipe-corrupt", message: "a reply that no checksum fits" };
const OVERFLOW: Damage = { refused: "pipe-corrupt", message: "more bytes than a message may have" };

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
