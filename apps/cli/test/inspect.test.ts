/**
 * `faultline inspect` and `run --capture`: the file is whole or not there, and can be read without Wireshark.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { Outputs } from "../src/input/outputs.ts";
import { fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-inspect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const system = fakeSystem({ args });
  const code = await runCli(system);
  return { code, out: system.stdout.text(), err: system.stderr.text() };
}

const path = join(folder, "plaintext.pcapng");
const captured = cli("run", "plaintext", "--mode", "simulated", "--capture", path);

describe("run --capture", () => {
  test("writes a whole file, says what it shows, and leaves nothing beside it", async () => {
    const { code, out } = await captured;
    expect(code).toBe(0);
    expect(out).toMatch(/wire {8}\d+ packets, .* bits of entropy a byte/);
    expect(out).toContain("a message can be read: 17 bytes of it in packet");
    expect(readFileSync(path).subarray(0, 4)).toEqual(Buffer.of(0x0a, 0x0d, 0x0d, 0x0a));
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test("takes the place of an earlier file only when it is whole", async () => {
    const kept = join(folder, "kept.pcapng");
    writeFileSync(kept, "earlier");
    const spec = join(folder, "refused.json");
    writeFileSync(spec, JSON.stringify({ specVersion: 1, transport: "quic" }));
    expect((await cli("run", spec, "--capture", kept)).code).toBe(3);
    expect(readFileSync(kept, "utf8")).toBe("earlier");
  });

  test("never writes over the spec, a folder, or where it may not", async () => {
    const spec = join(folder, "spec.json");
    writeFileSync(spec, JSON.stringify({ specVersion: 1, workload: { messages: 1 } }));
    const over = await cli("run", spec, "--capture", spec);
    expect(over.err).toContain('"--capture" must be another file than the spec');
    expect((await cli("run", spec, "--capture", folder)).err).toContain("it is a folder");
    const nowhere = await cli("run", spec, "--capture", join(folder, "no", "such"));
    expect(nowhere.err).toContain("no such file or folder");
  });

  test("leaves no part behind where another file cannot be opened", async () => {
    const alone = join(folder, "alone.pcapng");
    const no = join(folder, "no", "such");
    for (const other of ["--exchanges", "--junit"]) {
      expect((await cli("run", "plaintext", "--capture", alone, other, no)).code).toBe(3);
      expect(existsSync(`${alone}.part`)).toBe(false);
    }
  });

  test("is whole though another file could not be finished", async () => {
    const alone = join(folder, "finished.pcapng");
    const outputs = new Outputs({ capture: alone, junit: join(folder, "report.xml") });
    outputs.capture?.add(Uint8Array.of(1, 2, 3));
    expect(() =>
      outputs.finish(() => {
        throw new Error("no report");
      }),
    ).toThrow("no report");
    expect(readFileSync(alone)).toEqual(Buffer.of(1, 2, 3));
    expect(existsSync(`${alone}.part`)).toBe(false);
  });
});

describe("inspect", () => {
  test("prints each frame in words, and its bytes beside them", async () => {
    await captured;
    const { code, out, err } = await cli("inspect", path, "--limit", "2");
    expect(code).toBe(0);
    expect(out).toContain("data  operation 0  attempt 1  17 bytes  crc32c");
    expect(out).toMatch(/0000 {2}fa 17 01 02 .* {2}magic, version 1 · type data, checksum crc32c/);
    expect(out).toMatch(/0030 {2}6f 6d 20 43 6c 69 65 6e 74 .* {2}om Client/);
    expect(err).toMatch(/\d+ packets, 201 frames, 199 not shown \(--limit\)/);
  });

  test("gives JSON lines that a script can count", async () => {
    await captured;
    const { out } = await cli("inspect", path, "--json");
    const all = out.trimEnd().split("\n");
    const frames = all.map((line) => JSON.parse(line) as { type: string; payloadBytes: number });
    expect(frames.filter(({ type }) => type === "data")).toHaveLength(100);
    const replies = frames.filter(({ type }) => type === "reply");
    expect(replies).toHaveLength(100);
    expect(replies[0]).toMatchObject({ status: "ok", life: 1 });
  });

  test("shows packets with their fields, and the frames that they carry in fragments", async () => {
    const spec = join(folder, "packets.json");
    const file = join(folder, "packets.pcapng");
    const [client, workload] = [{ datagrams: "packets" }, { messages: 2, payloadBytes: 3000 }];
    const packets = { specVersion: 1, mode: "simulated", transport: "udp", client, workload };
    writeFileSync(spec, JSON.stringify(packets));
    expect((await cli("run", spec, "--capture", file)).code).toBe(0);
    const { out, err } = await cli("inspect", file);
    expect(out).toMatch(/packet 0 {2}connection [0-9a-f]{16} {2}opening\n {4}fragment 1 of 3 of /);
    expect(out).toMatch(/acknowledges 0-1, the last of them \d+ µs ago/);
    expect(out).toContain("data  operation 1  attempt 1  3000 bytes  crc32c");
    expect(out.match(/^ {2}reply {2}operation/gm)).toHaveLength(2);
    // two requests, two replies, a farewell
    expect(err).toMatch(/^\d+ packets, 5 frames\nunder the frames: \d+ reliable packets\n$/);
    const json = await cli("inspect", file, "--json");
    const lines = json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    const ofFirst = { message: 0, index: 0, count: 3, bytes: 1140 };
    expect(lines[0]).toMatchObject({ type: "packet", number: 0, fragments: [ofFirst], ack: null });
    const frames = lines.filter((line) => "operation" in line);
    expect(frames).toHaveLength(5);
    expect(frames[0]).toMatchObject({ type: "data", inPackets: true, payloadBytes: 3000 });
  });

  test("says of TLS that it is encrypted, how much there is, and what its comments name", async () => {
    const secret = join(folder, "tls.pcapng");
    const ran = await cli("run", "encrypted", "--transport", "tls", "--capture", secret);
    expect([ran.code, ran.err]).toEqual([0, expect.any(String)]);
    expect(ran.out).toContain("no message can be read");
    const { code, out, err } = await cli("inspect", secret);
    expect(code).toBe(0);
    expect(out).toContain("  by its comment, encrypted: data client 0 operation 0 attempt 1\n");
    expect(out).not.toContain("Hello");
    expect(err).toMatch(
      /^\d+ packets, 0 frames, \d+ packets with something else \(all of them ours, encrypted\)\n/,
    );
    expect(err).toMatch(
      /TLS: \d+ records, \d+ of them encrypted; [\d ]+ bytes, [\d ]+ in the largest.*the file holds no secrets\n$/,
    );
    const json = (await cli("inspect", secret, "--json")).out.split("\n");
    const other = {
      type: "other",
      encrypted: true,
      comment: "data client 0 operation 0 attempt 1",
    };
    expect(JSON.parse(json[0]!)).toMatchObject(other);
  });

  test("shows what it cannot decode, and says why", async () => {
    const file = join(folder, "other.pcapng");
    expect((await cli("run", "encrypted", "--transport", "udp", "--capture", file)).code).toBe(0);
    const sealed = await cli("inspect", file);
    expect([sealed.code, sealed.out]).toEqual([0, ""]);
    expect(sealed.err).toMatch(
      /^(\d+) packets, 0 frames, \1 packets .*\(all of them ours, encrypted\)\n$/,
    );
    const spec = join(folder, "pipe.json");
    const pipe = { specVersion: 1, codec: "pipe", mode: "simulated", workload: { messages: 1 } };
    writeFileSync(spec, JSON.stringify({ ...pipe, workload: { bodies: ["Hello"], messages: 1 } }));
    expect((await cli("run", spec, "--capture", file)).code).toBe(0);
    const { out } = await cli("inspect", file);
    expect(out).toMatch(
      /by its comment: request 0 of this connection\n {2}0000 {2}48 65 6c 6c 6f 7c/,
    );
  });

  test("refuses what is no capture, and says where a damaged one ends", async () => {
    await captured;
    const noCapture = join(folder, "garbage.pcapng");
    writeFileSync(noCapture, "{}");
    const garbage = await cli("inspect", noCapture);
    expect(garbage.code).toBe(3);
    expect(garbage.err).toMatch(/at byte 0, it does not begin with a section header/);
    const cut = join(folder, "cut.pcapng");
    writeFileSync(cut, readFileSync(path).subarray(0, 3_001));
    const { code, out, err } = await cli("inspect", cut);
    expect(code).toBe(3);
    expect(out).toContain("operation 0");
    expect(err).toMatch(/at byte \d+ after \d+ packets, the file ends within a block/);
    expect(err.match(/\n/g)).toHaveLength(2);
    expect((await cli("inspect", join(folder, "none"))).err).toContain("no such file");
    expect((await cli("inspect", "-")).err).toContain("standard input is no file");
    expect((await cli("inspect", folder)).err).toContain("it is a folder");
    const zipped = join(folder, "zipped.pcapng.gz");
    writeFileSync(zipped, gzipSync(readFileSync(path)));
    expect((await cli("inspect", zipped)).err).toContain("it is compressed: gunzip it first");
    const empty = join(folder, "empty.pcapng.part");
    writeFileSync(empty, "");
    expect((await cli("inspect", empty)).err).toContain("the file is empty");
  });

  test("reads what a run that was killed has written, whatever it was cut off in", async () => {
    await captured;
    const whole = (await cli("inspect", path, "--json", "--limit", "1000")).out;
    const part = join(folder, "killed.pcapng.part");
    const file = readFileSync(path);
    for (const end of [file.length - 1, file.length - 1_000, 4_002]) {
      writeFileSync(part, file.subarray(0, end));
      const { code, out, err } = await cli("inspect", part, "--json", "--limit", "1000");
      expect(code).toBe(3);
      expect(whole.startsWith(out) && out.length > 0).toBe(true);
      expect(err).toContain("it was not finished, and what came before is all there is");
    }
  });
});
