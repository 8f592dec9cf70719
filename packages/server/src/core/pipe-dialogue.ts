/**
 * The pipe codec's side of a conversation: `body|checksum` in, the same or `error_code` out.
 *
 * A pipe message has neither session nor number, so nothing is deduplicated here, and what stands
 * in for them in faults and records is the body itself (occurrences.ts). Nor has it a length: what
 * fits no checksum is only known to be damaged after a while of silence (pipe-reader.ts). As in
 * frame-dialogue.ts, a second reader sees what faults have left.
 */
import type { PipeItem, PipeLimits } from "@faultline/protocol";
import {
  decodePipeDatagram,
  encodePipe,
  encodePipeError,
  PIPE_LIMITS_DEFAULT,
  sessionToHex,
  StatusCode,
} from "@faultline/protocol";
import { type CoreContext, toldOf } from "./context.ts";
import type { Conversation } from "./conversation.ts";
import type { Dialogue } from "./dialogue.ts";
import { fnv1a64 } from "./occurrences.ts";
import { PipeReader } from "./pipe-reader.ts";
import type { Parcel, Ticket } from "./ticket.ts";

/** `|` and 8 hex digits. */
const SUFFIX_BYTES = 9;

/** @see module */
export class PipeDialogue implements Dialogue {
  readonly #conversation: Conversation;
  readonly #context: CoreContext;
  readonly #limits: PipeLimits;
  #wire: PipeReader | undefined;
  #arrivals: PipeReader | undefined;
  #lastArrived: Ticket | undefined;

  constructor(conversation: Conversation, context: CoreContext) {
    const bytesMax = context.limits.payloadBytesMax + SUFFIX_BYTES;
    this.#conversation = conversation;
    this.#context = context;
    this.#limits = { pipeBytesMax: Math.min(bytesMax, PIPE_LIMITS_DEFAULT.pipeBytesMax) };
  }

  get partialBytes(): number {
    return (this.#wire?.bufferedBytes ?? 0) + (this.#arrivals?.bufferedBytes ?? 0);
  }

  get torn(): readonly Ticket[] {
    const isPartial = (this.#arrivals?.bufferedBytes ?? 0) > 0;
    return isPartial && this.#lastArrived !== undefined ? [this.#lastArrived] : [];
  }

  read(bytes: Uint8Array): void {
    if (!this.#conversation.stream) {
      this.#take(decodePipeDatagram(bytes, this.#limits));
      return;
    }
    this.#wire ??= this.#createReader((item, failed) => this.#take(item, failed));
    this.#wire.read(bytes);
  }

  arrive(parcel: Parcel): void {
    const { ticket, bytes } = parcel;
    if (!this.#conversation.stream) {
      this.#takeArrival(decodePipeDatagram(bytes, this.#limits), ticket);
      return;
    }
    // What a reader gives late, by its timer, belongs to the last message that it was given.
    this.#lastArrived = ticket;
    this.#arrivals ??= this.#createReader((item, failed) =>
      this.#takeArrival(item, this.#lastArrived!, failed),
    );
    this.#arrivals.read(bytes);
  }

  encodeLost(): Uint8Array {
    return encodePipeError();
  }

  end(): void {
    this.#wire?.end();
    this.#arrivals?.end();
  }

  close(): void {
    this.#wire?.close();
    this.#arrivals?.close();
  }

  #take(item: PipeItem, failed = false): void {
    if (item.kind === "error") {
      this.#refuseError();
      return;
    }
    const { counters, occurrences, verbose } = this.#context;
    const body = item.kind === "message" ? item.body : item.bytes;
    const conversation = this.#conversation;
    const session = fnv1a64(body);
    const attempt = occurrences.next(session);
    const sequence = conversation.messages;
    const ticket = {
      session,
      operation: 0,
      attempt,
      copy: 0,
      sequence,
      checksum: "sha1-32",
      untilUs: 0,
    } as const;
    if (item.kind === "corrupt") {
      conversation.watch?.arrived(item.bytes);
      this.#refuseCorrupt(ticket, failed);
      return;
    }
    conversation.messages++;
    counters.messages++;
    if (verbose) this.#tell("message", ticket, body);
    if (!conversation.isFaulty) {
      conversation.watch?.arrived(encodePipe(body, this.#limits));
      this.#execute(body, ticket);
    } else conversation.submitRequest(ticket, encodePipe(body, this.#limits));
  }

  #takeArrival(item: PipeItem, ticket: Ticket, failed = false): void {
    if (item.kind === "message") this.#execute(item.body, ticket);
    else if (item.kind === "corrupt") this.#refuseCorrupt(ticket, failed);
    else this.#refuseError();
  }

  #refuseError(): void {
    this.#conversation.refuse("unexpected-type", "A client sent error_code.", false);
  }

  /** On a connection the sender is told, as the original told of a loss; a datagram is dropped. */
  #refuseCorrupt(ticket: Ticket, failed: boolean): void {
    const conversation = this.#conversation;
    if (failed) {
      const { pipeBytesMax } = this.#limits;
      const message = `No message in ${pipeBytesMax} bytes.`;
      conversation.refuse("payload-too-large", message, true);
      return;
    }
    if (conversation.stream) this.#answer(ticket, encodePipeError(), StatusCode.corrupt);
    conversation.refuse("payload-damaged", "The bytes do not fit their checksum.", false);
  }

  #execute(body: Uint8Array, ticket: Ticket): void {
    const { counters, responder, draining } = this.#context;
    if (draining) {
      this.#answer(ticket, encodePipeError(), StatusCode.shuttingDown);
      return;
    }
    counters.executions++;
    const reply = responder.respond(body);
    if (reply !== undefined) this.#answer(ticket, encodePipe(reply, this.#limits), StatusCode.ok);
  }

  #answer(ticket: Ticket, bytes: Uint8Array, status: StatusCode): void {
    const { counters, verbose } = this.#context;
    if (status === StatusCode.ok) counters.replies++;
    else counters.errorReplies++;
    const bodyBytes = status === StatusCode.ok ? bytes.length - SUFFIX_BYTES : 0;
    if (verbose) this.#tell("reply", ticket, bytes.subarray(0, bodyBytes), status);
    this.#conversation.submitReply(ticket, bytes);
  }

  #tell(event: "message" | "reply", ticket: Ticket, body: Uint8Array, status = 0): void {
    const { operation, attempt } = ticket;
    const { connection } = this.#conversation;
    const session = sessionToHex(ticket.session);
    const place = { connection, session, operation, attempt, ...toldOf(this.#context, body) };
    if (event === "message") this.#context.emit({ event, ...place });
    else this.#context.emit({ event, ...place, status, replayed: false });
  }

  #createReader(take: (item: PipeItem, failed: boolean) => void): PipeReader {
    return new PipeReader({
      limits: this.#limits,
      schedule: this.#context.schedule,
      conversation: this.#conversation,
      take,
    });
  }
}
