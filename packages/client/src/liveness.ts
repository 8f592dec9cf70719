/**
 * Finds the link whose peer is gone without a word.
 *
 *   timeout, not a byte since the send -> ping -> still not a byte -> the link is dropped
 *
 * TCP alone would notice after two hours. Nothing is done while replies come: an attempt may time
 * out because its own reply was lost, and the link be as sound as ever. On datagrams one ping may
 * be lost as well, so three are spread over the same time. The pipe codec has no ping: there, so
 * many silent timeouts in a row are taken as proof. Pings on idle links were the road not taken:
 * who sends nothing loses nothing.
 */
import type { Connection } from "./connection.ts";
import type { Deadlines, Due } from "./deadlines.ts";
import type { LineFailure } from "./line-failure.ts";
import type { Line } from "./line.ts";
import type { Reporter } from "./reporter.ts";
import type { Counters } from "./stats.ts";
import type { Timing } from "./timing.ts";

const PINGS_ON_STREAM = 1;
const PINGS_ON_DATAGRAMS = 3;
/** Without a ping: silent timeouts in a row. */
const SILENCES_MAX = 3;

/** What liveness is judged by. */
export interface LivenessParts {
  readonly connection: Connection;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  readonly line: Line;
  /** Says how long a peer may be silent after a ping. */
  readonly timing: Pick<Timing, "silenceUs">;
  readonly reporter: Reporter;
}

/** Watches one line. */
export class Liveness implements Due {
  readonly #parts: LivenessParts;
  readonly #pingsMax: number;
  /** The probe under way: since when, on which link, and pings sent. */
  #sinceUs = 0;
  #generation = 0;
  #pings = 0;
  /** The probe waits for a full link to drain, not for a pong. */
  #stalled = false;
  /** Without a ping: how many timeouts in a row, and when the last one was. */
  #silences = 0;
  #silentUs = 0;
  dueUs = 0;
  dueOrder = 0;
  dueIndex = -1;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
    this.#pingsMax = parts.line.kind === "stream" ? PINGS_ON_STREAM : PINGS_ON_DATAGRAMS;
  }

  /** An attempt sent at `sentUs` has timed out. */
  suspect(sentUs: number, nowUs: number): void {
    const { connection, line } = this.#parts;
    if (!line.isOpen || line.heardUs > sentUs) return;
    if (connection.canPing) this.probe(nowUs);
    else this.#countSilence(nowUs);
  }

  /** A message waits for the full link to drain: it may be that nothing in flight would notice. */
  stalled(): void {
    const { deadlines, line, timing } = this.#parts;
    if (this.isProbing) return;
    this.#sinceUs = line.filledUs;
    this.#generation = line.generation;
    this.#stalled = true;
    deadlines.set(this, line.filledUs + timing.silenceUs());
  }

  /** Whether the link is under suspicion: it has been asked for a sign of life. */
  get isProbing(): boolean {
    return this.dueIndex !== -1 && this.#generation === this.#parts.line.generation;
  }

  /** Asks an open link for a sign of life, and drops it where none comes. */
  probe(nowUs: number): void {
    const { connection, line } = this.#parts;
    if (this.isProbing || !line.isOpen || !connection.canPing) return;
    this.#sinceUs = nowUs;
    this.#generation = line.generation;
    this.#pings = 0;
    this.#stalled = false;
    this.#ping(nowUs);
  }

  #ping(nowUs: number): void {
    const { connection, counters, deadlines, reporter, timing } = this.#parts;
    this.#pings++;
    counters.pings++;
    if (reporter.isOn) reporter.emit({ event: "ping", atUs: nowUs });
    deadlines.set(this, nowUs + Math.ceil(timing.silenceUs() / this.#pingsMax));
    connection.ping();
  }

  onDue(nowUs: number): void {
    const { line } = this.#parts;
    if (line.generation !== this.#generation || line.heardUs >= this.#sinceUs) return;
    if (this.#stalled) {
      if (line.isFull && line.filledUs === this.#sinceUs) this.#drop();
      return;
    }
    if (this.#pings < this.#pingsMax) this.#ping(nowUs);
    else this.#drop();
  }

  #countSilence(nowUs: number): void {
    const { line } = this.#parts;
    const inRow = this.#generation === line.generation && line.heardUs < this.#silentUs;
    this.#silences = inRow ? this.#silences + 1 : 1;
    this.#silentUs = nowUs;
    this.#generation = line.generation;
    if (this.#silences >= SILENCES_MAX) this.#drop();
  }

  #drop(): void {
    this.#silences = 0;
    this.#parts.line.drop(SILENT);
  }
}

const SILENT: LineFailure = {
  code: "reset",
  status: "link-silent",
  message: "the link was silent for too long and was dropped",
};
