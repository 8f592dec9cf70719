/**
 * The encrypted records of a wire in outline: how much each of them holds, and which of them hold the
 * plain bytes that its client wrote and read.
 *
 *   hello · hello, [certificate … finished], [ticket], [reply], [reply], [close_notify]
 *                                                      └──── window ────┘
 *
 * In TLS 1.3 whatever is encrypted looks the same from outside. But a record holds as many bytes as its
 * length says less tag and type, nobody pads, and messages come in one run. So the run whose sizes are
 * those of the plain stream is known by its sum; where two runs would do, or none, nothing is said.
 */
import { type LogSource } from "../log/merge.ts";
import { recordsOf, What } from "../log/record.ts";
import { openedOf } from "../log/opened.ts";
import type { StorySide } from "../log/stories.ts";
import { TlsScan } from "../read/tls-scan.ts";
import type { Direction } from "./notes.ts";

/** Records before the first message: certificates of both ends, and tickets. */
const BEFORE_MAX = 24;
/** What an alert holds. */
const ALERT_BYTES = 2;
/** What a Finished holds: four bytes and a hash, SHA-256 or SHA-384 (RFC 8446 section 4.4.4). */
const FINISHED_BYTES = [36, 52];

/** What a record holds at most: of a longer message it is followed by another. */
export const RECORD_BYTES_MAX = 16_384;

/** One direction. */
export interface Outline {
  /** Content of each whole encrypted record, in bytes, and when it had come. */
  readonly sizes: readonly number[];
  readonly endedUs: readonly number[];
  /** Whether one more had begun when the wire ended. */
  readonly isCut: boolean;
}

/** Both directions of a wire. */
export type Outlines = Readonly<Record<Direction, Outline>>;

/** A run of records: from one, up to but not the other. */
export interface RecordWindow {
  readonly from: number;
  readonly to: number;
}

/** The outlines of every client's wire in these logs, by source and wire: `source/wire`. */
export function outlinesOf(sources: readonly LogSource[]): ReadonlyMap<string, Outlines> {
  const all = new Map<string, Record<Direction, OutlineScan>>();
  for (const [source, log] of sources.entries()) {
    for (const chunk of log.chunks()) {
      for (const record of recordsOf(chunk)) {
        const key = `${source}/${record.wire}`;
        if (record.what === What.open && openedOf(record).vantage === "wire") {
          all.set(key, { request: new OutlineScan(), reply: new OutlineScan() });
        }
        // The client's own end is the local one.
        if (record.what === What.sent) all.get(key)?.request.push(record.bytes, record.atUs);
        if (record.what === What.received) all.get(key)?.reply.push(record.bytes, record.atUs);
      }
    }
  }
  return all;
}

class OutlineScan implements Outline {
  readonly sizes: number[] = [];
  readonly endedUs: number[] = [];
  #nowUs = 0;
  readonly #scan = new TlsScan({
    onEnd: ({ encrypted, plainBytes }) => {
      if (!encrypted) return;
      this.sizes.push(plainBytes);
      this.endedUs.push(this.#nowUs);
    },
  });

  get isCut(): boolean {
    return this.#scan.isUnderWay;
  }

  push(bytes: Uint8Array, atUs: number): void {
    this.#nowUs = atUs;
    this.#scan.push(bytes);
  }
}

/**
 * The records that hold what a client sent: all behind its Finished, since no run asks it for a
 * certificate. What it wrote last may never have left; then they end with an earlier message.
 */
export function sentWindow(
  { sizes }: Outline,
  { bytes, messages }: StorySide,
): RecordWindow | undefined {
  if (!FINISHED_BYTES.includes(sizes[0] ?? 0)) return undefined;
  const to = sizes.length - (sizes.at(-1) === ALERT_BYTES ? 1 : 0);
  const held = sizes.slice(1, to).reduce((sum, size) => sum + size, 0);
  const isEnd = held === bytes || messages.some(({ end }) => end === held);
  return isEnd && held > 0 ? { from: 1, to } : undefined;
}

/** Every run of records that may hold what a client read; almost always there is one. */
export function readWindows(
  { sizes, endedUs }: Outline,
  { bytes, reads }: StorySide,
  openedUs: number,
): RecordWindow[] {
  if (bytes === 0) return [];
  const sums = [0];
  for (const size of sizes) sums.push(sums.at(-1)! + size);
  const found: RecordWindow[] = [];
  for (let from = 0; from < Math.min(sizes.length, BEFORE_MAX); from++) {
    if (endedUs[from]! < openedUs) continue;
    const to = indexIn(sums, sums[from]! + bytes);
    const ends =
      to !== undefined && reads.every((end) => indexIn(sums, sums[from]! + end) !== undefined);
    if (to !== undefined && ends) found.push({ from, to });
  }
  return found;
}

/** The last record to come, alerts left out; -1: there is none. One that is not whole counts. */
export function lastOf({ sizes, isCut }: Outline): number {
  return isCut ? sizes.length : sizes.findLastIndex((size) => size !== ALERT_BYTES);
}

/** Where a number stands in an ascending list. */
function indexIn(list: readonly number[], wanted: number): number | undefined {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (list[middle] === wanted) return middle;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
