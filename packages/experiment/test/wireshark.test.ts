/**
 * What Wireshark's own eyes see in our captures: nothing malformed, every checksum right, the same
 * messages, and with our dissector exactly what the result counts.
 *
 * Needs tshark (Debian: `apt-get install tshark`); without it these tests are skipped, and say so.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { framesOf, noCounts } from "@faultline/capture";
import { FrameDecoder, FrameType, isRefusal } from "@faultline/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FullSpec, Result } from "../src/index.ts";
import { parseSpec, planScenario, runExperiment, scenarios } from "../src/index.ts";

const run = promisify(execFile);
const DISSECTOR = fileURLToPath(new URL("../../../tools/wireshark/faultline.lua", import.meta.url));
const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
if (!hasTshark) console.log("skipped: captures in Wireshark, since tshark is not installed here");
const OUTPUT_BYTES_MAX = 268_435_456;
/** Deno tells no secrets of a TLS session. */
const hasSecrets = !("Deno" in globalThis);

const folder = mkdtempSync(join(tmpdir(), "faultline-wireshark-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** What a run with a capture comes to. */
interface Captured {
  readonly result: Result;
  readonly path: string;
  /** Attempts, and retries among them, that found no connection: they are counted, and no wire carried them. */
  readonly unsent: { readonly attempts: number; readonly retries: number };
}

/** Runs a spec with a capture. */
async function captured(spec: FullSpec): Promise<Captured> {
  const pieces: Uint8Array[] = [];
  const unsent = { attempts: 0, retries: 0 };
  const full = { ...spec, capture: true };
  const { result } = await runExperiment(full, {
    onCapture: (bytes) => pieces.push(bytes),
    onExchange({ attempts }) {
      for (const { attempt, ended } of attempts) {
        if (ended !== "refused") continue;
        unsent.attempts += 1;
        if (attempt > 1) unsent.retries += 1;
      }
    },
  });
  const path = join(folder, `${files++}.pcapng`);
  writeFileSync(path, Buffer.concat(pieces));
  return { result, path, unsent };
}

const CHECKED = ["ip", "tcp", "udp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
const OURS_FIRST = ["tcp", "udp"].flatMap((name) => ["-o", `${name}.try_heuristic_first:TRUE`]);
const WITH_OURS = ["-X", `lua_script:${DISSECTOR}`, ...OURS_FIRST];

async function tshark(path: string, args: readonly string[]): Promise<string> {
  const all = ["-n", "-r", path, ...args];
  const { stdout } = await run("tshark", all, { maxBuffer: OUTPUT_BYTES_MAX });
  return stdout;
}

/** One row a packet; of a field that stands there several times all values. */
async function fields<Name extends string>(
  path: string,
  names: readonly Name[],
  args: readonly string[] = [],
): Promise<Record<Name, string[]>[]> {
  const columns = names.flatMap((name) => ["-e", name]);
  const text = await tshark(path, [...args, "-T", "fields", "-E", "separator=/t", ...columns]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const cells = line.split("\t").map((cell) => (cell === "" ? [] : cell.split(",")));
      const row = names.map((name, at) => [name, cells[at] ?? []] as const);
      return Object.fromEntries(row) as Record<Name, string[]>;
    });
}

const SOUND = [
  "_ws.malformed",
  "ip.checksum.status",
  "tcp.checksum.status",
  "udp.checksum.status",
] as const;
const FRAMES = [
  "frame.interface_name",
  "faultline.from",
  "faultline.type",
  "faultline.retry",
  "faultline.corruption",
] as const;
/** What a checksum status says of a good one. */
const GOOD = "1";
const DATA = "2";

/** What the dissector found, in the words of the result. */
function found(rows: readonly Record<(typeof FRAMES)[number], string[]>[]) {
  const wire = rows.filter((row) => row["frame.interface_name"][0] === "faultline-wire");
  const sent = wire.filter((row) => row["faultline.from"][0] === "client");
  const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);
  return {
    attempts: sum(sent.map((row) => row["faultline.type"].filter((type) => type === DATA).length)),
    retries: sum(sent.map((row) => row["faultline.retry"].length)),
    corruptionsDetected: sum(rows.map((row) => row["faultline.corruption"].length)),
  };
}

/** Nothing malformed, and every checksum there is a good one. */
function unsound(rows: readonly Record<(typeof SOUND)[number], string[]>[]): number[] {
  return rows.flatMap((row, at) => {
    const statuses = SOUND.slice(1).flatMap((name) => row[name]);
    const sound = row["_ws.malformed"].length === 0 && statuses.every((one) => one === GOOD);
    return sound && statuses.length > 0 ? [] : [at + 1];
  });
}

const demo = scenarios.flatMap(({ name, transports }) =>
  transports.map((transport) => ({ scenario: name, transport })),
);

/** Runs at once: they mostly wait, and each of them has a server, clients and threads. */
const RUNS_AT_ONCE = 12;

/** A stop of the demo, and what Wireshark sees of it. */
async function seen({ scenario, transport }: (typeof demo)[number]) {
  const plan = planScenario({ scenario, transport });
  if (!plan.ok) throw new Error(JSON.stringify(plan.errors));
  // with its secrets a TLS capture is held to the same; without them see below
  const captureSecrets = transport === "tls" && hasSecrets;
  const { result, path, unsent } = await captured({ ...plan.spec, captureSecrets });
  const rows = await fields(path, [...SOUND, ...FRAMES], [...CHECKED, ...WITH_OURS]);
  const isOpen = plan.spec.seal === null && (transport !== "tls" || captureSecrets);
  return { result, rows, unsent, isOpen };
}

/** Does the work for every item, in their order, some of them ahead of who waits. */
function ahead<Item, Done>(items: readonly Item[], work: (item: Item) => Promise<Done>) {
  const all = items.map((item) => ({ item, ...Promise.withResolvers<Done>() }));
  const left = [...all];
  const go = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const done = work(next.item);
      next.resolve(done);
      await done.catch(() => {});
    }
  };
  for (let runner = 0; runner < RUNS_AT_ONCE; runner++) void go();
  // Told by the test that waits for it, which may begin later.
  for (const { promise } of all) promise.catch(() => {});
  return new Map(all.map(({ item, promise }) => [item, promise]));
}

