/**
 * The frame codec's side of a conversation: frames in, executed once, replies out.
 *
 *   wire ─► decoder ─► request ─(faults)─► arrivals ─► execute ─► reply
 *
 * There are two decoders. The first takes the wire apart into what the client sent. The second
 * (arrivals.ts) sees what is left of it when faults have been at the bytes: a frame cut short
 * swallows the beginning of the next, exactly as it would on a real wire. What comes through at
 * once and as it was needs no second look.
 */
import type { Frame, FrameLimits, Refusal, RefusalCode } from "@faultline/protocol";
import {
  decodeDatagram,
  encodeFrame,
  FrameDecoder,
  FrameFlag,
  FrameType,
  isRefusal,
  lifeFields,
  RETRY_AFTER_STOP,
  sessionToHex,
  StatusCode,
} from "@faultline/protocol";
import { type Arrival, Arrivals } from "./arrivals.ts";
import { frameLimitsOf, SIGNED } from "./auth.ts";
import { type CoreContext, toldOf } from "./context.ts";
import type { Conversation } from "./conversation.ts";
import type { Dialogue } from "./dialogue.ts";
import type { Answer } from "./executor.ts";
import { Executor } from "./executor.ts";
import { noticeOf } from "./life.ts";
import { isSameSession } from "./session-table.ts";
import type { Parcel, Ticket } from "./ticket.ts";

const EMPTY = new Uint8Array(0);
/** The refusals that are told, by what they are told as; the one kind asked for is the signed one. */
const STATUS_OF: Readonly<Partial<Record<RefusalCode, StatusCode>>> = {
  "payload-damaged": StatusCode.corrupt,
  "payload-too-large": StatusCode.tooLarge,
  "wrong-checksum": StatusCode.unauthenticated,
};
/** What is found before a signature was checked, or because it does not fit. */
const UNPROVEN: ReadonlySet<RefusalCode> = new Set(["payload-damaged", "payload-too-large"]);

/** @see module */
export class FrameDialogue implements Dialogue {
  readonly #conversation: Conversation;
  readonly #context: CoreContext;
  readonly #limits: FrameLimits;
  readonly #decoder: FrameDecoder | undefined;
  readonly #executor: Executor;
  #arrivals: Arrivals | undefined;
  /** The frame that is before the faults just now, and its bytes. */
  #frame: Frame | undefined;
  #frameBytes: Uint8Array | undefined;

  constructor(conversation: Conversation, context: CoreContext) {
    this.#conversation = conversation;
    this.#context = context;
    const { auth, limits } = context;
    this.#limits = frameLimitsOf(limits.payloadBytesMax, auth, conversation.link);
    this.#executor = new Executor(context, conversation.link, conversation.acceptedUs);
    this.#decoder = conversation.stream ? new FrameDecoder(this.#limits) : undefined;
  }

  get partialBytes(): number {
    const wire = this.#decoder === undefined ? 0 : this.#decoder.bufferedBytes;
    return wire + (this.#arrivals === undefined ? 0 : this.#arrivals.bufferedBytes);
  }

  get torn(): readonly Ticket[] {
    return this.#arrivals?.torn ?? [];
  }

  read(bytes: Uint8Array, nowUs: number): void {
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.#take(decodeDatagram(bytes, this.#limits), bytes, nowUs);
      return;
    }
    decoder.push(bytes);
    while (!this.#conversation.isOver) {
      const item = decoder.next();
      if (item === undefined) return;
      this.#take(item, undefined, nowUs);
    }
  }

