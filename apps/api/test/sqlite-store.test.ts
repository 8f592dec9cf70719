/** The SQLite adapter: the contract in memory and on disk, and what only a file can do. */

import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { STORE_FILE } from "../src/store/open.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import { StoreError, type StoreErrorCode, type Store } from "../src/store/store.ts";
import { describeStore, runNumber } from "./support/store-contract.ts";
import { makeTempFolder } from "./support/temp-folder.ts";

const SIZE = { storeMiBMax: 64 };

function open(folder: string, storeMiBMax = SIZE.storeMiBMax): Store {
  const store = openSqliteStore({ folder, storeMiBMax });
  onTestFinished(() => store.close().catch(() => {}));
  return store;
}

function refusal(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describeStore("the SQLite store in memory", async () => open(":memory:"));
describeStore("the SQLite store on disk", async () => open(makeTempFolder()));

describe("the file", () => {
  test("lies in the folder, which is made with those above it", async () => {
    const folder = join(makeTempFolder(), "a", "b");
    open(folder);
    expect(existsSync(join(folder, STORE_FILE))).toBe(true);
  });

  test("and what SQLite puts beside it can be read by their owner alone", async () => {
    const folder = makeTempFolder();
    await open(folder).create(runNumber(1));
    const files = readdirSync(folder);
    expect(files).toContain(STORE_FILE);
    // Windows has other ways to say whose a file is.
    const modes = files.map((name) => statSync(join(folder, name)).mode & 0o077);
    expect(modes.filter((mode) => process.platform !== "win32" && mode !== 0)).toEqual([]);
  });

  test("keeps what it was given when it is opened again", async () => {
    const folder = makeTempFolder();
    const first = open(folder);
    await first.create(runNumber(1));
    await first.appendExchanges(runNumber(1).id, ['{"message":0}']);
    await first.close();
    const second = open(folder);
    expect(await second.get(runNumber(1).id)).toEqual(runNumber(1));
    expect((await second.readExchanges(runNumber(1).id, 0, 9)).lines).toEqual(['{"message":0}']);
  });

  test("belongs to one store at a time, and is free once that is closed", async () => {
    const folder = makeTempFolder();
    const first = open(folder);
    const error = refusal(() => open(folder));
    expect(error.code).toBe("locked" satisfies StoreErrorCode);
    expect(error.message).toBe(`Cannot use the store in "${folder}": another process is using it`);
    await first.close();
    await open(folder).create(runNumber(1));
  });

  test("of a newer program is refused and left alone", async () => {
    const folder = makeTempFolder();
    await open(folder).close();
    const file = new DatabaseSync(join(folder, STORE_FILE));
    file.exec("INSERT INTO schema_version VALUES (99)");
    file.close();
    const error = refusal(() => open(folder));
    expect(error.code).toBe("too-new" satisfies StoreErrorCode);
    expect(error.message).toContain("schema version 99");
  });

  test("that is no database is refused in one line", () => {
    const folder = makeTempFolder();
    writeFileSync(join(folder, STORE_FILE), "these are not the bytes of a database ".repeat(200));
    const error = refusal(() => open(folder));
    expect(error.code).toBe("not-a-store" satisfies StoreErrorCode);
    expect(error.message).not.toContain("\n");
  });

  test.each([
    ["a file where the folder should be", (folder: string) => join(folder, "file")],
    ["a file above the folder", (folder: string) => join(folder, "file", "data")],
  ])("cannot be made with %s: one line", (_, place) => {
    const folder = makeTempFolder();
    writeFileSync(join(folder, "file"), "");
    const error = refusal(() => open(place(folder)));
    expect(error.code).toBe("failed" satisfies StoreErrorCode);
    expect(error.message).toMatch(/^Cannot open the store in "[^\n]*$/);
  });

  test("cannot be made where a folder stands in its place", () => {
    const folder = makeTempFolder();
    mkdirSync(join(folder, STORE_FILE));
    expect(refusal(() => open(folder)).message).toMatch(/^Cannot open the store in "[^\n]*$/);
  });
});

describe("a full store", () => {
  const line = JSON.stringify({ body: "x".repeat(100_000) });

  test("refuses with its own code, keeps what it has, and goes on after a delete", async () => {
    const store = open(makeTempFolder(), 1);
    await store.create(runNumber(1));
    await store.create(runNumber(2));
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 1) await store.appendExchanges(runNumber(1).id, [line]);
    };
    const error = await fill().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).code).toBe("full" satisfies StoreErrorCode);
    // The refused batch left nothing behind: what is there is a whole number of lines.
    const { lines } = await store.readExchanges(runNumber(1).id, 0, 100);
    expect(lines.every((kept) => kept === line)).toBe(true);
    expect(lines.length).toBeGreaterThan(0);
    expect(await store.get(runNumber(2).id)).toEqual(runNumber(2));
    await store.delete(runNumber(1).id);
    await store.appendExchanges(runNumber(2).id, [line]);
  });
});
