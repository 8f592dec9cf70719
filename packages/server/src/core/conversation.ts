/**
 * One link, from accept to close: what is common to both codecs.
 *
 *   link ─► onBytes ─► dialogue.read ─► requests ─► dialogue.arrive ─► responder
 *   link ◄─ settle ◄── post ◄────────── replies ◄── submitReply ◄────────┘
 *
 * `requests` and `replies` are passages (passage.ts), made when faults are in force; without, the
 * dialogue goes the short way. Nothing is written while bytes are read: replies collect, and leave
 * when the event is over. What the bytes mean is the dialogue's business.
 */
import type { Direction } from "@faultline/faults";
import type { Link, LinkError, LinkEvents, SessionId } from "@faultline/protocol";
import type { CloseCode, ServerRefusalCode } from "../event.ts";
import type { CoreContext } from "./context.ts";
import type { Dialogue } from "./dialogue.ts";
import { Outlet } from "./outlet.ts";
import { Passage } from "./passage.ts";
import type { Due } from "./schedule.ts";
import type { Parcel, Ticket } from "./ticket.ts";

/** What a conversation needs beside the context. */
export interface ConversationHost {
  createDialogue(conversation: Conversation): Dialogue;
  /** The conversation is over. */
  forget(conversation: Conversation): void;
}

/**
 * `open`    talking
 * `ending`  this side ends as soon as nothing is held back
 * `ended`   this side has ended, the peer has not
 * `over`    nothing may be read or written any more
 */
type State = "open" | "ending" | "ended" | "over";

/** @see module */
export class Conversation implements LinkEvents {
  /** Ordinal of the link in its core, from 1. */
  readonly connection: number;
  readonly link: Link;
  readonly stream: boolean;
  /** Requests read off the wire so far: the sequence of the next one. */
  messages = 0;
  /** Of the last good frame; undefined before it, and in the pipe codec. */
  session: SessionId | undefined;
  readonly #context: CoreContext;
  readonly #host: ConversationHost;
  readonly #outlet: Outlet;
  #state: State = "open";
  #closeCode: CloseCode | undefined;
  #dialogue: Dialogue | undefined;
  #requests: Passage | undefined;
  #replies: Passage | undefined;
  #endDue: Due | undefined;
  #heardUs: number;
  /** When the frame was begun that is not complete; -1 when none is. */
  #partialUs = -1;

  constructor(
    link: Link,
    options: { connection: number; context: CoreContext; host: ConversationHost },
  ) {
    this.link = link;
    this.stream = link.kind === "stream";
    this.connection = options.connection;
    this.#context = options.context;
    this.#host = options.host;
    this.#outlet = new Outlet(link, options.context);
    this.#heardUs = options.context.clock.nowUs();
  }