describe.skipIf(!hasTshark)("every capture of the demo, in Wireshark", () => {
  let stops: ReadonlyMap<(typeof demo)[number], ReturnType<typeof seen>>;
  beforeAll(() => void (stops = ahead(demo, seen)));

  test.concurrent.each(demo)(
    "$scenario over $transport is sound, and holds exactly what the result counts",
    async (stop) => {
      const { result, rows, unsent, isOpen } = await stops.get(stop)!;
      expect(rows).toHaveLength(result.wire?.packets ?? 0);
      expect(unsound(rows)).toEqual([]);
      const { attempts, retries, corruptionsDetected } = result.counts;
      const nothing = { attempts: 0, retries: 0, corruptionsDetected: 0 };
      const counted = {
        attempts: attempts - unsent.attempts,
        retries: retries - unsent.retries,
        corruptionsDetected,
      };
      expect(found(rows)).toEqual(isOpen ? counted : nothing);
    },
  );
});

function spec(input: object): FullSpec {
  const parsed = parseSpec({ specVersion: 1, seed: 11, mode: "simulated", ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

describe.skipIf(!hasTshark)("a capture of TLS, in Wireshark", () => {
  const troubled = {
    mode: "real",
    transport: "tls",
    workload: { messages: 60, clients: 2 },
    client: { attemptTimeoutMs: 200 },
    faults: [{ id: "flip", kind: "corrupt", direction: "both", probability: 0.2 }],
  };
  const names = [...SOUND, ...FRAMES, "tls.handshake.type", "tls.record.opaque_type"] as const;

  test("without secrets shows handshakes, records and no frame", async () => {
    const { result, path } = await captured(spec(troubled));
    const rows = await fields(path, names, [...CHECKED, ...WITH_OURS]);
    expect(rows).toHaveLength(result.wire?.packets ?? 0);
    expect(unsound(rows)).toEqual([]);
    expect(rows.flatMap((row) => row["faultline.from"])).toEqual([]);
    // what is not encrypted of a handshake are the two hellos
    const hellos = rows.flatMap((row) => row["tls.handshake.type"]);
    expect(new Set(hellos)).toEqual(new Set(["1", "2"]));
    const records = rows.flatMap((row) => row["tls.record.opaque_type"]);
    expect(records.length).toBeGreaterThan(result.counts.attempts);
    expect(result.wire?.readable).toBe(false);
  });

  test("with its secrets shows the bodies that were sent, where the runtime tells them", async () => {
    const bodies = ["Hello from Client", "Hello again"];
    const calm = { ...troubled, faults: [], workload: { bodies }, captureSecrets: true };
    const { result, path } = await captured(spec(calm));
    // the wire hides them, and the key lies beside it
    expect(result.wire?.readable).toBe(false);
    const rows = await fields(path, ["faultline.from", "faultline.text"], WITH_OURS);
    const said = rows.map((row) => [...row["faultline.from"], ...row["faultline.text"]].join());
    const sent = [
      "client,Hello from Client",
      "server,Hello from Client",
      "client,Hello again",
      "server,Hello again",
    ];
    expect(said.filter((one) => one.includes("Hello"))).toEqual(hasSecrets ? sent : []);
    expect((result.wire?.keyLogLines ?? 0) > 0).toBe(hasSecrets);
  });
});

describe.skipIf(!hasTshark || !hasSecrets)("comments on encrypted packets", () => {
  test("name what stands there when it is decrypted, or nothing where that cannot be told", async () => {
    const faults = [
      { id: "flip", kind: "corrupt-record", probability: 0.1 },
      { id: "snip", kind: "cut-record", probability: 0.1 },
      { id: "lost", kind: "loss", probability: 0.1 },
    ];
    const client = { attemptTimeoutMs: 200, attemptsMax: 20 };
    const workload = { messages: 60, clients: 2, inFlightMax: 3 };
    const tls = { mode: "real", transport: "tls", captureSecrets: true };
    const { path } = await captured(spec({ ...tls, workload, client, faults }));
    const names = ["frame.interface_name", "frame.comment"] as const;
    const numbers = ["faultline.operation", "faultline.attempt"] as const;
    const rows = await fields(path, [...names, ...numbers], WITH_OURS);
    const wire = rows.filter((row) => row["frame.interface_name"][0] === "faultline-wire");
    const named = wire.map((row) =>
      Array.from(
        row["frame.comment"]
          .join()
          .matchAll(/operation (\d+) attempt (\d+)(?!\d*, met by (?:flip|snip))/g),
        ([, operation, attempt]) => `${operation}/${attempt}`,
      ),
    );
    const decrypted = wire.map((row) =>
      row["faultline.operation"].map(
        (operation, at) => `${operation}/${row["faultline.attempt"][at]}`,
      ),
    );
    // a connection that broke amid its messages may leave it open which records held them
    expect(named.filter((items, at) => items.length > 0 && !isSame(items, decrypted[at]!))).toEqual(
      [],
    );
    expect(named.flat().length).toBeGreaterThan(decrypted.flat().length * 0.8);
  });
});

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.join() === others.join();
}

/** The bytes of each side of the first conversation, as "follow stream" gives them: the client's first. */
async function followed(path: string, kind: "tcp" | "tls" | "udp"): Promise<Uint8Array[][]> {
  const text = await tshark(path, ["-q", "-z", `follow,${kind},raw,0`]);
  const lines = text.split("\n").filter((line) => /^\t?[0-9a-f]+$/.test(line));
  const of = (isTabbed: boolean): Uint8Array[] =>
    lines
      .filter((line) => line.startsWith("\t") === isTabbed)
      .map((line) => Buffer.from(line.trim(), "hex"));
  // Inside TLS the side that is named first is the server's: what it encrypts comes first.
  const isClientTabbed = lines[0]?.startsWith("\t") ?? false;
  return [of(isClientTabbed), of(!isClientTabbed)];
}

function bodyOf(item: unknown): string {
  if (isRefusal(item)) return item.refused;
  return new TextDecoder().decode((item as { payload: Uint8Array }).payload);
}

function bodiesIn(stream: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.concat(stream));
  const bodies: string[] = [];
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    const isFarewell = !isRefusal(item) && item.type === FrameType.goodbye;
    if (!isFarewell) bodies.push(bodyOf(item));
  }
  return bodies;
}

