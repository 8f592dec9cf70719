/**
 * Frames in the words of a comment: whose they are, and which faults met them.
 */
import type { Frame, FrameHeader, Refusal } from "@faultline/protocol";
import { FrameFlag, FrameType, isRefusal, sessionToHex, StatusCode } from "@faultline/protocol";
import type { Direction, FaultNote, FaultNotes } from "./notes.ts";

/** What comments are made with. */
export interface WordsOptions {
  readonly notes: FaultNotes;
  /** The number of a client by its session, 16 hex digits. */
  clientOf(session: string): number | undefined;
}

/** One direction of one wire. */
export interface Flow {
  readonly direction: Direction;
  readonly stream: boolean;
  /** The client's address. */
  readonly client: string;
}

/** Items of one packet that are written out. */
export const ITEMS_MAX = 6;

const TYPE_WORDS = wordsOf(FrameType);
const STATUS_WORDS = wordsOf(StatusCode);

/** @see module */
export class FrameWords {
  readonly #options: WordsOptions;

  constructor(options: WordsOptions) {
    this.#options = options;
  }

  /** Frames, and what was refused as one, of one packet. */
  ofItems(items: readonly (Frame | Refusal)[], flow: Flow): string {
    return listOf(items.map((item) => this.#ofItem(item, flow)));
  }

  /** A reply that a fault harmed once it was encrypted. */
  ofHarm(note: FaultNote): string {
    return metBy(`reply ${this.#ofNote(note)}`, [`${note.fault}: ${note.did}`]);
  }

  #ofItem(item: Frame | Refusal, flow: Flow): string {
    return isRefusal(item) ? this.#ofRefusal(item, flow) : this.#ofFrame(item, flow);
  }

  #ofFrame(frame: Frame, { direction }: Flow): string {
    const { type, attempt, flags, status } = frame;
    const words = [TYPE_WORDS.get(type) ?? "frame", ...this.#whose(frame)];
    if (attempt > 1 && type === FrameType.data) words.push("(a retry)");
    if ((flags & FrameFlag.replayed) !== 0) words.push("(replayed)");
    if (type === FrameType.error) words.push(`(${STATUS_WORDS.get(status) ?? status})`);
    return metBy(words.join(" "), this.#options.notes.ofFrame(frame, direction));
  }

  #ofRefusal({ header, refused }: Refusal, { direction, client }: Flow): string {
    const { notes } = this.#options;
    if (header !== undefined) {
      notes.claim(client, direction, header);
      const whose = this.#whose(header).join(" ");
      return metBy(`${refused}: ${whose}`, notes.ofFrame(header, direction));
    }
    const damage = notes.takeDamage(client, direction);
    if (damage === undefined) return refused;
    return metBy(`${refused}: ${this.#ofNote(damage)}`, [`${damage.fault}: ${damage.did}`]);
  }

  #ofNote({ sessionHigh: high, sessionLow: low, message: operation, attempt }: FaultNote): string {
    return this.#whose({ session: { high, low }, operation, attempt }).join(" ");
  }

  #whose({ session, operation, attempt }: Pick<FrameHeader, "session" | "operation" | "attempt">) {
    const client = this.#options.clientOf(sessionToHex(session));
    const who = client === undefined ? [] : [`client ${client}`];
    return [...who, `operation ${operation}`, `attempt ${attempt}`];
  }
}

/** Several texts as one, not endless. */
export function listOf(texts: readonly string[]): string {
  const rest = texts.length - ITEMS_MAX;
  const shown = rest > 0 ? [...texts.slice(0, ITEMS_MAX), `and ${rest} more`] : texts;
  return shown.join("; ");
}

/** What it is, and what met it. */
export function metBy(text: string, faults: readonly string[]): string {
  return faults.length === 0 ? text : `${text}, met by ${[...new Set(faults)].join(" and ")}`;
}

function wordsOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(codes).map(([word, code]) => [code, word]));
}
