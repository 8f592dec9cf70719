/**
 * Long work as a person sees it: what begins, how far it is, and that Ctrl-C keeps what is there.
 *
 * All of it goes to standard error. The first Ctrl-C aborts the signal; the work ends by itself, with
 * what it has.
 */
import { listenForStop } from "../input/stop.ts";
import { duration } from "../output/numbers.ts";
import { bar } from "../output/picture.ts";
import { printable } from "../output/printable.ts";
import { Progress } from "../output/progress.ts";
import { styleFor } from "../output/style.ts";
import type { System } from "../system.ts";

const BAR_COLUMNS = 24;

/** What is said of the work as such. */
export interface Announcement {
  /** The first line. */
  readonly begins: string;
  /** What is kept when it is stopped. */
  readonly kept: string;
}

/** What the work is given. */
export interface Watch {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line that stays. */
  say(line: string): void;
  /** How far the work is; not called unless somebody looks. */
  status(text: () => string): void;
  /** A bar filled by `done` of `total`; a total of nothing is done. */
  share(done: number, total: number): string;
}

/** Does the work under the eyes of the user. */
export async function watched<T>(
  system: System,
  { begins, kept }: Announcement,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const progress = new Progress(system);
  const style = styleFor(system.stderr, system.env);
  const startedMs = system.nowMs();
  const stop = listenForStop(system, () => progress.line(`stopping; ${kept}`));
  progress.line(begins);
  try {
    return await work({
      signal: stop.signal,
      say: (line) => progress.line(line),
      status: (text) =>
        progress.status(() => `${text()}  ${duration(system.nowMs() - startedMs)}  Ctrl-C to stop`),
      share: (done, total) => bar(total === 0 ? 1 : done / total, BAR_COLUMNS, style),
    });
  } finally {
    progress.clear();
    stop.dispose();
  }
}

/** Writes an answer to standard output: whole as JSON, or the lines made for people. */
export function writeAnswer(system: System, answer: unknown, lines: (() => string[]) | null): void {
  const text = lines === null ? JSON.stringify(answer) : lines().map(printable).join("\n");
  system.stdout.write(`${text}\n`);
}
