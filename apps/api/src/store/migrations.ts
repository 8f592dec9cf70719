/**
 * The tables of the SQLite store, as steps that are never edited once released.
 *
 * Version n of a file is the first n steps. A newer file is refused rather than guessed at.
 * Documents (spec, options, result, error) are JSON text: the store keeps them and does not query them.
 *
 *   runs        one row a run; the primary key sorts by age
 *   captures    one row a piece of the file, in order
 *   exchanges   one row a batch: `count` JSON lines, of which `first` came before it
 */

/** The steps in order. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    spec TEXT NOT NULL,
    result TEXT,
    error TEXT,
    idempotency_key TEXT UNIQUE,
    body_hash TEXT
  ) STRICT;
  CREATE INDEX runs_by_status ON runs (status, id);
  CREATE TABLE exchanges (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (run_id, first)
  ) STRICT;
  `,
  `
  ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'experiment';
  ALTER TABLE runs ADD COLUMN options TEXT;
  `,
  `
  CREATE TABLE captures (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    piece INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (run_id, piece)
  ) STRICT;
  `,
];
