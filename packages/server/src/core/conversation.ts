/**
 * One link, from accept to close: what is common to both codecs.
 *
 *   link ─► onBytes ─► dialogue.read ─► passages ─► dialogue.arrive ─► responder
 *   link ◄─ settle ◄── post ◄────────── passages ◄─ submitReply ◄────────┘
 *
 * Passages exist where faults are in force; without, messages go the short way, past them. Nothing
 * is written while bytes are read: replies collect, and leave when the event is over. What the
 * bytes mean is the dialogue's business.
 */
import type { Direction, RecordHarm } from "@faultline/faults";
import type { Frame, Link, LinkError, LinkEvents, SessionId } from "@faultline/protocol";
import { encodeFrame } from "@faultline/protocol";
import type { CloseCode, ServerRefusalCode } from "../event.ts";
import type { CoreContext } from "./context.ts";
import type { Dialogue } from "./dialogue.ts";
import { LateEnd } from "./late-end.ts";
import { Outlet } from "./outlet.ts";
import { Patience } from "./patience.ts";
import { Passages } from "./passages.ts";
import { closeCodeOf, type State } from "./state.ts";
import type { Parcel, Ticket } from "./ticket.ts";
import { unfinishedOf } from "./unfinished.ts";
import { Watch, watched } from "./watch.ts";

/** What a conversation needs beside the context. */
export interface ConversationHost {
  createDialogue(conversation: Conversation): Dialogue;
  /** The conversation is over. */
  forget(conversation: Conversation): void;
}

/** @see module */
export class Conversation implements LinkEvents {
  /** Ordinal of the link in its core, from 1. */
  readonly connection: number;
  readonly link: Link;
  readonly stream: boolean;
  /** Whether what leaves is encrypted, and can be harmed then. */
  readonly records: boolean;
  /** When the link was accepted, in µs. */
  readonly acceptedUs: number;
  /** Requests read off the wire so far: the sequence of the next one. */
  messages = 0;
  /** The message that ended the link by what a fault did to it, by its sequence. */
  culprit: number | undefined;
  /** Of the last good frame; undefined before it, and in the pipe codec. */
  session: SessionId | undefined;
  /** Tells a tap what passes behind the faults, where there is one. */
  readonly watch: Watch | undefined;
  readonly #context: CoreContext;
  readonly #host: ConversationHost;
  readonly #outlet: Outlet;
  readonly #patience: Patience;
  readonly #lateEnd: LateEnd;
  #state: State = "open";
  #closeCode: CloseCode | undefined;
  #dialogue: Dialogue | undefined;
  #passages: Passages | undefined;

  constructor(
    link: Link,
    options: { connection: number; context: CoreContext; host: ConversationHost },
  ) {
    this.link = link;
    this.stream = link.kind === "stream";
    this.records = link.sendHarmed !== undefined;
    this.connection = options.connection;
    const { tap, clock } = options.context;
    this.watch = tap === undefined ? undefined : new Watch(link, tap, clock);
    this.#context = options.context;
    this.#host = options.host;
    this.#outlet = new Outlet(link, options.context);
    const nowUs = options.context.clock.nowUs();
    this.acceptedUs = nowUs;
    this.#patience = new Patience(options.context.limits, nowUs);
    this.#lateEnd = new LateEnd(options.context, this);
  }

  get remote(): string {
    return this.link.remote;
  }

  get isOver(): boolean {
    return this.#state === "over" || this.#state === "harmed";
  }

  /** Bytes that faults keep back, upkeep included. */
  get heldBytes(): number {
    return this.#passages === undefined ? 0 : this.#passages.heldBytes;
  }

  onOpen(): void {
    // Asked for now: a peer that has reset the connection has no name any more.
    if (this.#context.faulty) void this.link.remote;
    this.watch?.open();
  }

  onBytes(bytes: Uint8Array): void {
    const context = this.#context;
    context.counters.bytesIn += bytes.length;
    if (!this.#canWrite) return;
    const nowUs = context.clock.nowUs();
    const { messages } = this;
    this.#dialogue ??= this.#host.createDialogue(this);
    this.#dialogue.read(bytes, nowUs);
    this.#patience.heard(nowUs, this.#dialogue.partialBytes > 0, this.messages !== messages);
    this.settle();
  }

  onDrain(): void {
    this.#outlet.drained();
    this.settle();
  }

  onEnd(): void {
    if (this.isOver) return;
    this.#dialogue?.end();
    this.settle();
    this.#lateEnd.pass("request", () => {
      this.watch?.ended("remote");
      this.finish("end");
    });
  }

  onClose(error: LinkError | undefined): void {
    this.#closeCode ??= closeCodeOf(error);
    this.#conclude();
    this.#abandon();
    if (error !== undefined) this.watch?.reset("remote");
    if (this.#context.verbose) {
      const { connection, remote, messages } = this;
      this.#context.emit({ event: "close", connection, remote, code: this.#closeCode, messages });
    }
    this.#host.forget(this);
  }

