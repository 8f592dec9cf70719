/**
 * Opens the SQLite file of a data folder, locked to this process and migrated.
 *
 * The lock is SQLite's own: `locking_mode = EXCLUSIVE` holds the file from the first transaction
 * until the process ends, however it ends, so `kill -9` leaves nothing to clean up and a second
 * process is refused before it could take the first one's runs for interrupted. A lock file with
 * a process id in it was the road not taken: it survives a crash and lies afterwards.
 */

import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "../folder.ts";
import { MIGRATIONS } from "./migrations.ts";
import { toStoreError } from "./sqlite-error.ts";
import { StoreError } from "./store.ts";

/** The file's name in the data folder. */
export const STORE_FILE = "faultline.sqlite";

/** The data "folder" that lives in memory and dies with the process. */
export const MEMORY = ":memory:";

/** Pages are SQLite's default size, so a size limit can be given in pages. */
const PAGE_BYTES = 4096;
const MIB = 1_048_576;

/** Opens, locks and migrates; the caller closes. @throws StoreError in one line for the operator */
export function openDatabase(folder: string, storeMiBMax: number): DatabaseSync {
  const database = openFile(folder);
  try {
    lock(database, folder);
    database.exec(`PRAGMA max_page_count = ${Math.floor((storeMiBMax * MIB) / PAGE_BYTES)}`);
    migrate(database, folder);
    return database;
  } catch (error) {
    database.close();
    throw toStoreError(error, `use the store in "${folder}"`);
  }
}

/** Specs hold bodies, and captures all that was sent. */
const OWNER_ONLY = 0o600;

function openFile(folder: string): DatabaseSync {
  try {
    if (folder === MEMORY) return new DatabaseSync(MEMORY);
    makeFolder(resolve(folder));
    const path = join(folder, STORE_FILE);
    // SQLite would let everybody read it; its journals have the mode of the file itself.
    closeSync(openSync(path, "a", OWNER_ONLY));
    return new DatabaseSync(path);
  } catch (error) {
    throw toStoreError(error, `open the store in "${folder}"`);
  }
}

/** Takes the lock by a first write transaction. WAL keeps readers of a long write undisturbed. */
function lock(database: DatabaseSync, folder: string): void {
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    // In WAL mode NORMAL cannot corrupt the file; a power cut may take the last commits back.
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("BEGIN IMMEDIATE");
    database.exec("COMMIT");
  } catch (error) {
    const failure = toStoreError(error, `use the store in "${folder}"`);
    if (failure.code !== "locked") throw failure;
    throw new StoreError(
      "locked",
      `Cannot use the store in "${folder}": another process is using it`,
      { cause: error },
    );
  }
}

function migrate(database: DatabaseSync, folder: string): void {
  database.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT");
  const row = database.prepare("SELECT max(version) AS version FROM schema_version").get();
  const version = Number(row?.["version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      "too-new",
      `Cannot use the store in "${folder}": it has schema version ${version}, this program knows ${MIGRATIONS.length}`,
    );
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(
      `BEGIN IMMEDIATE; ${step}; INSERT INTO schema_version VALUES (${index + 1}); COMMIT`,
    );
  }
}
