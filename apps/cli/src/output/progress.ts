/**
 * Progress on standard error: one line that is redrawn for a person, plain lines for a log.
 *
 * Standard output is never touched, so `--json` stays clean. On a terminal the line is redrawn
 * at most ten times a second; elsewhere `status` says nothing and only `line` is written.
 */
import type { Output, System } from "../system.ts";
import { columnsOf } from "./style.ts";

/** Least time between two drawings: fast enough for the eye, slow enough for a slow link. */
const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

/** Progress of one piece of work. */
export class Progress {
  readonly #output: Output;
  readonly #nowMs: () => number;
  #drawn = false;
  #drawnAtMs = -Infinity;

  constructor(system: Pick<System, "stderr" | "nowMs">) {
    this.#output = system.stderr;
    this.#nowMs = () => system.nowMs();
  }

  /** Redraws the status line; dropped when the last drawing is too recent, or nobody looks. */
  status(text: () => string): void {
    if (!this.#output.isTTY) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#drawnAtMs < REDRAW_MS) return;
    this.#drawnAtMs = nowMs;
    const line = text();
    // A line longer than the terminal would wrap, and could not be cleared.
    const fits = columnsOf(line) < this.#output.columns;
    this.#output.write(CLEAR_LINE + (fits ? line : line.slice(0, this.#output.columns - 1)));
    this.#drawn = true;
  }

  /** Writes a line that stays. */
  line(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  /** Takes the status line away. */
  clear(): void {
    if (this.#drawn) this.#output.write(CLEAR_LINE);
    this.#drawn = false;
    this.#drawnAtMs = -Infinity;
  }
}
