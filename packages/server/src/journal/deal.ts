/**
 * Deals the records of some journals out to others, by the home of their sessions: what a change of
 * the number of workers asks for.
 *
 * The records of a session stay in order, since they come out of one journal and go into one. States
 * of responders are no session's: they are put together, and go to the first worker. Each journal is
 * read once for every new one, so that no more than one is ever in memory.
 */
import { nextLifeTag } from "@faultline/protocol";
import type { ServerPast } from "../core/life.ts";
import { createResponder } from "../core/responder.ts";
import { homeOf } from "../route/home.ts";
import { JOURNAL_HEAD, type JournalRecord, recordBytes, writeRecord } from "./record.ts";

/** How journals are read and written. */
export interface DealingFiles {
  read(path: string, tell: (record: JournalRecord) => void): unknown;
  write(path: string, parts: Iterable<Uint8Array>): unknown;
}

type LifeRecord = Extract<JournalRecord, { kind: "life" }>;

const EMPTY = new Uint8Array(0);
const PASTS: readonly ServerPast[] = ["none", "unknown", "lost"];

/** Writes the target journals. @throws what reading and writing throw */
export function deal(
  sources: readonly string[],
  targets: readonly string[],
  files: DealingFiles,
): void {
  const { life, state } = commonOf(sources, files);
  for (const [worker, path] of targets.entries()) {
    const parts: Uint8Array[] = [JOURNAL_HEAD];
    const add = (record: JournalRecord): void => void parts.push(bytesOf(record));
    if (life !== undefined) add(life);
    if (worker === 0 && state !== undefined) add({ kind: "state", state });
    for (const source of sources) {
      files.read(source, (record) => {
        if (record.kind === "life" || record.kind === "state") return;
        if (homeOf(record.session, targets.length) !== worker) return;
        add(record.kind === "operation" ? { ...record, state: EMPTY } : record);
      });
    }
    files.write(path, parts);
  }
}

/** What belongs to all sessions: the life that all had, or a new one, and the states put together. */
function commonOf(
  sources: readonly string[],
  files: DealingFiles,
): { life: LifeRecord | undefined; state: Uint8Array | undefined } {
  const lives: LifeRecord[] = [];
  const responder = createResponder("counter");
  let states = 0;
  for (const source of sources) {
    let life: LifeRecord | undefined;
    let state: Uint8Array | undefined;
    files.read(source, (record) => {
      if (record.kind === "life") life = record;
      else if (record.kind === "state") state = record.state.slice();
      else if (record.kind === "operation" && record.state.length > 0) state = record.state.slice();
    });
    if (life !== undefined) lives.push(life);
    if (state === undefined) continue;
    responder.state?.add(state);
    states++;
  }
  const state = states === 0 ? undefined : responder.state?.save();
  return { life: joined(lives), state };
}

/** Sessions keep the life that they are known by; who is unknown gets one that none of them had. */
function joined(lives: readonly LifeRecord[]): LifeRecord | undefined {
  const [first] = lives;
  if (first === undefined || lives.every(({ life }) => life.tag === first.life.tag)) return first;
  const tags = new Set(lives.map(({ life }) => life.tag));
  let tag = first.life.tag;
  while (tags.has(tag)) tag = nextLifeTag(tag);
  const past = PASTS[Math.max(...lives.map(({ life }) => PASTS.indexOf(life.past)))]!;
  const sinceUs = Math.max(...lives.map((life) => life.sinceUs));
  return { kind: "life", life: { tag, past: past === "none" ? "unknown" : past }, sinceUs };
}

function bytesOf(record: JournalRecord): Uint8Array {
  const bytes = new Uint8Array(recordBytes(record));
  writeRecord(bytes, 0, record);
  return bytes;
}
