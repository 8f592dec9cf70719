/**
 * Servers with a data folder: what they have executed survives them, `kill -9` and another number of
 * workers included.
 *
 * The counter is the judge: a reply says the count after its operation, so an operation that was
 * executed twice would be seen in the sum of all workers.
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FrameFlag } from "@faultline/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerOptions } from "../src/options.ts";
import type { SupervisedServer } from "../src/server.ts";
import { startSupervised } from "../src/server.ts";
import { EventLog, TcpTalker } from "./support/sockets.ts";

const PROGRAM = fileURLToPath(new URL("support/kept-server.ts", import.meta.url));
const isDeno = "Deno" in globalThis;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultline-data-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "below", "data");
}

async function serve(
  dataDir: string,
  options: ServerOptions = {},
): Promise<SupervisedServer & { log: EventLog }> {
  const log = new EventLog();
  const server = await startSupervised({
    responder: "counter",
    udpPort: null,
    dataDir,
    onEvent: log.take,
    ...options,
  });
  cleanups.push(() => server.close({ graceMs: 0 }));
  return Object.assign(server, { log });
}

function talk(to: { host: string; port: number }): TcpTalker {
  const talker = new TcpTalker(to);
  cleanups.push(() => talker.close());
  return talker;
}

const session = (low: number) => ({ session: { high: 77, low } });

/** Eight sessions, each on a connection of its own, execute so many operations. */
async function count(
  to: { host: string; port: number },
  operations: readonly number[],
  attempt = 1,
): Promise<boolean[]> {
  const talkers = Array.from({ length: 8 }, () => talk(to));
  const replayed: boolean[] = [];
  for (const [low, talker] of talkers.entries()) {
    talker.send(...operations.map((operation) => ({ ...session(low), operation, attempt })));
  }
  for (const talker of talkers) {
    for (const frame of await talker.received(operations.length)) {
      expect(frame.type).toBe(3);
      replayed.push((frame.flags & FrameFlag.replayed) !== 0);
    }
    talker.close();
  }
  return replayed;
}

/** A server in a process of its own. */
async function startProgram(
  folder: string,
  workers: number,
): Promise<{ port: number; kill(): Promise<void> }> {
  const args = isDeno ? ["run", "-A", PROGRAM] : [PROGRAM];
  const child = spawn(process.execPath, [...args, folder, String(workers), "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  cleanups.push(kill);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", (bytes: Uint8Array) => resolve(Number(bytes.toString())));
    child.once("exit", () => reject(new Error("The server did not start.")));
  });
  return { port, kill };
}

describe("a server with a data folder", () => {
  test("that is killed with kill -9 has executed, and counted, every reply that it gave", async () => {
    const folder = makeFolder();
    const host = "127.0.0.1";
    const first = await startProgram(folder, 2);
    await count({ host, port: first.port }, [0, 1, 2, 3]);
    await first.kill();

    const second = await startProgram(folder, 2);
    const again = await count({ host, port: second.port }, [0, 1, 2, 3], 2);
    expect(again.every(Boolean)).toBe(true);
    expect(await count({ host, port: second.port }, [4])).toEqual(Array(8).fill(false));
    await second.kill();

    const third = await serve(folder, { workers: 2 });
    expect(await third.stats()).toMatchObject({ counter: 40, sessions: 8, executions: 0 });
    expect(third.log.of("recovered").length).toBeGreaterThan(0);
  });

  test.each([
    [1, 4],
    [4, 1],
    [2, 3],
  ])("finds every session again with %i workers, then %i", async (before, after) => {
    const folder = makeFolder();
    const first = await serve(folder, { workers: before });
    await count(first.tcp!, [0, 1]);
    await first.close();
    const second = await serve(folder, { workers: after });
    expect((await count(second.tcp!, [0, 1], 2)).every(Boolean)).toBe(true);
    await count(second.tcp!, [2]);
    expect(await second.stats()).toMatchObject({ counter: 24, executions: 8, replayed: 16 });
    expect(readdirSync(folder).filter((name) => name.startsWith("journal")).length).toBe(after);
  });

  test("goes on where it was when one of its workers crashes", async () => {
    const server = await serve(makeFolder());
    await count(server.tcp!, [0]);
    server.crashWorker(0, "on purpose");
    await server.log.until("worker-restart");
    expect((await count(server.tcp!, [0], 2)).every(Boolean)).toBe(true);
    await count(server.tcp!, [1], 2);
    expect(await server.stats()).toMatchObject({ counter: 16, executions: 16, tooOld: 0 });
  });

  test("keeps its life over a restart, so that nobody is asked for a proof", async () => {
    const folder = makeFolder();
    const first = await serve(folder, { tcpPort: 0 });
    const early = talk(first.tcp!);
    early.send({ operation: 0 });
    const [reply] = await early.received(1);
    await first.close();
    const second = await serve(folder, { tcpPort: first.tcp!.port });
    const late = talk(second.tcp!);
    late.send({ operation: 1, attempt: 2, life: reply!.life }, { ...session(9), attempt: 2 });
    await late.received(1);
    expect(late.frames[0]).toMatchObject({ type: 3, life: reply!.life });
  });

  test("is durable against a failing machine if asked to be", async () => {
    const folder = makeFolder();
    const server = await serve(folder, { durability: "machine" });
    await count(server.tcp!, [0]);
    await server.close();
    const again = await serve(folder);
    expect(await again.stats()).toMatchObject({ counter: 8 });
  });
});

