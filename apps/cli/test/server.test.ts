/**
 * `faultline server` as scripts use it: its first line, its log, its signals, its refusals.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runChild, startCli, startServerChild } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-server-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface LogLine {
  readonly event: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

const logOf = (stdout: string): LogLine[] =>
  stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line) as LogLine);

describe("the first line", () => {
  test("is one JSON line that says where it listens, and with which seed", async () => {
    await using server = await startServerChild([]);
    const { listening } = server;
    expect(listening).toMatchObject({
      event: "listening",
      tcp: { host: "127.0.0.1", port: expect.any(Number) },
      udp: { host: "127.0.0.1", port: expect.any(Number) },
      seed: expect.any(Number),
      faults: [],
    });
    expect(listening.tcp?.port).toBeGreaterThan(0);
    expect((await server.stop()).code).toBe(0);
  });

  test("says null for what is switched off", async () => {
    const child = startCli(["server", "--tcp", "0", "--udp", "off"]);
    const listening = JSON.parse(await child.line(() => true)) as { tcp: object; udp: null };
    child.kill("SIGINT");
    expect(listening.udp).toBeNull();
    expect((await child.ended).code).toBe(0);
  });

  test("names the faults of a scenario, and the seed that was asked for", async () => {
    await using server = await startServerChild(["--scenario", "loss", "--seed", "11"]);
    expect(server.listening.seed).toBe(11);
    expect(server.listening.faults.length).toBeGreaterThan(0);
  });
});

describe("--data", () => {
  test("keeps the folder for one server, and is refused where it cannot keep anything", async () => {
    const data = join(folder, "kept");
    await using server = await startServerChild(["--data", data, "--responder", "counter"]);
    const second = await runChild(["server", "--tcp", "0", "--udp", "off", "--data", data]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`Cannot use the data folder "${data}": another server uses it`);
    expect((await server.stop()).code).toBe(0);
    const pipe = await runChild(["server", "--tcp", "0", "--codec", "pipe", "--data", data]);
    expect(pipe.code).toBe(3);
    expect(pipe.stderr).toContain('"dataDir" must be left out where codec is pipe');
    const slip = await runChild(["server", "--durability", "disk"]);
    expect([slip.code, slip.stderr]).toEqual([3, expect.stringContaining("process, machine")]);
  });

  test("names the responder that a folder belongs to, where another is asked for", async () => {
    const data = join(folder, "counted");
    const server = await startServerChild(["--data", data, "--responder", "counter"]);
    await server.stop();
    const other = await runChild(["server", "--tcp", "0", "--udp", "off", "--data", data]);
    expect([other.code, other.stdout, other.stderr]).toEqual([
      3,
      "",
      `faultline: Cannot use the data folder "${data}" as "responder" must be counter, which has answered what is in it: got echo\n`,
    ]);
  });

  test("removed while the server runs ends it: one error of the log, one line, exit code 3", async () => {
    const data = join(folder, "removed");
    const server = await startServerChild(["--data", data]);
    const port = String(server.listening.tcp?.port);
    expect((await runChild(["send", "--port", port, "kept"])).code).toBe(0);
    rmSync(data, { recursive: true });
    const late = await runChild(["send", "--port", port, "--attempts", "1", "lost"]);
    expect(late.code).not.toBe(0);
    const { code, stdout, stderr } = await server.child.ended;
    const lost = `Cannot go on: the journal "${join(data, "journal-1-0.log")}" was removed while the server was running`;
    expect([code, stderr]).toEqual([3, `faultline: ${lost}\n`]);
    const errors = logOf(stdout).filter(({ level }) => level === "error");
    expect(errors.map(({ event, message }) => [event, message])).toEqual([
      ["data-failed", `${lost}.`],
      ["failed", `${lost}.`],
    ]);
  });
});

describe("the log", () => {
  test("has a JSON line for each accept, message, fault, reply and close", async () => {
    const spec = join(folder, "spec.json");
    writeFileSync(
      spec,
      JSON.stringify({
        specVersion: 1,
        seed: 5,
        faults: [{ id: "slow", kind: "delay", delayMs: 1 }],
      }),
    );
    await using server = await startServerChild(["--spec", spec]);
    expect(server.listening).toMatchObject({ seed: 5, faults: ["slow"] });
    await runChild(["send", "--port", String(server.listening.tcp?.port), "secret body"]);
    await server.child.line((line) => line.startsWith('{"event":"close"'));
    const { stdout } = await server.stop();
    const events = logOf(stdout).map(({ event }) => event);
    for (const event of ["accept", "message", "fault", "reply", "close", "stopping", "stopped"])
      expect(events).toContain(event);
    for (const { level } of logOf(stdout)) expect(level).toBe("info");
    for (const { time } of logOf(stdout)) expect(new Date(time).toISOString()).toBe(time);
    expect(stdout).not.toContain("secret body");
  });

  test("says how much each line matters, and LOG_LEVEL leaves out what matters less", async () => {
    const child = startCli(["server", "--tcp", "0", "--udp", "off"], {
      env: { LOG_LEVEL: "warn" },
    });
    const first = JSON.parse(await child.line(() => true)) as { tcp: { port: number } };
    const port = String(first.tcp.port);
    await runChild(["send", "--port", port, "secret body"]);
    // Not ours: a text in the pipe form, which a server of frames refuses.
    await runChild(["send", "--port", port, "--codec", "pipe", "--attempts", "1", "x"]);
    child.kill("SIGTERM");
    const { stdout } = await child.ended;
    const lines = logOf(stdout);
    expect(lines.map(({ level }) => level)).not.toContain("info");
    expect(stdout).not.toContain("secret body");
  });

  const body = `Hello from Client\u001b[2J flt_0123456789abcdef_${"S".repeat(43)} ${"x".repeat(300)}`;

  test("holds no payload at its most talkative, whatever the codec", async () => {
    for (const codec of ["frame", "pipe"]) {
      await using server = await startServerChild(["--codec", codec], { LOG_LEVEL: "debug" });
      const port = String(server.listening.tcp?.port);
      await runChild(["send", "--port", port, "--codec", codec, body]);
      const { stdout } = await server.stop();
      expect(stdout).toContain('"event":"reply"');
      expect(stdout).not.toContain("Hello");
      expect(stdout).not.toContain("payload");
    }
  });

  test.each([
    ["frame", ["--log-payloads"], {}],
    ["pipe", [], { LOG_PAYLOADS: "true" }],
  ])(
    "holds payloads where asked (%s, %j): cut, on one line, no token",
    async (codec, args, env) => {
      await using server = await startServerChild(["--codec", codec, ...args], env);
      const port = String(server.listening.tcp?.port);
      await runChild(["send", "--port", port, "--codec", codec, body]);
      const { stdout } = await server.stop();
      const lines = logOf(stdout).filter(({ event }) => event === "message" || event === "reply");
      expect(lines.map(({ event }) => event)).toEqual(["message", "reply"]);
      for (const { payload, bytes } of lines) {
        expect(bytes).toBe(body.length);
        const [before, after] = String(payload).split("flt_0123456789abcdef_[secret]");
        expect(before).toBe("Hello from Client\u001b[2J ");
        expect(after).toMatch(/^ x+$/);
        expect(String(payload).length).toBeLessThanOrEqual(256);
      }
      expect(stdout).not.toContain("\u001b");
      expect(stdout).not.toContain("SSSS");
    },
  );

  test("--log-payloads with --quiet, or a LOG_PAYLOADS that is no switch, is one clear line", async () => {
    const both = await runChild(["server", "--log-payloads", "--quiet"]);
    expect([both.code, both.stderr]).toEqual([
      3,
      'faultline: Cannot serve as "--log-payloads" must be left out with "--quiet"\n',
    ]);
    const slip = await runChild(["server"], { env: { LOG_PAYLOADS: "loud" } });
    expect([slip.code, slip.stderr]).toEqual([
      3,
      'faultline: Cannot start as "LOG_PAYLOADS" must be 1 or 0: got "loud"\n',
    ]);
  });

  test("a LOG_LEVEL that is none is one clear line and exit code 3", async () => {
    const ended = await runChild(["server", "--tcp", "0"], { env: { LOG_LEVEL: "loud" } });
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(ended.stderr).toMatch(
      /^faultline: Cannot start as "LOG_LEVEL" must be one of [^\n]*: got "loud"\n$/,
    );
  });

  test("is short with --quiet", async () => {
    await using server = await startServerChild(["--quiet"]);
    await runChild(["send", "--port", String(server.listening.tcp?.port), "x"]);
    const { stdout } = await server.stop();
    expect(logOf(stdout).map(({ event }) => event)).not.toContain("message");
  });

  test("says when a phase begins, and its faults are in force by then", async () => {
    const spec = join(folder, "phases.json");
    const phases = [
      { name: "calm", durationMs: 1, faults: [] },
      { name: "storm", durationMs: 60_000, faults: [{ id: "all", kind: "loss", answer: "error" }] },
    ];
    writeFileSync(spec, JSON.stringify({ specVersion: 1, phases, workload: { messages: 10 } }));
    await using server = await startServerChild(["--spec", spec]);
    const line = await server.child.line(
      (text) => text.includes('"event":"phase"') && text.includes('"storm"'),
    );
    expect(JSON.parse(line)).toMatchObject({ event: "phase", name: "storm", faults: ["all"] });
    const sent = await runChild([
      "send",
      "--port",
      String(server.listening.tcp?.port),
      "--attempts",
      "2",
      "--json",
      "x",
    ]);
    expect(JSON.parse(sent.stdout)).toMatchObject({ outcome: "failed", attempts: 2 });
  });
});

describe("the same seed", () => {
  test("meets the same texts with the same faults, however often it is started", async () => {
    const replies = async (): Promise<string> => {
      await using server = await startServerChild([
        "--codec",
        "pipe",
        "--scenario",
        "loss",
        "--seed",
        "3",
      ]);
      const texts = Array.from({ length: 12 }, (_, at) => `m${at}`);
      const sent = await runChild([
        "send",
        "--codec",
        "pipe",
        "--port",
        String(server.listening.tcp?.port),
        "--timeout",
        "200",
        "--json",
        ...texts,
      ]);
      return sent.stdout;
    };
    const first = await replies();
    expect(first.match(/"attempts":[2-9]/)).not.toBeNull();
    expect(await replies()).toBe(first);
  });
});

describe("ends and refusals", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s drains and ends with exit code 0",
    async (signal) => {
      const server = await startServerChild(["--workers", "2"]);
      server.child.kill(signal);
      expect((await server.child.ended).code).toBe(0);
      expect(server.child.stderr()).toBe("");
    },
  );

  test("a port in use is one clear line and exit code 3, nothing on standard output", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const ended = await runChild(["server", "--tcp", String(port), "--udp", "0"]);
    taken.close();
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(ended.stderr).toMatch(
      new RegExp(`^faultline: Cannot listen on tcp 127\\.0\\.0\\.1:${port}: the port is in use\n$`),
    );
  });

  test("an address of another machine is one clear line and exit code 3", async () => {
    const ended = await runChild(["server", "--host", "192.0.2.1", "--tcp", "0"]);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toMatch(/^faultline: Cannot listen on tcp 192\.0\.2\.1:0: [^\n]+\n$/);
  });
});
