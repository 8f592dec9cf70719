/**
 * The store on one SQLite file, through node:sqlite.
 *
 * Every call is synchronous underneath and short: one indexed statement or one small
 * transaction, so that the thread that answers HTTP never waits long. The port's promises are
 * honest for a server database and free here. Statements are prepared once and kept.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Problem } from "../problem.ts";
import type { Run } from "../runs/run.ts";
import { openDatabase } from "./open.ts";
import { type Cell, patchToCells, type Row, rowToRun, runToCells } from "./rows.ts";
import { toStoreError } from "./sqlite-error.ts";
import type { ExchangePage, Idempotency, KeyedRun, RunPatch, RunQuery, Store } from "./store.ts";

/** JSON lines kept in one row: few enough to read one row at a time, many enough to write fast. */
const LINES_PER_ROW = 128;

const INSERT_EXCHANGES = "INSERT INTO exchanges (run_id, first, count, lines) VALUES (?, ?, ?, ?)";
const SIZE_OF_CAPTURE = "SELECT SUM(LENGTH(bytes)) AS bytes FROM captures WHERE run_id = ?";
const INSERT_PIECE = "INSERT INTO captures (run_id, piece, bytes) VALUES (?, ?, ?)";
const MARK_INTERRUPTED =
  "UPDATE runs SET status = 'failed', ended_at = ?, error = ? WHERE status = 'running'";

/** Sorts after every run id. */
const AFTER_ALL_IDS = "~";

/** Where the store lives. */
export interface SqliteStoreOptions {
  /** Folder of the file, made if missing; `:memory:` for a store that dies with the process. */
  readonly folder: string;
  readonly storeMiBMax: number;
}

/** Opens the store of a folder. @throws StoreError in one line for the operator */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(openDatabase(options.folder, options.storeMiBMax));
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  create(run: Run, idempotency?: Idempotency): Promise<KeyedRun | undefined> {
    return this.#write("save the run", () => {
      const earlier = idempotency && this.#byKey(idempotency.key);
      if (earlier !== undefined) return earlier;
      const cells: [string, Cell][] = [
        ...runToCells(run),
        ["idempotency_key", idempotency?.key ?? null],
        ["body_hash", idempotency?.bodyHash ?? null],
      ];
      const columns = cells.map(([column]) => column).join(", ");
      const places = cells.map(() => "?").join(", ");
      this.#run(
        `INSERT INTO runs (${columns}) VALUES (${places})`,
        ...cells.map(([, cell]) => cell),
      );
      return undefined;
    });
  }

  get(id: string): Promise<Run | undefined> {
    return this.#read("read the run", () => {
      const row = this.#get("SELECT * FROM runs WHERE id = ?", id);
      return row === undefined ? undefined : rowToRun(row);
    });
  }

  findByKey(key: string): Promise<KeyedRun | undefined> {
    return this.#read("look up the idempotency key", () => this.#byKey(key));
  }

  list(query: RunQuery): Promise<readonly Run[]> {
    return this.#read("list the runs", () => {
      const before = query.olderThan ?? AFTER_ALL_IDS;
      const rows =
        query.status === undefined
          ? this.#all(
              "SELECT * FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?",
              before,
              query.limit,
            )
          : this.#all(
              "SELECT * FROM runs WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?",
              query.status,
              before,
              query.limit,
            );
      return rows.map(rowToRun);
    });
  }

  update(id: string, patch: RunPatch): Promise<boolean> {
    return this.#write("update the run", () => {
      const cells = patchToCells(patch);
      const assignments = cells.map(([column]) => `${column} = ?`).join(", ");
      const values = cells.map(([, cell]) => cell);
      return this.#run(`UPDATE runs SET ${assignments} WHERE id = ?`, ...values, id) > 0;
    });
  }

  delete(id: string): Promise<boolean> {
    return this.#write("delete the run", () => this.#run("DELETE FROM runs WHERE id = ?", id) > 0);
  }

  appendExchanges(id: string, lines: readonly string[]): Promise<void> {
    return this.#write("save the exchanges", () => {
      let first = this.#exchangesOf(id);
      for (let at = 0; at < lines.length; at += LINES_PER_ROW) {
        const batch = lines.slice(at, at + LINES_PER_ROW);
        this.#run(INSERT_EXCHANGES, id, first, batch.length, batch.join("\n"));
        first += batch.length;
      }
    });
  }

  readExchanges(id: string, after: number, limit: number): Promise<ExchangePage> {
    return this.#read("read the exchanges", () => {
      const lines: string[] = [];
      let next = after;
      while (lines.length < limit) {
        const row = this.#get(
          "SELECT first, count, lines FROM exchanges WHERE run_id = ? AND first <= ? ORDER BY first DESC LIMIT 1",
          id,
          next,
        );
        const from = next - Number(row?.["first"] ?? 0);
        if (row === undefined || from >= Number(row["count"])) break;
        const batch = String(row["lines"]).split("\n");
        const taken = batch.slice(from, from + limit - lines.length);
        lines.push(...taken);
        next += taken.length;
      }
      return { lines, next };
    });
  }

  appendCapture(id: string, bytes: Uint8Array): Promise<void> {
    return this.#write("save the capture", () => {
      const row = this.#get("SELECT COUNT(*) AS pieces FROM captures WHERE run_id = ?", id);
      this.#run(INSERT_PIECE, id, Number(row?.["pieces"] ?? 0), bytes);
    });
  }

  captureBytes(id: string): Promise<number> {
    return this.#read("read the capture", () => {
      const row = this.#get(SIZE_OF_CAPTURE, id);
      return Number(row?.["bytes"] ?? 0);
    });
  }

  readCapture(id: string, piece: number): Promise<Uint8Array | undefined> {
    return this.#read("read the capture", () => {
      const row = this.#get("SELECT bytes FROM captures WHERE run_id = ? AND piece = ?", id, piece);
      return row?.["bytes"] as Uint8Array | undefined;
    });
  }

  markInterrupted(error: Problem, endedAt: string): Promise<number> {
    return this.#write("mark interrupted runs", () =>
      this.#run(MARK_INTERRUPTED, endedAt, JSON.stringify(error)),
    );
  }

  listQueued(): Promise<readonly Run[]> {
    return this.#read("list the queued runs", () =>
      this.#all("SELECT * FROM runs WHERE status = 'queued' ORDER BY id").map(rowToRun),
    );
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#database.close();
  }

  #byKey(key: string): KeyedRun | undefined {
    const row = this.#get("SELECT * FROM runs WHERE idempotency_key = ?", key);
    return row && { run: rowToRun(row), bodyHash: String(row["body_hash"]) };
  }

  #exchangesOf(id: string): number {
    const row = this.#get(
      "SELECT first + count AS total FROM exchanges WHERE run_id = ? ORDER BY first DESC LIMIT 1",
      id,
    );
    return Number(row?.["total"] ?? 0);
  }

  async #read<T>(doing: string, work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, doing);
    }
  }

  /** One transaction: all of it or none, also when the disk fills up in the middle. */
  async #write<T>(doing: string, work: () => T): Promise<T> {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const answer = work();
      this.#database.exec("COMMIT");
      return answer;
    } catch (error) {
      this.#rollback();
      throw toStoreError(error, doing);
    }
  }

  /** SQLite may have rolled back by itself (on a full disk it does); then this finds nothing. */
  #rollback(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // Nothing was open.
    }
  }

  #get(sql: string, ...values: Cell[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  #all(sql: string, ...values: Cell[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  #run(sql: string, ...values: Cell[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