describe("a data folder", () => {
  /** A folder with one journal, and its path. */
  async function used(): Promise<{ folder: string; journal: string }> {
    const folder = makeFolder();
    const server = await serve(folder);
    await count(server.tcp!, [0, 1]);
    await server.close();
    const name = readdirSync(folder).find((file) => file.startsWith("journal"))!;
    return { folder, journal: join(folder, name) };
  }

  test("that another server uses is refused, by this process and by others", async () => {
    const folder = makeFolder();
    const program = await startProgram(folder, 1);
    await expect(serve(folder)).rejects.toMatchObject({ code: "data-locked" });
    await program.kill();
    await serve(folder);
    const refused = serve(folder);
    await expect(refused).rejects.toMatchObject({ code: "data-locked" });
    await expect(refused).rejects.toThrow(`"${folder}": another server uses it`);
  });

  test("whose journal is damaged is refused with file and offset, and can be used once mended", async () => {
    const { folder, journal } = await used();
    const content = readFileSync(journal);
    const damaged = Uint8Array.from(content);
    damaged[40]! ^= 1;
    writeFileSync(journal, damaged);
    const refused = serve(folder);
    await expect(refused).rejects.toMatchObject({ code: "data-corrupt" });
    await expect(refused).rejects.toThrow(`"${journal}" at offset 28`);
    await expect(serve(folder, { workers: 2 })).rejects.toMatchObject({ code: "data-corrupt" });
    writeFileSync(journal, content);
    expect(await (await serve(folder)).stats()).toMatchObject({ counter: 16 });
  });

  test("whose journal ends in half a record is used without it, and it is said", async () => {
    const { folder, journal } = await used();
    const content = readFileSync(journal);
    writeFileSync(journal, content.subarray(0, content.length - 5));
    const server = await serve(folder);
    expect(await server.stats()).toMatchObject({ counter: 15 });
    const [recovered] = server.log.of("recovered");
    expect(recovered!.operations).toBe(15);
    expect(recovered!.bytesCut).toBeGreaterThan(0);
    expect((await count(server.tcp!, [0, 1], 2)).filter((replayed) => !replayed).length).toBe(1);
    await server.close();
    expect(await (await serve(folder)).stats()).toMatchObject({ counter: 16 });
  });

  test("that is none is refused", async () => {
    const { folder, journal } = await used();
    await expect(serve(journal)).rejects.toMatchObject({ code: "data-failed" });
    await expect(serve(journal)).rejects.toThrow(`"${journal}": it is a file`);
    for (const wrong of ['{"format":2}', '{"format":1,"generation":1,"workers":0}']) {
      writeFileSync(join(folder, "manifest.json"), wrong);
      await expect(serve(folder)).rejects.toMatchObject({ code: "data-corrupt" });
    }
  });

  test("whose manifest is gone keeps its journals, and is refused until it is back", async () => {
    const { folder, journal } = await used();
    const manifest = join(folder, "manifest.json");
    const content = readFileSync(manifest);
    rmSync(manifest);
    const refused = serve(folder, { workers: 2 });
    await expect(refused).rejects.toMatchObject({ code: "data-corrupt" });
    await expect(refused).rejects.toThrow(`"manifest.json" is missing, and "journal-1-0.log" has`);
    expect(readFileSync(journal).length).toBeGreaterThan(100);
    writeFileSync(manifest, content);
    expect(await (await serve(folder)).stats()).toMatchObject({ counter: 16 });
  });

  test("whose first start was cut short before the manifest begins anew", async () => {
    const folder = makeFolder();
    await (await serve(folder)).close();
    rmSync(join(folder, "manifest.json"));
    expect(await (await serve(folder, { workers: 2 })).stats()).toMatchObject({ counter: 0 });
  });

  test("whose lock is something else is refused by its name", async () => {
    const folder = makeFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "lock.sqlite"), "no database, but long enough to look like one");
    await expect(serve(folder)).rejects.toThrow('"lock.sqlite": file is not a database');
  });

  // Windows has other ways to say whose a file is.
  test("keeps replies in files that only their owner can read", async () => {
    const { journal } = await used();
    const others = process.platform === "win32" ? 0 : statSync(journal).mode & 0o077;
    expect(others).toBe(0);
  });

  test("of a server with another responder is refused, and left as it was", async () => {
    const { folder } = await used();
    const before = readFileSync(join(folder, "manifest.json"), "utf8");
    for (const workers of [1, 2]) {
      const refused = serve(folder, { responder: "echo", workers });
      await expect(refused).rejects.toMatchObject({ code: "data-mismatch" });
      const rule = `as "responder" must be counter, which has answered what is in it: got echo.`;
      await expect(refused).rejects.toThrow(`Cannot use the data folder "${folder}" ${rule}`);
    }
    expect(readFileSync(join(folder, "manifest.json"), "utf8")).toBe(before);
    expect(await (await serve(folder)).stats()).toMatchObject({ counter: 16 });
  });

  test.each([1, 2])(
    "of before the responder was kept is taken with %i workers, and keeps it from then on",
    async (workers) => {
      const { folder } = await used();
      const manifest = join(folder, "manifest.json");
      writeFileSync(manifest, '{"format":1,"generation":1,"workers":1}\n');
      const server = await serve(folder, { workers });
      expect(await server.stats()).toMatchObject({ counter: 16 });
      await server.close();
      expect(JSON.parse(readFileSync(manifest, "utf8"))).toMatchObject({ responder: "counter" });
      await expect(serve(folder, { responder: "echo" })).rejects.toMatchObject({
        code: "data-mismatch",
      });
    },
  );

  describe("that is removed while its server runs", () => {
    test.each([1, 2])(
      "ends the server of %i workers at the next operation, which nobody is answered",
      async (workers) => {
        const folder = makeFolder();
        const server = await serve(folder, { workers });
        await count(server.tcp!, [0]);
        const closed = expect(server.closed).rejects.toMatchObject({
          code: "data-lost",
          message: expect.stringMatching(/^Cannot go on: the journal ".*" was removed while/),
        });
        rmSync(folder, { recursive: true });
        // What takes its place is not taken for it: it would execute again what was executed.
        cpSync(await copyOfUsed(), folder, { recursive: true });
        const late = talk(server.tcp!);
        late.send({ operation: 1 });
        await closed;
        await late.until(() => late.closed !== "");
        expect(late.frames).toEqual([]);
        const told = server.log.of("data-failed").map(({ message }) => message);
        const [failed] = server.log.of("failed");
        expect(failed!.message).toContain(join(folder, "journal-1-"));
        expect(told).toContain(failed!.message);
        expect(server.log.of("worker-crash")).toEqual([]);
        expect(server.log.of("worker-restart")).toEqual([]);
      },
    );

    test("ends a server that has nothing to do, too", async () => {
      const folder = makeFolder();
      const server = await serve(folder);
      await count(server.tcp!, [0]);
      const closed = expect(server.closed).rejects.toMatchObject({ code: "data-lost" });
      rmSync(folder, { recursive: true });
      await closed;
    });

    async function copyOfUsed(): Promise<string> {
      return (await used()).folder;
    }
  });

  test.each([
    [{ dataDir: "" }, '"dataDir" must be the path of a folder'],
    [{ dataDir: "x", codec: "pipe" }, '"dataDir" must be left out where codec is pipe'],
    [{ durability: "disk" }, '"durability" must be one of process, machine: got disk'],
  ])("with the option %j is refused before anything is made", async (options, message) => {
    const wrong = { responder: "echo", ...options } as ServerOptions;
    await expect(serve(makeFolder(), wrong)).rejects.toThrow(message);
  });
});