  get remote(): string {
    return this.link.remote;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Bytes that faults keep back, upkeep included. */
  get heldBytes(): number {
    const requests = this.#requests === undefined ? 0 : this.#requests.heldBytes;
    return requests + (this.#replies === undefined ? 0 : this.#replies.heldBytes);
  }

  onOpen(): void {}

  onBytes(bytes: Uint8Array): void {
    const context = this.#context;
    context.counters.bytesIn += bytes.length;
    if (this.#state === "over" || this.#state === "ended") return;
    const nowUs = context.clock.nowUs();
    this.#heardUs = nowUs;
    const { messages } = this;
    this.#dialogue ??= this.#host.createDialogue(this);
    this.#dialogue.read(bytes, nowUs);
    if (this.#dialogue.partialBytes === 0) this.#partialUs = -1;
    else if (this.#partialUs < 0 || this.messages !== messages) this.#partialUs = nowUs;
    this.settle();
  }

  onDrain(): void {
    this.#outlet.drained();
    this.settle();
  }

  onEnd(): void {
    if (this.#state === "over") return;
    this.#dialogue?.end();
    this.settle();
    this.#afterFault("request", () => this.finish("end"));
  }

  onClose(error: LinkError | undefined): void {
    this.#closeCode ??= closeCodeOf(error);
    this.#abandon();
    if (this.#context.verbose) {
      const { connection, remote, messages } = this;
      this.#context.emit({ event: "close", connection, remote, code: this.#closeCode, messages });
    }
    this.#host.forget(this);
  }

  /** Whether requests must go through the faults; else the dialogue may execute them at once. */
  get requestsFaulty(): boolean {
    return this.#requests !== undefined || !this.#context.chain.idle;
  }

  /** Whether replies must go through the faults; else the dialogue may write them at once. */
  get repliesFaulty(): boolean {
    return this.#replies !== undefined || !this.#context.chain.idle;
  }

  /** Whether nothing, be it a message or not, gets through that way. */
  swallows(direction: Direction): boolean {
    const passage = direction === "request" ? this.#requests : this.#replies;
    return this.#context.cut[direction] || passage?.isSilent === true;
  }

  /** Puts a request before the faults. The bytes are lent for the call. */
  submitRequest(ticket: Ticket, bytes: Uint8Array): void {
    this.#requests ??= this.#createPassage("request");
    this.#requests.submit(ticket, bytes, true);
  }

  /** Sends a reply by way of the faults. The bytes are given away. */
  submitReply(ticket: Ticket, bytes: Uint8Array): void {
    if (!this.repliesFaulty) {
      this.post(bytes);
      return;
    }
    this.#replies ??= this.#createPassage("reply");
    this.#replies.submit(ticket, bytes, false);
  }

  /** Sends bytes past the faults when the event is over. The bytes are given away. */
  post(bytes: Uint8Array): void {
    if (this.#state === "open" || this.#state === "ending") this.#outlet.post(bytes);
  }

  /** The event is over: what was written goes out, and reading follows the queues. */
  settle(): void {
    if (this.#state === "over") return;
    if (this.#state !== "ended") this.#outlet.flush();
    const wasPaused = this.#outlet.isPaused;
    this.#outlet.steer(this.heldBytes);
    // While nothing was read, no frame could be completed.
    if (wasPaused && this.#partialUs >= 0) this.#partialUs = this.#context.clock.nowUs();
    if (this.#state === "ending" && this.heldBytes === 0 && this.#endDue === undefined) {
      this.#afterFault("reply", () => this.#end());
    }
  }

  /** Counts and reports what was not accepted; a stream that cannot be trusted is reset. */
  refuse(code: ServerRefusalCode, message: string, fatal: boolean): void {
    const { connection, remote, stream } = this;
    const closes = fatal && stream;
    this.#context.refused(code);
    if (this.#context.verbose) {
      this.#context.emit({ event: "refusal", connection, remote, code, message, fatal: closes });
    }
    // A datagram peer that never sent anything good shall not hold a place.
    if (closes || (!stream && this.session === undefined && this.messages === 0)) {
      this.#reset("refused");
    }
  }

  /** Ends this side once nothing is held back. */
  finish(code: CloseCode): void {
    if (this.#state !== "open") return;
    this.#closeCode ??= code;
    this.#state = "ending";
    this.settle();
  }

  /** Drops the link at once. */
  drop(code: CloseCode): void {
    this.#reset(code);
  }

  /** Gives the link up without touching it: another takes it over. */
  leave(): void {
    this.#abandon();
    this.#host.forget(this);
  }

  /** Closes the link if its time is up. */
  sweep(nowUs: number): void {
    if (this.#state === "over") return;
    const { idleTimeoutMs, frameTimeoutMs } = this.#context.limits;
    // A reader with a timer of its own may have got rid of the rest since.
    if (this.#dialogue === undefined || this.#dialogue.partialBytes === 0) this.#partialUs = -1;
    if (
      !this.#outlet.isPaused &&
      this.#partialUs >= 0 &&
      nowUs - this.#partialUs >= frameTimeoutMs * 1000
    ) {
      this.refuse("frame-timeout", `A frame was not complete after ${frameTimeoutMs} ms.`, true);
      return;
    }
    if (nowUs - this.#heardUs < idleTimeoutMs * 1000) return;
    if (this.#state !== "open" || this.#outlet.isFull) this.#reset("idle-timeout");
    else if (this.heldBytes === 0) this.finish("idle-timeout");
  }

  #createPassage(direction: Direction): Passage {
    const arrive =
      direction === "request"
        ? (parcel: Parcel): void => this.#dialogue?.arrive(parcel)
        : (parcel: Parcel): void => this.post(parcel.bytes);
    return new Passage(direction, this.#context, {
      party: this,
      arrive,
      settle: () => this.settle(),
      answerLost: (ticket) => this.#answerLost(direction, ticket),
      resetByFault: () => this.#reset("fault"),
    });
  }

  /** An error reply for a request is a reply like any other; one for a reply takes its place. */
  #answerLost(direction: Direction, ticket: Ticket): void {
    const bytes = this.#dialogue!.encodeLost(ticket);
    if (direction === "request") this.submitReply(ticket, bytes);
    else this.post(bytes);
  }

  /** Does `run` now, or later when a fault makes the end of the stream late. */
  #afterFault(direction: Direction, run: () => void): void {
    const { chain, clock, schedule } = this.#context;
    if (!this.stream || chain.idle) {
      run();
      return;
    }
    const { high, low } = this.session ?? { high: 0, low: 0 };
    const end = { direction, sessionHigh: high, sessionLow: low, stream: true };
    const { delayUs, records } = chain.decideEnd(end, clock.nowUs());
    for (const record of records) this.#context.record(record, this, this.messages);
    if (delayUs <= 0) run();
    else {
      this.#endDue = schedule.later(delayUs, () => {
        this.#endDue = undefined;
        run();
      });
    }
  }

  #end(): void {
    if (this.#state !== "ending") return;
    this.#state = "ended";
    this.link.end();
  }

  #reset(code: CloseCode): void {
    if (this.#state === "over") return;
    this.#closeCode = code;
    if (this.#state !== "ended") this.#outlet.flush();
    this.#abandon();
    this.link.reset();
  }

  #abandon(): void {
    this.#state = "over";
    this.#requests?.close();
    this.#replies?.close();
    this.#dialogue?.close();
    if (this.#endDue !== undefined) this.#context.schedule.remove(this.#endDue);
  }
}

function closeCodeOf(error: LinkError | undefined): CloseCode {
  if (error === undefined) return "end";
  return error.code === "reset" ? "reset" : "failed";
}
