/**
 * A data folder: which journals are in it, for how many workers, and who uses it.
 *
 *   lock.sqlite          held by the server that uses the folder
 *   manifest.json        { "format": 1, "generation": 3, "workers": 4, "responder": "counter" }
 *   journal-3-0.log …    one for each worker, of the sessions that are at home there
 *
 * A server with another number of workers has its sessions elsewhere: then the journals are dealt out
 * anew, as the next generation, before anybody reads them. The manifest is replaced last and in one
 * step, so whatever ends the process, one generation is whole. Journals with operations in them and
 * no manifest cannot come from us: they are left alone, and the folder is refused. So is one of a server
 * with another responder, whose replies are not what this one would have said; a manifest that does not
 * name one is older than that rule, and is given the one that opens it.
 *
 * The lock is SQLite's, which the operating system drops with the process, however it ends. A file
 * with a process id in it was the road not taken: it survives a crash and lies afterwards.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { RESPONDER_NAMES, type ResponderName } from "../core/responder.ts";
import { ServerError } from "../error.ts";
import { deal } from "./deal.ts";
import { readJournal, replaceFile } from "./file-store.ts";
import { JOURNAL_HEAD, type LifeMark, recordBytes, writeRecord } from "./record.ts";

/** What a folder is opened for. */
export interface FolderOptions {
  readonly workers: number;
  readonly responder: ResponderName;
  /** The life of a server that finds the folder empty, … */
  readonly life: LifeMark;
  /** … since when, in µs since 1970. */
  readonly nowUs: number;
}

/** A folder that nobody else may use until it is released. */
export interface DataFolder {
  /** The journal of each worker. */
  readonly journals: readonly string[];
  release(): void;
}

interface Manifest {
  readonly generation: number;
  readonly workers: number;
  /** Undefined in those of before it was kept. */
  readonly responder: ResponderName | undefined;
}

const MANIFEST = "manifest.json";
const LOCK = "lock.sqlite";
const JOURNAL_NAME = /^journal-\d+-\d+\.log(\.new)?$/;

/**
 * Opens a folder, made if there is none.
 *
 * @throws {ServerError} `data-locked`, `data-corrupt`, `data-mismatch`, `data-failed`.
 */
export async function openFolder(folder: string, options: FolderOptions): Promise<DataFolder> {
  const lock = await lockFolder(folder);
  try {
    const journals = journalsOf(folder, prepare(folder, options));
    removeOthers(folder, journals);
    return { journals, release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw failed(folder, error);
  }
}

/** The folder as this number of workers needs it. */
function prepare(folder: string, options: FolderOptions): Manifest {
  const { responder, workers } = options;
  const manifest = readManifest(folder);
  const before = manifest?.responder ?? responder;
  if (before !== responder) refuseResponder(folder, before, responder);
  if (manifest?.workers === workers) {
    if (manifest.responder === undefined) writeManifest(folder, { ...manifest, responder });
    return manifest;
  }
  if (manifest === undefined) refuseOrphans(folder, emptyJournal(options).length);
  const generation = (manifest?.generation ?? 0) + 1;
  writeJournals(folder, { manifest, generation, options });
  const next = { generation, workers, responder };
  writeManifest(folder, next);
  return next;
}

/** The journals of the next generation: those of the last one dealt out, or empty ones. */
function writeJournals(
  folder: string,
  work: {
    readonly manifest: Manifest | undefined;
    readonly generation: number;
    readonly options: FolderOptions;
  },
): void {
  const { manifest, generation, options } = work;
  const paths = journalsOf(folder, { generation, workers: options.workers });
  if (manifest === undefined) for (const path of paths) replaceFile(path, [emptyJournal(options)]);
  else deal(journalsOf(folder, manifest), paths, { read: readJournal, write: replaceFile });
}

function writeManifest(folder: string, manifest: Manifest): void {
  const text = `${JSON.stringify({ format: 1, ...manifest })}\n`;
  replaceFile(join(folder, MANIFEST), [new TextEncoder().encode(text)]);
}

function refuseResponder(folder: string, before: ResponderName, got: ResponderName): never {
  const rule = `"responder" must be ${before}, which has answered what is in it: got ${got}`;
  throw new ServerError("data-mismatch", `Cannot use the data folder "${folder}" as ${rule}.`);
}

function emptyJournal({ life, nowUs }: FolderOptions): Uint8Array {
  const record = { kind: "life", life, sinceUs: nowUs } as const;
  const bytes = new Uint8Array(JOURNAL_HEAD.length + recordBytes(record));
  bytes.set(JOURNAL_HEAD);
  writeRecord(bytes, JOURNAL_HEAD.length, record);
  return bytes;
}

/** Without a manifest journals are of a first start that was cut short, and as empty as it made them. */
function refuseOrphans(folder: string, emptyBytes: number): void {
  const orphan = readdirSync(folder).find(
    (name) => /^journal-\d+-\d+\.log$/.test(name) && statSync(join(folder, name)).size > emptyBytes,
  );
  if (orphan === undefined) return;
  const why = `"${MANIFEST}" is missing, and "${orphan}" has operations in it`;
  throw new ServerError("data-corrupt", `Cannot use the data folder "${folder}": ${why}.`);
}

function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return undefined;
  const { format, generation, workers, responder } = parse(path) as Partial<
    Manifest & { format: unknown }
  >;
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
  const isKnown = responder === undefined || RESPONDER_NAMES.includes(responder);
  if (format === 1 && isCount(generation) && isCount(workers) && isKnown) {
    return { generation: generation!, workers: workers!, responder };
  }
  throw new ServerError("data-corrupt", `Cannot read "${path}": it is no manifest of format 1.`);
}

function parse(path: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The journals of a generation, one for each worker. */
function journalsOf(
  folder: string,
  { generation, workers }: Pick<Manifest, "generation" | "workers">,
): string[] {
  return Array.from({ length: workers }, (_, worker) =>
    join(folder, `journal-${generation}-${worker}.log`),
  );
}

/** What an earlier generation, or a step that was cut short, has left behind. */
function removeOthers(folder: string, journals: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (JOURNAL_NAME.test(name) && !journals.includes(path)) rmSync(path);
  }
}

async function lockFolder(folder: string): Promise<DatabaseSync> {
  // Only who asks for a data folder pays for it.
  const { DatabaseSync } = await import("node:sqlite");
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(folder);
  } catch (error) {
    throw failed(folder, error);
  }
  try {
    lock = new DatabaseSync(join(folder, LOCK));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (!/locked|busy/i.test(messageOf(error))) throw failed(folder, error, `"${LOCK}": `);
    const message = `Cannot use the data folder "${folder}": another server uses it.`;
    throw new ServerError("data-locked", message);
  }
}

/** `mkdirSync` with `recursive` never returns under a folder that exists and refuses, in Node 26. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (statSync(folder).isDirectory()) return;
    throw new ServerError("data-failed", `Cannot use the data folder "${folder}": it is a file.`);
  }
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}

function failed(folder: string, cause: unknown, at = ""): ServerError {
  if (cause instanceof ServerError) return cause;
  const message = `Cannot use the data folder "${folder}": ${at}${messageOf(cause)}`;
  return new ServerError("data-failed", message, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
