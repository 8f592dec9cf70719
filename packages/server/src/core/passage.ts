/**
 * One direction of one link: every message that goes this way is put before the faults, and what
 * they decide is done.
 *
 *   conversation ─► submit ─► FaultChain.decide ─► pump ─► arrive (conversation)
 *                                             └─► drop · answer · reset · harm · silence
 *
 * Made only when a fault is in force for the first time: a link on a server without faults has
 * none. The passage does not know what a message means; that is the dialogue's business.
 */
import type { Decision, Direction, Unit } from "@faultline/faults";
import type { CoreContext, Party } from "./context.ts";
import type { PumpOwner } from "./pump.ts";
import { Pump } from "./pump.ts";
import type { Parcel, Ticket } from "./ticket.ts";

/** What a passage asks of its conversation. */
export interface PassageOwner extends PumpOwner {
  readonly party: PassageParty;
}

/** The link that is passed. */
export interface PassageParty extends Party {
  readonly stream: boolean;
  /** Whether what leaves is encrypted, and can be harmed then. */
  readonly records: boolean;
  /** Bytes that both passages of the link keep back. */
  readonly heldBytes: number;
}

/** @see module */
export class Passage {
  readonly #direction: Direction;
  readonly #context: CoreContext;
  readonly #owner: PassageOwner;
  #pump: Pump | undefined;
  #silencedBy: string | undefined;

  constructor(direction: Direction, context: CoreContext, owner: PassageOwner) {
    this.#direction = direction;
    this.#context = context;
    this.#owner = owner;
  }

  get heldBytes(): number {
    return this.#pump === undefined ? 0 : this.#pump.heldBytes;
  }

  /** Whether a fault swallows everything that goes this way. It ends when the fault is lifted. */
  get isSilent(): boolean {
    if (this.#silencedBy === undefined) return false;
    if (!this.#context.faultIds.has(this.#silencedBy)) this.#silencedBy = undefined;
    return this.#silencedBy !== undefined;
  }

  /**
   * Puts one message before the faults.
   *
   * @param lent whether the bytes are only valid during this call
   */
  submit(ticket: Ticket, bytes: Uint8Array, lent: boolean): void {
    const { chain, clock } = this.#context;
    const nowUs = clock.nowUs();
    const unit = this.#unit(ticket, bytes);
    if (this.isSilent) {
      const record = chain.recordSilenced(this.#silencedBy!, unit, nowUs);
      this.#context.record(record, this.#owner.party, ticket.sequence);
      return;
    }
    const decision = chain.decide(unit, nowUs);
    const { party } = this.#owner;
    for (const record of decision.records) this.#context.record(record, party, ticket.sequence);
    this.#obey(decision, { ticket, bytes: decision.bytes ?? bytes }, lent);
  }

  /** Messages that have not arrived, or not wholly. */
  get kept(): Iterable<Parcel> {
    return this.#pump?.kept ?? [];
  }

  close(): void {
    this.#pump?.close();
  }

  #obey(decision: Decision, parcel: Parcel, lent: boolean): void {
    switch (decision.fate) {
      case "deliver":
        if (this.#pump === undefined && isPlain(decision)) this.#owner.arrive(parcel);
        else this.#carry(decision, parcel, lent);
        return;
      case "drop":
        return;
      case "answer":
        if (isPrompt(decision)) this.#owner.answerLost(parcel.ticket);
        else this.#carry(decision, parcel, lent);
        return;
      case "reset":
        if (isPrompt(decision)) this.#owner.resetByFault(parcel.ticket);
        else this.#carry(decision, parcel, lent);
        return;
      case "harm":
        if (isPrompt(decision)) this.#owner.harmByFault(parcel, decision.harm!);
        else this.#carry(decision, parcel, lent);
        return;
      case "silence":
        this.#silencedBy = decision.records.at(-1)?.fault;
        return;
      default:
        decision.fate satisfies never;
    }
  }

  #carry(decision: Decision, parcel: Parcel, lent: boolean): void {
    if (this.#isOverfull(parcel.bytes)) return;
    this.#pump ??= new Pump({
      schedule: this.#context.schedule,
      owner: this.#owner,
      stream: this.#owner.party.stream,
    });
    const bytes = lent ? parcel.bytes.slice() : parcel.bytes;
    this.#pump.carry({ ticket: parcel.ticket, bytes }, decision);
  }

  /** A stream is no longer read from when it is full (conversation.ts); a datagram is dropped. */
  #isOverfull(bytes: Uint8Array): boolean {
    const { limits, counters } = this.#context;
    const { party } = this.#owner;
    if (party.stream || party.heldBytes + bytes.length <= limits.heldBytesMax) return false;
    counters.datagramsDropped++;
    this.#context.atLimit("heldBytesMax");
    return true;
  }

  #unit(ticket: Ticket, bytes: Uint8Array): Unit {
    return {
      kind: "message",
      direction: this.#direction,
      sessionHigh: ticket.session.high,
      sessionLow: ticket.session.low,
      message: ticket.operation,
      attempt: ticket.attempt,
      copy: ticket.copy,
      bytes,
      stream: this.#owner.party.stream,
      records: this.#owner.party.records,
    };
  }
}

/** Whether the decision is to deliver now, once, in one piece. */
function isPlain(decision: Decision): boolean {
  return isPrompt(decision) && decision.slice === undefined && decision.copies === 0;
}

/** Whether what was decided happens now. */
function isPrompt({ delayUs, hold }: Decision): boolean {
  return delayUs <= 0 && hold === undefined;
}
