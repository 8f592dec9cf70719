/**
 * Obeys a decision: later, in another order, in pieces, more than once. One pump for each link and
 * direction, made when the first decision asks for any of that.
 *
 *   decision ─► delay ─► hold ─► copies ─► pieces ─► out
 *              (by time) (until others passed)  (a stream lets nothing in between them)
 *
 * Where the decision ends in an error reply or a reset, that comes after the delay and the hold.
 * A delay holds up its own message only: like netem, a delay that varies reorders. What the pump
 * keeps is counted in `heldBytes`; the conversation stops reading before that grows without end.
 */
import type { Decision, RecordHarm } from "@faultline/faults";
import type { Due, Schedule } from "./schedule.ts";
import type { Parcel, Ticket } from "./ticket.ts";

/** What keeping one parcel costs beside its bytes. */
const UPKEEP_BYTES = 256;

/** Where parcels go, and who must know when timers have moved some. */
export interface PumpOwner {
  /** The parcel, or a piece of it, arrives. */
  arrive(parcel: Parcel): void;
  /** A fault took the message and says so. */
  answerLost(ticket: Ticket): void;
  /** A fault drops the connection. */
  resetByFault(ticket: Ticket): void;
  /** A fault harms what the parcel becomes once it is encrypted. */
  harmByFault(parcel: Parcel, harm: RecordHarm): void;
  /** A timer has made parcels arrive: the event is over, what was written can go. */
  settle(): void;
}

interface Held {
  readonly parcel: Parcel;
  readonly decision: Decision;
  /** Its place in the order of carrying: only later ones can pass it. */
  readonly order: number;
  gapLeft: number;
  due: Due | undefined;
}

/** A parcel in its pieces, often one. */
interface Shipment {
  readonly parcel: Parcel;
  readonly pieces: readonly Parcel[];
  readonly delayUs: number;
}

/** @see module */
export class Pump {
  readonly #schedule: Schedule;
  readonly #owner: PumpOwner;
  readonly #stream: boolean;
  readonly #dues = new Set<Due>();
  readonly #kept = new Set<Parcel>();
  #held: Held[] = [];
  /** Wait until the pieces of a parcel before them are through. */
  #behind: Shipment[] = [];
  #inPieces = false;
  #order = 0;
  #heldBytes = 0;
  #closed = false;

  constructor(options: { schedule: Schedule; owner: PumpOwner; stream: boolean }) {
    this.#schedule = options.schedule;
    this.#owner = options.owner;
    this.#stream = options.stream;
  }

  /** Bytes kept back, with 256 for the upkeep of each parcel; 0 when nothing is. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What has not arrived, or not wholly. A parcel may be in here in several copies. */
  get kept(): Iterable<Parcel> {
    return this.#kept;
  }

  /** Carries a parcel as decided. Its bytes are the pump's from here on. */
  carry(parcel: Parcel, decision: Decision): void {
    const order = this.#order++;
    if (decision.delayUs <= 0) {
      this.#hold(parcel, decision, order);
      return;
    }
    this.#keep(parcel);
    this.#later(decision.delayUs, () => {
      this.#release(parcel);
      this.#hold(parcel, decision, order);
    });
  }

  /** Forgets everything: the link is gone. */
  close(): void {
    this.#closed = true;
    for (const due of this.#dues) this.#schedule.remove(due);
    this.#dues.clear();
    this.#kept.clear();
    this.#held = [];
    this.#behind = [];
    this.#heldBytes = 0;
  }

  #hold(parcel: Parcel, decision: Decision, order: number): void {
    if (this.#closed) return;
    const { hold } = decision;
    if (hold === undefined) {
      this.#passOn(parcel, decision, order);
      return;
    }
    this.#keep(parcel);
    const held: Held = { parcel, decision, order, gapLeft: hold.gap, due: undefined };
    this.#held.push(held);
    held.due = this.#later(hold.delayUs, () => this.#letGo(held));
  }

  #letGo(held: Held): void {
    this.#held = this.#held.filter((other) => other !== held);
    this.#cancel(held.due);
    this.#release(held.parcel);
    this.#passOn(held.parcel, held.decision, held.order);
  }

  /** Delivers, and counts that for those it has passed. Freed ones follow, and count as well. */
  #passOn(parcel: Parcel, decision: Decision, order: number): void {
    if (decision.fate !== "deliver") {
      // It never arrives, so it passes nobody.
      if (decision.fate === "answer") this.#owner.answerLost(parcel.ticket);
      else if (decision.harm !== undefined) this.#owner.harmByFault(parcel, decision.harm);
      else this.#owner.resetByFault(parcel.ticket);
      return;
    }
    for (let copy = 0; copy <= decision.copies; copy++) {
      const ticket = copy === 0 ? parcel.ticket : { ...parcel.ticket, copy };
      this.#deliver({ ...parcel, ticket }, decision.slice);
    }
    const passed = this.#held.filter((held) => held.order < order);
    for (const held of passed) held.gapLeft--;
    for (const held of passed) {
      if (held.gapLeft <= 0 && this.#held.includes(held)) this.#letGo(held);
    }
  }

  #deliver(parcel: Parcel, slice: Decision["slice"]): void {
    // What has just arrived may have ended the link.
    if (this.#closed) return;
    const cutUp = slice !== undefined && this.#stream;
    const pieces = cutUp ? cut(parcel, slice.sizes) : [parcel];
    const shipment = { parcel, pieces, delayUs: cutUp ? slice.delayUs : 0 };
    if (this.#inPieces) {
      this.#keep(parcel);
      this.#behind.push(shipment);
    } else this.#ship(shipment);
  }

  #ship(shipment: Shipment): void {
    const [first, ...rest] = shipment.pieces;
    if (rest.length > 0) {
      this.#inPieces = true;
      this.#keep(shipment.parcel);
      this.#shipNext(shipment, 1);
    }
    if (first !== undefined) this.#owner.arrive(first);
  }

  #shipNext(shipment: Shipment, index: number): void {
    this.#later(shipment.delayUs, () => {
      const last = index === shipment.pieces.length - 1;
      if (!last) this.#shipNext(shipment, index + 1);
      this.#owner.arrive(shipment.pieces[index]!);
      if (last) this.#shipBehind(shipment.parcel);
    });
  }

  #shipBehind(parcel: Parcel): void {
    this.#release(parcel);
    this.#inPieces = false;
    while (!this.#inPieces && this.#behind.length > 0) {
      const shipment = this.#behind.shift()!;
      this.#release(shipment.parcel);
      this.#ship(shipment);
    }
  }

  #later(delayUs: number, run: () => void): Due {
    const due = this.#schedule.later(delayUs, () => {
      this.#dues.delete(due);
      run();
      this.#owner.settle();
    });
    this.#dues.add(due);
    return due;
  }

  #cancel(due: Due | undefined): void {
    if (due === undefined) return;
    this.#schedule.remove(due);
    this.#dues.delete(due);
  }

  #keep(parcel: Parcel): void {
    this.#kept.add(parcel);
    this.#heldBytes += parcel.bytes.length + UPKEEP_BYTES;
  }

  /** Never below 0: the link may have been closed while its parcels were on the way. */
  #release(parcel: Parcel): void {
    this.#kept.delete(parcel);
    this.#heldBytes = Math.max(0, this.#heldBytes - parcel.bytes.length - UPKEEP_BYTES);
  }
}

function cut(parcel: Parcel, sizes: readonly number[]): Parcel[] {
  let at = 0;
  return sizes.map((size) => {
    const bytes = parcel.bytes.subarray(at, at + size);
    at += size;
    return { ...parcel, bytes };
  });
}