  /** Whether messages must go through the faults; else the short way will do. */
  get isFaulty(): boolean {
    return this.#passages !== undefined || !this.#context.chain.idle;
  }

  /** Whether nothing, be it a message or not, gets through that way. */
  swallows(direction: Direction): boolean {
    return this.#context.cut[direction] || this.#passages?.isSilent(direction) === true;
  }

  /** Puts a request before the faults. The bytes are lent for the call. */
  submitRequest(ticket: Ticket, bytes: Uint8Array): void {
    this.#passages ??= this.#createPassages();
    this.#passages.submitRequest(ticket, bytes);
  }

  /** Sends a reply by way of the faults. The bytes are given away. */
  submitReply(ticket: Ticket, bytes: Uint8Array): void {
    this.watch?.answered(bytes);
    if (!this.isFaulty) {
      this.post(bytes);
      return;
    }
    this.#passages ??= this.#createPassages();
    this.#passages.submitReply(ticket, bytes);
  }

  /** Sends a frame on the short way: a stream's go out together when the event is over. */
  write(frame: Frame): void {
    if (!this.stream) this.post(encodeFrame(frame, this.#context.auth.keys));
    else if (this.#canWrite) this.#context.writer.append(frame);
  }

  /** Sends bytes past the faults when the event is over. The bytes are given away. */
  post(bytes: Uint8Array): void {
    if (this.#canWrite) this.#outlet.post(bytes);
  }

  /** The event is over: what was written goes out, and reading follows the queues. */
  settle(): void {
    if (this.#state === "over") return;
    if (this.#canWrite) this.#outlet.flush();
    const wasPaused = this.#outlet.isPaused;
    this.#outlet.steer(this.heldBytes);
    if (wasPaused) this.#patience.forgive(this.#context.clock.nowUs());
    if (this.#state === "ending" && this.heldBytes === 0 && !this.#lateEnd.isWaiting) {
      this.#lateEnd.pass("reply", () => this.#end());
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
    const isPartial = (this.#dialogue?.partialBytes ?? 0) > 0;
    if (!this.#outlet.isPaused && this.#patience.isFrameLate(nowUs, isPartial)) {
      const { frameTimeoutMs } = this.#context.limits;
      this.refuse("frame-timeout", `A frame was not complete after ${frameTimeoutMs} ms.`, true);
      return;
    }
    if (!this.#patience.isIdle(nowUs)) return;
    if (this.#state === "ended" || this.#outlet.isFull) this.#reset("idle-timeout");
    else if (this.heldBytes === 0) this.finish("idle-timeout");
  }

  get #canWrite(): boolean {
    return this.#state === "open" || this.#state === "ending";
  }

  #createPassages(): Passages {
    const dialogue = (this.#dialogue ??= this.#host.createDialogue(this));
    void this.link.remote;
    return new Passages(this.#context, {
      party: this,
      dialogue: watched(dialogue, this.watch),
      post: (bytes) => this.post(bytes),
      settle: () => this.settle(),
      resetByFault: ({ sequence }) => {
        this.culprit = sequence;
        this.#reset("fault");
      },
      harmByFault: (parcel, harm) => this.#harm(parcel, harm),
    });
  }

  #end(): void {
    if (this.#state !== "ending") return;
    this.#state = "ended";
    this.watch?.ended("local");
    this.link.end();
  }

  /** What came before it leaves first; nothing comes after. */
  #harm({ ticket, bytes }: Parcel, harm: RecordHarm): void {
    if (!this.#canWrite) return;
    this.culprit = ticket.sequence;
    this.#outlet.flush();
    this.#conclude();
    this.#abandon("harmed");
    this.#closeCode = "fault";
    this.#context.counters.bytesOut += bytes.length;
    this.link.sendHarmed?.(bytes, harm);
  }

  #reset(code: CloseCode): void {
    if (this.#state === "over") return;
    this.#closeCode = code;
    if (this.#canWrite) this.#outlet.flush();
    this.#conclude();
    this.#abandon();
    this.watch?.reset("local");
    this.link.reset();
  }

  /** Tells how far the messages have come, once. */
  #conclude(): void {
    if (this.isOver || !this.stream || !this.#context.faulty) return;
    const { remote, messages, culprit } = this;
    const kept = this.#passages?.kept ?? [];
    const unfinished = unfinishedOf({ kept, torn: this.#dialogue?.torn ?? [], culprit });
    const atUs = this.#context.clock.nowUs();
    this.#context.ended({ remote, atUs, messages, unfinished });
  }

  #abandon(state: "over" | "harmed" = "over"): void {
    this.#state = state;
    this.#passages?.close();
    this.#dialogue?.close();
    this.#lateEnd.cancel();
  }
}
