/**
 * What to say of packets whose bytes are encrypted: whose messages end in their records.
 *
 * Nothing is decrypted. What the client wrote and read (log/stories.ts) is laid over the records of the
 * wire (tls-outline.ts) by their sizes; a direction where that does not fit to the byte has no comments.
 * A record that a fault harmed was never read by anybody: it stands behind those that were, and its
 * request is one of this connection.
 */
import { type Frame, isRefusal } from "@faultline/protocol";
import type { Story, StorySide } from "../log/stories.ts";
import { TlsScan } from "../read/tls-scan.ts";
import type { Direction, FaultNote } from "./notes.ts";
import {
  lastOf,
  type Outline,
  type Outlines,
  RECORD_BYTES_MAX,
  type RecordWindow,
  readWindows,
  sentWindow,
} from "./tls-outline.ts";
import { type Flow, FrameWords, listOf, type WordsOptions } from "./words.ts";

/** What is known of one connection. */
export interface TlsParts {
  readonly story: Story;
  readonly outlines: Outlines;
  /** The client's address. */
  readonly client: string;
}

/** Comments on one wire, both ways. */
export class TlsAnnotator {
  readonly #sides: Readonly<Record<Direction, Side>>;

  constructor(options: WordsOptions, { story, outlines, client }: TlsParts) {
    const words = new FrameWords(options);
    const sideOf = (direction: Direction, place: Place): Side => {
      const flow = { direction, stream: true, client };
      return new Side({ words, flow, told: story[direction], ...place });
    };
    const window = sentWindow(outlines.request, story.request);
    const note = options.notes.harmsOf(client).find((one) => isOf(one, story.request));
    this.#sides = {
      request: sideOf("request", { window, note, harmed: undefined }),
      reply: sideOf("reply", replyPlace(outlines.reply, story, note)),
    };
  }

  /** What to say of bytes that go one way; empty: nothing. */
  comment({ direction }: Flow, bytes: Uint8Array): string {
    return this.#sides[direction].comment(bytes);
  }
}

/** Where in the records of a direction what is known of it stands. */
interface Place {
  readonly window: RecordWindow | undefined;
  /** Which record was harmed, and what did it. */
  readonly harmed: number | undefined;
  readonly note: FaultNote | undefined;
}

interface SideParts extends Place {
  readonly words: FrameWords;
  readonly flow: Flow;
  readonly told: StorySide;
}

/** Goes over the records of one direction again, this time packet by packet. */
class Side {
  readonly #parts: SideParts;
  readonly #scan: TlsScan;
  /** Encrypted records that are whole. */
  #records = 0;
  /** Plain bytes in them. */
  #read = 0;
  /** Messages that have ended. */
  #ended = 0;
  #texts: string[] = [];

  constructor(parts: SideParts) {
    this.#parts = parts;
    this.#scan = new TlsScan({
      onBegin: ({ encrypted }) => encrypted && this.#begin(),
      onEnd: ({ encrypted, plainBytes }) => encrypted && this.#end(plainBytes),
    });
  }

  comment(bytes: Uint8Array): string {
    this.#texts = [];
    this.#scan.push(bytes);
    return listOf(this.#texts);
  }

  #begin(): void {
    const { harmed, note, words } = this.#parts;
    if (note !== undefined && harmed === this.#records) this.#texts.push(words.ofHarm(note));
  }

  #end(plainBytes: number): void {
    const record = this.#records++;
    const { flow, told, window, words } = this.#parts;
    if (window === undefined || record < window.from || record >= window.to) return;
    this.#read += plainBytes;
    const { messages } = told;
    for (; (messages[this.#ended]?.end ?? Infinity) <= this.#read; this.#ended++) {
      this.#texts.push(words.ofItems([messages[this.#ended]!.item], flow));
    }
  }
}

/** Whether a message of that direction is the one that a fault met. */
function isOf(note: FaultNote, { messages }: StorySide): boolean {
  return messages.some(({ item }) => !isRefusal(item) && isAbout(note, item));
}

function isAbout(note: FaultNote, { session, operation, attempt }: Frame): boolean {
  const isSession = session.high === note.sessionHigh && session.low === note.sessionLow;
  return isSession && operation === note.message && attempt === note.attempt;
}

function replyPlace(outline: Outline, story: Story, note: FaultNote | undefined): Place {
  const { openedUs, reply } = story;
  const windows = readWindows(outline, reply, openedUs);
  const last = lastOf(outline);
  const cutsNothing = note?.harms === "cut" && !outline.isCut;
  if (note === undefined || cutsNothing)
    return { window: onlyOne(windows), note, harmed: undefined };
  if (reply.bytes === 0) {
    // Of a message in several records the first was harmed, and nobody knows which that is.
    const isAlone = outline.sizes[last - 1] !== RECORD_BYTES_MAX;
    return { window: undefined, note, harmed: isAlone ? last : undefined };
  }
  // What was harmed stands behind all that was read; mostly it is the last.
  const behindAll = windows.filter(({ to }) => to === last);
  const window = onlyOne(behindAll.length > 0 ? behindAll : windows.filter(({ to }) => to < last));
  return { window, note, harmed: window?.to };
}

function onlyOne<One>(all: readonly One[]): One | undefined {
  return all.length === 1 ? all[0] : undefined;
}
