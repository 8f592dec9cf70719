/**
 * What the kernel knows of an event: whose it is, of what kind, and how to fire it.
 *
 * An event is an object that is its own action, so the hot path allocates one object for a
 * packet and no closure. It never says when it is due: the queue does. An event of a paused
 * owner is handed to the owner to keep, one of a dead owner is forgotten, and neither moves
 * the time.
 */

/** Which of several events at one time comes first; within a class, the one scheduled first. */
export const EventClass = {
  /** What the experiment does to the world: cuts, crashes, phases. */
  control: 0,
  /** Something arrives. So a reply that comes exactly at its deadline is in time. */
  arrival: 1,
  /** A timer of a process. */
  timer: 2,
} as const;

/** One of the values of `EventClass`. */
export type EventClassCode = (typeof EventClass)[keyof typeof EventClass];

/** What an event is, as a number in the digest and a word in a trace. Numbers are never reused. */
export const EventKind = {
  timer: 1,
  segment: 2,
  probe: 3,
  datagram: 4,
  handshake: 5,
  reset: 6,
  window: 7,
  read: 8,
  ack: 9,
} as const;

/** One of the values of `EventKind`. */
export type EventKindCode = (typeof EventKind)[keyof typeof EventKind];

/** How an owner is: its events fire, are kept for it, or are forgotten. */
export const Mode = { running: 0, paused: 1, dead: 2 } as const;

/** One of the values of `Mode`. */
export type ModeCode = (typeof Mode)[keyof typeof Mode];

/** Whose an event is: a process, the network stack of a host, or the world. */
export interface Owner {
  /** For traces. */
  readonly name: string;
  readonly mode: ModeCode;
  /** Takes an event that came due while the owner was paused. */
  hold(event: KernelEvent): void;
}

/** Owns what nobody can pause or kill: packets on the wire, the experiment's own script. */
export const WORLD: Owner = {
  name: "the world",
  mode: Mode.running,
  hold(): void {},
};

/** Something that will happen. */
export abstract class KernelEvent {
  readonly owner: Owner;
  readonly kind: EventKindCode;
  /** False once it fired or was cancelled: the queue then passes over it. */
  live = false;

  constructor(owner: Owner, kind: EventKindCode) {
    this.owner = owner;
    this.kind = kind;
  }

  /** Does it. Everything it causes at once happens in this call. */
  abstract fire(): void;

  /** A line for a person who compares two runs; asked for only where a trace keeps it. */
  abstract describe(): string;
}