describe.skipIf(!hasTshark)("follow stream", () => {
  const bodies = ["Hello from Client", "a", "b".repeat(3_000), "ä€𝄞"];
  const calm = { workload: { messages: 8, bodies } };
  const twice = [...bodies, ...bodies];

  test("rebuilds the messages of a connection, however segments cut them", async () => {
    const { path } = await captured(spec(calm));
    expect((await followed(path, "tcp")).map(bodiesIn)).toEqual([twice, twice]);
  });

  test("rebuilds the messages of datagrams, each by itself", async () => {
    const { path } = await captured(spec({ ...calm, transport: "udp" }));
    const sides = await followed(path, "udp");
    const each = sides.map((side) => side.flatMap((bytes) => bodiesIn([bytes])));
    expect(each).toEqual([twice, twice]);
  });

  test("rebuilds the messages inside TLS where the file has the secrets, and no byte without", async () => {
    const encrypted = { ...calm, mode: "real", transport: "tls" };
    const opened = await captured(spec({ ...encrypted, captureSecrets: true }));
    const sides = await followed(opened.path, "tls");
    expect(sides.map(bodiesIn)).toEqual(hasSecrets ? [twice, twice] : [[], []]);
    const closed = await captured(spec(encrypted));
    expect(await followed(closed.path, "tls")).toEqual([[], []]);
  });
});