  arrive(parcel: Parcel): void {
    const nowUs = this.#context.clock.nowUs();
    if (this.#frame !== undefined && this.#isAsSent(parcel)) {
      this.#takeArrival({ item: this.#frame, ticket: parcel.ticket, own: true }, nowUs);
      return;
    }
    if (!this.#conversation.stream) {
      const item = decodeDatagram(parcel.bytes, this.#limits);
      this.#takeArrival({ item, ticket: parcel.ticket, own: true }, nowUs);
      return;
    }
    const arrivals = (this.#arrivals ??= new Arrivals(this.#limits));
    arrivals.push(parcel);
    while (!this.#conversation.isOver) {
      const arrival = arrivals.next();
      if (arrival === undefined) return;
      this.#takeArrival(arrival, nowUs);
    }
  }

  encodeLost(ticket: Ticket): Uint8Array {
    return this.#encode(this.#frameOf(ticket, this.#executor.refusal(StatusCode.lost)));
  }

  end(): void {
    for (const decoder of [this.#decoder, this.#arrivals]) {
      const refusal = decoder?.end();
      if (refusal !== undefined) this.#refuse(refusal);
    }
  }

  close(): void {
    this.#arrivals = undefined;
  }

  /** One frame off the wire. */
  #take(item: Frame | Refusal, datagram: Uint8Array | undefined, nowUs: number): void {
    if (isRefusal(item)) {
      if (datagram !== undefined) this.#conversation.watch?.arrived(datagram);
      this.#refuse(item);
      return;
    }
    if (!this.#isSameSession(item)) return;
    const conversation = this.#conversation;
    const { watch } = conversation;
    // What is read in place, with no passage before it, is told here.
    if (watch !== undefined && (item.type !== FrameType.data || !conversation.isFaulty)) {
      watch.arrived(datagram ?? this.#decoder!.raw());
    }
    if (item.type !== FrameType.data) {
      this.#control(item);
      return;
    }
    const { session, operation, attempt, checksum } = item;
    const sequence = conversation.messages++;
    const { isFaulty } = conversation;
    const untilUs = isFaulty && item.remainingMs > 0 ? nowUs + item.remainingMs * 1000 : 0;
    const ticket = { session, operation, attempt, copy: 0, sequence, checksum, untilUs };
    this.#context.counters.messages++;
    if (this.#context.verbose) this.#tellMessage(ticket, item.payload);
    if (!isFaulty) this.#answer(ticket, this.#executor.execute(item, nowUs));
    else this.#submit(ticket, item, datagram ?? this.#decoder!.raw());
  }

  #submit(ticket: Ticket, frame: Frame, bytes: Uint8Array): void {
    this.#frame = frame;
    this.#frameBytes = bytes;
    this.#conversation.submitRequest(ticket, bytes);
    this.#frame = this.#frameBytes = undefined;
  }

  /** Whether the parcel is the very frame that is before the faults, and nothing stands before it. */
  #isAsSent({ bytes }: Parcel): boolean {
    return bytes === this.#frameBytes && (this.#arrivals?.bufferedBytes ?? 0) === 0;
  }

  /** One frame that faults have let through, whole or not. */
  #takeArrival({ item, ticket, own }: Arrival, nowUs: number): void {
    if (isRefusal(item)) {
      if (item.fatal && own) this.#conversation.culprit = ticket.sequence;
      this.#refuse(item, ticket);
    } else if (item.type !== FrameType.data) this.#refuseType(item);
    // Its caller has given up: executing it would help nobody, and neither would an answer.
    else if (ticket.untilUs > 0 && nowUs >= ticket.untilUs) this.#context.counters.expired++;
    else this.#answer(ticket, this.#executor.execute(item, nowUs));
  }

  /** A connection belongs to one session; each datagram stands for itself. */
  #isSameSession(frame: Frame): boolean {
    const conversation = this.#conversation;
    const { session } = conversation;
    const same = session === undefined || isSameSession(session, frame.session);
    if (!same && conversation.stream) {
      const message = `Session ${sessionToHex(frame.session)} came on the connection of another.`;
      conversation.refuse("second-session", message, true);
      return false;
    }
    if (!same || session === undefined) conversation.session = frame.session;
    return true;
  }

  /** Frames that are no messages. Faults do not look at them, but silence swallows them too. */
  #control(frame: Frame): void {
    const conversation = this.#conversation;
    if (conversation.swallows("request")) return;
    switch (frame.type) {
      case FrameType.hello:
      case FrameType.ping: {
        if (frame.type === FrameType.ping) this.#context.counters.pings++;
        if (conversation.swallows("reply")) return;
        const type = frame.type === FrameType.ping ? FrameType.pong : FrameType.hello;
        const life = lifeFields(noticeOf(this.#context.sessions.life, this.#context.clock.nowUs()));
        conversation.post(this.#encode({ ...frame, type, flags: 0, ...life, payload: EMPTY }));
        return;
      }
      case FrameType.goodbye:
        conversation.finish("end");
        return;
      default:
        this.#refuseType(frame);
    }
  }

  #refuseType(frame: Frame): void {
    const message = `A frame of type ${frame.type} has no place on its way to a server.`;
    this.#conversation.refuse("unexpected-type", message, true);
  }

  /**
   * Where the header could be believed, the sender is told; a datagram is never answered, and neither is
   * who did not sign what is signed: what a fault has done to a frame is damage, on the wire it is forgery.
   */
  #refuse(refusal: Refusal, arrived?: Ticket): void {
    const { refused, message, fatal, header } = refusal;
    const conversation = this.#conversation;
    const isStream = conversation.stream;
    const isUnproven = header?.checksum === SIGNED && UNPROVEN.has(refused);
    if (isUnproven && isStream && arrived === undefined) {
      conversation.refuse(refused === "payload-damaged" ? "forged" : refused, message, true);
      return;
    }
    const status = STATUS_OF[refused];
    if (isStream && status !== undefined && header?.type === FrameType.data) {
      const { session, operation, attempt, checksum } = header;
      const sequence = arrived?.sequence ?? conversation.messages;
      const copy = arrived?.copy ?? 0;
      const untilUs = arrived?.untilUs ?? 0;
      const ticket = { session, operation, attempt, copy, sequence, checksum, untilUs };
      const retryAfterMs = status === StatusCode.tooLarge ? RETRY_AFTER_STOP : 0;
      this.#answer(ticket, this.#executor.refusal(status, retryAfterMs));
    }
    const code = refused === "wrong-checksum" ? "unauthenticated" : refused;
    conversation.refuse(code, message, fatal);
  }

  #answer(ticket: Ticket, answer: Answer): void {
    const { counters, verbose } = this.#context;
    if (answer.status === StatusCode.ok) counters.replies++;
    else counters.errorReplies++;
    if (verbose) this.#tellReply(ticket, answer);
    const frame = this.#frameOf(ticket, answer);
    const conversation = this.#conversation;
    if (conversation.isFaulty) conversation.submitReply(ticket, this.#encode(frame));
    else {
      conversation.watch?.answered(this.#encode(frame));
      conversation.write(frame);
    }
  }

  #encode(frame: Frame): Uint8Array {
    return encodeFrame(frame, this.#context.auth.keys);
  }

  #frameOf(ticket: Ticket, answer: Answer): Frame {
    return {
      type: answer.type,
      checksum: ticket.checksum,
      flags: answer.flags,
      status: answer.status,
      life: answer.type === FrameType.reply ? this.#context.sessions.life.tag : undefined,
      session: ticket.session,
      operation: ticket.operation,
      attempt: ticket.attempt,
      remainingMs: answer.retryAfterMs,
      payload: answer.payload,
    };
  }

  #tellMessage(ticket: Ticket, payload: Uint8Array): void {
    const told = toldOf(this.#context, payload);
    this.#context.emit({ event: "message", ...this.#place(ticket), ...told });
  }

  #tellReply(ticket: Ticket, { status, flags, payload }: Answer): void {
    const replayed = (flags & FrameFlag.replayed) !== 0;
    const told = toldOf(this.#context, payload);
    this.#context.emit({ event: "reply", ...this.#place(ticket), status, replayed, ...told });
  }

  #place({ session, operation, attempt }: Ticket) {
    const { connection } = this.#conversation;
    return { connection, session: sessionToHex(session), operation, attempt };
  }
}
