/**
 * Several logs as one, by time: each thread has written its own.
 *
 * Within a log the order is kept as it is, whatever its times say; between logs the earlier record
 * goes first, and of two at the same µs the one of the log that is listed first. The bytes of a
 * record are valid until the next is asked for.
 */
import { type LogRecord, recordsOf, What } from "./record.ts";
import { type OpenedWire, openedOf } from "./opened.ts";

/** One log: its chunks can be gone through more than once. */
export interface LogSource {
  chunks(): Iterable<Uint8Array>;
}

/** A record and the place of its log in the list. */
export interface SourcedRecord extends LogRecord {
  readonly source: number;
}

/** A dial: the beginning of a wire, known from its end. */
export interface Dial {
  readonly source: number;
  readonly wire: number;
  readonly opened: OpenedWire;
}

/** Every record of all logs, by time. */
export function* mergeLogs(sources: readonly LogSource[]): Generator<SourcedRecord> {
  const heads = sources.flatMap((source, index) => {
    const records = recordsIn(source);
    const first = records.next();
    return first.done === true ? [] : [{ index, records, record: first.value }];
  });
  while (heads.length > 0) {
    let least = 0;
    for (let at = 1; at < heads.length; at++) {
      if (heads[at]!.record.atUs < heads[least]!.record.atUs) least = at;
    }
    const head = heads[least]!;
    yield { ...head.record, source: head.index };
    const next = head.records.next();
    if (next.done === true) heads.splice(least, 1);
    else head.record = next.value;
  }
}

/** When each dialled stream began, earliest first: told in the log only when it was open. */
export function dialsIn(sources: readonly LogSource[]): Dial[] {
  const dials: Dial[] = [];
  for (const [source, log] of sources.entries()) {
    for (const record of recordsIn(log)) {
      if (record.what !== What.open) continue;
      const opened = openedOf(record);
      if (opened.kind === "stream") dials.push({ source, wire: record.wire, opened });
    }
  }
  return dials.toSorted((one, other) => one.opened.startedUs - other.opened.startedUs);
}

function* recordsIn(source: LogSource): Generator<LogRecord, undefined> {
  for (const chunk of source.chunks()) yield* recordsOf(chunk);
  return undefined;
}