describe.skipIf(!hasTshark)("frames in packets over UDP", () => {
  const names = ["faultline_packet.number", "faultline_packet.crc.status"] as const;
  const more = ["faultline_packet.fragment.count", "faultline_packet.ack.largest"] as const;
  const client = { datagrams: "packets", attemptTimeoutMs: 150, attemptsMax: 8 };
  const faults = [
    { id: "lost", kind: "loss", direction: "reply", probability: 0.1 },
    { id: "flip", kind: "corrupt", direction: "both", probability: 0.2 },
  ];
  const large = {
    transport: "udp",
    workload: { messages: 24, clients: 8, payloadBytes: 5_000 },
    client,
    faults,
  };
  const network = { delayMs: 5, loss: 0.05, duplicate: 0.1, corrupt: 0.05, reorder: 0.1 };

  test.each([
    ["sockets", { mode: "real" }],
    ["a network that loses, doubles and damages datagrams", { network }],
  ])("of %s are put together, and are what the result counts", async (_, world) => {
    const { result, path } = await captured(spec({ ...large, ...world }));
    const columns = [...SOUND, ...FRAMES, ...names, ...more] as const;
    const rows = await fields(path, columns, [...CHECKED, ...WITH_OURS]);
    expect(unsound(rows)).toEqual([]);
    const { attempts, retries, corruptionsDetected } = result.counts;
    expect(retries).toBeGreaterThan(0);
    expect(found(rows)).toEqual({ attempts, retries, corruptionsDetected });
    const packets = rows.filter((row) => row["frame.interface_name"][0] === "faultline-wire");
    const counts = packets.flatMap((row) => row["faultline_packet.fragment.count"]);
    expect(counts.filter((count) => count === "5").length).toBeGreaterThanOrEqual(5 * attempts);
    expect(packets.some((row) => row["faultline_packet.ack.largest"].length > 0)).toBe(true);
    const read = noCounts();
    const frames = [...framesOf(readFileSync(path), read)].filter(({ kind }) => kind === "frame");
    const isBad = (row: (typeof rows)[number]) => row["faultline_packet.crc.status"][0] === "bad";
    const damaged = packets.filter(isBad).length;
    expect(damaged > 0).toBe("network" in world);
    expect(read.layer).toMatchObject({ packets: packets.length - damaged, damaged, noRoom: 0 });
    expect(rows.flatMap((row) => row["faultline.from"])).toHaveLength(frames.length);
  });
});

