/**
 * What a soak is: very many messages through every fault there is, and looks at what is left over.
 *
 *   a tenth of the messages -> all settled -> collect garbage -> look      ten times, then close
 *
 * A world (worlds.ts) runs the messages and takes the looks; what they mean is judged here, by
 * numbers alone: heap that grows from look to look, timers or links that add up, a message that is
 * answered wrongly or executed twice, anything that is left after the close.
 */

/** What a soak is told. */
export interface SoakOptions {
  readonly messages: number;
  readonly transport: "tcp" | "udp";
  readonly seed: number;
  /** Aborted: no more messages, close and report. */
  readonly signal: AbortSignal;
  /** Is told of every look. */
  readonly onLook: (look: Look) => void;
}

/** What is there while no message is open. */
export interface Look {
  readonly messages: number;
  readonly elapsedMs: number;
  /** After collecting garbage. */
  readonly heapBytes: number;
  /** Of the whole process, where the world has one of its own. */
  readonly residentBytes: number | null;
  /** Set and neither fired nor cancelled, of the client. */
  readonly timers: number;
  /** Dialled and not closed, of the client. */
  readonly links: number;
  /** The other ends, as far as the server has them. */
  readonly serverLinks: number;
}

/** What became of the messages, and of the operations behind them. */
export interface SoakCounts {
  readonly delivered: number;
  readonly failed: number;
  readonly indeterminate: number;
  readonly rejected: number;
  readonly attempts: number;
  readonly reconnects: number;
  readonly executions: number;
  /** Delivered with a body that is not the one sent. */
  readonly wrong: number;
}

/** How often a fault acted. */
export interface SoakFault {
  readonly kind: string;
  readonly fired: number;
}

/** All that a world has found. */
export interface SoakFindings {
  readonly looks: readonly Look[];
  readonly counts: SoakCounts;
  readonly faults: readonly SoakFault[];
  /** After the close: of the client, then of the server. */
  readonly left: { readonly timers: number; readonly links: number };
  /** What else should not be, found by the world itself. @default nothing */
  readonly problems?: readonly string[];
}

/** Runs the messages. */
export type SoakWorld = (options: SoakOptions) => Promise<SoakFindings>;

/** Heap that may be more at the end than at the beginning: about a byte for each of a million messages. */
export const HEAP_GROWTH_BYTES_MAX = 1_048_576;
/** Timers or links that may be more: what is lost and replaced is not gone in the same moment. */
export const COUNT_GROWTH_MAX = 8;
/** Looks at either end that are taken together, since one may meet the collector half way. */
const TOGETHER = 3;
/** Fewer looks than this show no growth. */
const LOOKS_MIN = 2 * TOGETHER;

/** Among so many messages every fault acts, or it is not on. */
const MESSAGES_FOR_ALL = 500_000;

/** How much the heap has grown from the first looks to the last; null where there are too few. */
export function heapGrowthBytes(looks: readonly Look[]): number | null {
  if (looks.length < LOOKS_MIN) return null;
  const of = (some: readonly Look[]): number => median(some.map(({ heapBytes }) => heapBytes));
  return of(looks.slice(-TOGETHER)) - of(looks.slice(0, TOGETHER));
}

/** Everything that should not be; empty: nothing was found. */
export function problemsOf(findings: SoakFindings): string[] {
  const { counts, faults, left, looks } = findings;
  const problems = [...(findings.problems ?? [])];
  const grown = heapGrowthBytes(looks);
  if (grown !== null && grown > HEAP_GROWTH_BYTES_MAX) {
    problems.push(`the heap has grown by ${grown} bytes (${HEAP_GROWTH_BYTES_MAX} may be chance)`);
  }
  for (const what of ["timers", "links", "serverLinks"] as const) {
    const more = growthOf(looks.map((look) => look[what]));
    if (more > COUNT_GROWTH_MAX) problems.push(`${what} have grown by ${more}`);
  }
  if (left.timers > 0) problems.push(`${left.timers} timers are left after the close`);
  if (left.links > 0) problems.push(`${left.links} links are left after the close`);
  if (counts.wrong > 0) problems.push(`${counts.wrong} replies had the wrong body`);
  const sent = counts.delivered + counts.failed + counts.indeterminate;
  if (counts.executions > sent) {
    problems.push(`${counts.executions} executions of ${sent} operations`);
  }
  if (counts.executions < counts.delivered) {
    problems.push(`${counts.delivered} delivered, and only ${counts.executions} executed`);
  }
  for (const { fired, kind } of faults) {
    if (fired === 0 && sent >= MESSAGES_FOR_ALL) problems.push(`the fault ${kind} never acted`);
  }
  return problems;
}

/** What the last looks have more, all of them, than any before; one look alone proves nothing. */
function growthOf(counts: readonly number[]): number {
  if (counts.length < LOOKS_MIN) return 0;
  const before = Math.max(...counts.slice(0, -TOGETHER));
  return Math.max(0, Math.min(...counts.slice(-TOGETHER)) - before);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
