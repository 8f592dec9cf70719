/**
 * What faults did, kept so that packets can say which of it met them.
 *
 * Frames are found by session, operation, attempt and direction; pipe messages, which carry no
 * identity, by the client's address and their place on its connection. A frame whose header was
 * damaged says nothing of itself that could be believed: it takes the oldest damage of its
 * connection that no other packet has taken. The number of notes kept is bounded.
 */
import type { FrameHeader } from "@faultline/protocol";
import { sessionToHex } from "@faultline/protocol";

/** A message's way: client to server, or back. */
export type Direction = "request" | "reply";

/** What a fault did to one message. */
export interface FaultNote {
  readonly fault: string;
  readonly direction: Direction;
  readonly sessionHigh: number;
  readonly sessionLow: number;
  readonly message: number;
  readonly attempt: number;
  readonly copy: number;
  /** What was done, for people. */
  readonly did: string;
  /** The client's address, as `host:port`. */
  readonly remote: string;
  /** Which message of its connection it was, from 0. */
  readonly sequence: number;
  /** Whether bytes were changed. */
  readonly damages: boolean;
  /** What it did to the encrypted record that carried the message, if it did. */
  readonly harms?: "cut" | "flip" | undefined;
}

/** Notes kept where nothing else is said: those of some hundred MiB of packets. */
const NOTES_MAX = 262_144;

/** @see module */
export class FaultNotes {
  readonly #ofFrames = new Map<string, string[]>();
  readonly #ofPlaces = new Map<string, string[]>();
  readonly #damages = new Map<string, FaultNote[]>();
  readonly #harms = new Map<string, FaultNote[]>();
  readonly #max: number;
  #notes = 0;
  #dropped = 0;

  /** @param max how many are kept. @default 262_144 */
  constructor(max: number = NOTES_MAX) {
    this.#max = max;
  }

  /** Notes left out since there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(note: FaultNote): void {
    if (this.#notes >= this.#max) {
      this.#dropped++;
      return;
    }
    this.#notes++;
    const { direction, message, attempt, remote, sequence } = note;
    const session = sessionToHex({ high: note.sessionHigh, low: note.sessionLow });
    const text = `${note.fault}: ${note.did}`;
    push(this.#ofFrames, frameKey({ session, message, attempt, direction }), text);
    push(this.#ofPlaces, placeKey(remote, sequence, direction), text);
    if (note.harms !== undefined) push(this.#harms, remote, note);
    if (note.damages) push(this.#damages, `${remote} ${direction}`, note);
  }

  /** What met the frame of that header. */
  ofFrame(header: Omit<FrameHeader, "payloadBytes">, direction: Direction): readonly string[] {
    const { operation: message, attempt } = header;
    const session = sessionToHex(header.session);
    return this.#ofFrames.get(frameKey({ session, message, attempt, direction })) ?? [];
  }

  /** What met the message of that place on a client's connection. */
  ofPlace(remote: string, sequence: number, direction: Direction): readonly string[] {
    return this.#ofPlaces.get(placeKey(remote, sequence, direction)) ?? [];
  }

  /** A damage that was recognised by its packet. */
  claim(remote: string, direction: Direction, header: FrameHeader): void {
    const all = this.#damages.get(`${remote} ${direction}`);
    const index = all?.findIndex(
      ({ message, attempt }) => message === header.operation && attempt === header.attempt,
    );
    if (index !== undefined && index >= 0) all?.splice(index, 1);
  }

  /** The oldest damage on a connection that nobody has claimed. */
  takeDamage(remote: string, direction: Direction): FaultNote | undefined {
    return this.#damages.get(`${remote} ${direction}`)?.shift();
  }

  /** What befell encrypted records of connections from that address. */
  harmsOf(remote: string): readonly FaultNote[] {
    return this.#harms.get(remote) ?? [];
  }
}

interface FramePlace {
  readonly session: string;
  readonly message: number;
  readonly attempt: number;
  readonly direction: Direction;
}

function frameKey({ session, message, attempt, direction }: FramePlace): string {
  return `${session} ${message} ${attempt} ${direction}`;
}

function placeKey(remote: string, sequence: number, direction: Direction): string {
  return `${remote}#${sequence} ${direction}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