describe.skipIf(!hasTshark)("our dissector", () => {
  test("links each reply to its request, and each retry to the attempt before", async () => {
    const faults = [{ id: "drop", kind: "loss", probability: 0.3 }];
    const { path } = await captured(spec({ faults, client: { attemptTimeoutMs: 50 } }));
    const names = ["faultline.type", "faultline.response_to", "faultline.attempt"] as const;
    const more = ["faultline.retry_of", "faultline.operation", "faultline.response_time"] as const;
    const where = ["frame.interface_name"] as const;
    const rows = await fields(path, [...names, ...more, ...where], WITH_OURS);
    const at = (number: string | undefined) => rows[Number(number) - 1];
    const isWire = (name: string | undefined): boolean => name === "faultline-wire";
    const replies = rows.filter(
      (row) => row["faultline.type"][0] === "3" && isWire(row["frame.interface_name"][0]),
    );
    expect(replies.length).toBeGreaterThan(150);
    // a packet may hold a ping before it
    const last = (cells: readonly string[] | undefined): string | undefined => cells?.at(-1);
    for (const reply of replies) {
      const request = at(reply["faultline.response_to"][0]);
      expect(last(request?.["faultline.operation"])).toBe(last(reply["faultline.operation"]));
      expect(last(request?.["faultline.attempt"])).toBe(last(reply["faultline.attempt"]));
      expect(Number(reply["faultline.response_time"][0])).toBeGreaterThan(0);
    }
    const retries = rows.filter((row) => row["faultline.retry_of"].length > 0);
    expect(retries.length).toBeGreaterThan(20);
    for (const retry of retries) {
      const before = at(retry["faultline.retry_of"][0]);
      expect(last(before?.["faultline.operation"])).toBe(last(retry["faultline.operation"]));
      const attempt = Number(last(retry["faultline.attempt"]));
      expect(Number(last(before?.["faultline.attempt"]))).toBe(attempt - 1);
    }
  });

  test.each([
    ["crc32", "good"],
    ["crc32c", "good"],
    ["sha1-32", "good"],
    ["sha256-128", "unchecked"],
  ])("of %s says %s", async (checksum, verdict) => {
    const { path } = await captured(spec({ checksum, workload: { messages: 5 } }));
    const rows = await fields(path, ["faultline.checksum.status"], WITH_OURS);
    const said = rows.flatMap((row) => row["faultline.checksum.status"]);
    // five exchanges, and a farewell
    expect(said).toEqual(Array.from({ length: 11 }, () => verdict));
  });

  test("reads pipe messages in datagrams, and tells damaged ones", async () => {
    const faults = [{ id: "flip", kind: "corrupt", how: "byte", probability: 0.3 }];
    const client = { attemptTimeoutMs: 100 };
    const full = spec({ codec: "pipe", transport: "udp", faults, client });
    const { result, path } = await captured(full);
    const rows = await fields(path, ["faultline_pipe.checksum.status"], WITH_OURS);
    const said = rows.flatMap((row) => row["faultline_pipe.checksum.status"]);
    const bad = said.filter((one) => one === "bad").length;
    expect(bad).toBe(result.counts.corruptionsDetected);
    expect(said.length - bad).toBeGreaterThan(bad);
  });

  test("reads pipe messages on a stream, whole or in part", async () => {
    const { path } = await captured(spec({ codec: "pipe", workload: { messages: 50 } }));
    const names = ["faultline_pipe.body", "faultline_pipe.checksum.status"] as const;
    const rows = await fields(path, names, WITH_OURS);
    const said = rows.flatMap((row) => row["faultline_pipe.checksum.status"]);
    expect(said.filter((one) => one === "good").length).toBeGreaterThan(50);
    expect(new Set(said)).toEqual(new Set(["good", "in part or damaged"]));
  });
});
