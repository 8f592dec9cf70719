/**
 * `faultline send` against `faultline server`, both as real processes over loopback.
 */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { runChild, startCli, startServerChild } from "./child.ts";
import type { RunningServer } from "./child.ts";

interface Line {
  readonly message: string;
  readonly outcome: "delivered" | "failed" | "rejected";
  readonly attempts: number;
  readonly reply?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

const portOf = (server: RunningServer, protocol: "tcp" | "udp"): string =>
  String(server.listening[protocol]?.port);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const MESSAGES = ["Hey", "a|b", "Grüße 世界", "x".repeat(2000)];

describe("messages", () => {
  test.each([
    ["tcp", "frame"],
    ["tcp", "pipe"],
    ["udp", "frame"],
    ["udp", "pipe"],
  ] as const)("over %s as %s are all echoed, in order, exit code 0", async (protocol, codec) => {
    await using server = await startServerChild(["--codec", codec]);
    const sent = await runChild([
      "send",
      "--protocol",
      protocol,
      "--codec",
      codec,
      "--port",
      portOf(server, protocol),
      "--json",
      ...MESSAGES,
    ]);
    expect(linesOf(sent.stdout)).toEqual(
      MESSAGES.map((message) => ({ message, outcome: "delivered", attempts: 1, reply: message })),
    );
    expect([sent.code, sent.stderr]).toEqual([0, ""]);
  });

  test("over udp in packets may be larger than a datagram", async () => {
    await using server = await startServerChild([]);
    const large = "x".repeat(65_536);
    const at = ["--protocol", "udp", "--port", portOf(server, "udp"), "--json"];
    const packets = await runChild(["send", ...at, "--datagrams", "packets", large]);
    expect(linesOf(packets.stdout)).toEqual([
      { message: large, outcome: "delivered", attempts: 1, reply: large },
    ]);
    const plain = await runChild(["send", ...at, large]);
    expect(linesOf(plain.stdout)).toMatchObject([{ outcome: "rejected" }]);
    expect([packets.code, plain.code]).toEqual([0, 1]);
  });

  test("go in packets only over udp", async () => {
    const sent = await runChild(["send", "--datagrams", "packets", "Hey"]);
    expect(sent.code).toBe(3);
    expect(sent.stderr).toContain('Cannot send as "--datagrams" must be plain');
  });

  test("share one connection", async () => {
    await using server = await startServerChild([]);
    await runChild(["send", "--port", portOf(server, "tcp"), ...MESSAGES]);
    await server.child.line((line) => line.startsWith('{"event":"close"'));
    const { stdout } = await server.stop();
    expect(stdout.match(/"event":"accept"/g)?.length).toBe(1);
    expect(stdout.match(/"event":"message"/g)?.length).toBe(MESSAGES.length);
  });

  test("come from the lines of standard input where none is named", async () => {
    await using server = await startServerChild([]);
    const sent = await runChild(["send", "--port", portOf(server, "tcp"), "--json"], {
      input: "one\r\ntwo\n\nthree",
    });
    expect(linesOf(sent.stdout).map(({ message, outcome }) => [message, outcome])).toEqual([
      ["one", "delivered"],
      ["two", "delivered"],
      ["", "rejected"],
      ["three", "delivered"],
    ]);
    expect(sent.code).toBe(1);
  });

  test("are answered as they are piped in, not at the end", async () => {
    await using server = await startServerChild([]);
    const child = startCli(["send", "--port", portOf(server, "tcp"), "--json"], {
      keepInput: true,
    });
    child.process.stdin.write("first\n");
    await child.line((line) => line.includes("first"));
    child.process.stdin.end("second\n");
    expect((await child.ended).code).toBe(0);
    expect(linesOf(child.stdout()).length).toBe(2);
  });

  test("are no longer waited for after Ctrl-C", async () => {
    await using server = await startServerChild([]);
    const child = startCli(["send", "--port", portOf(server, "tcp"), "--json"], {
      keepInput: true,
    });
    child.process.stdin.write("first\n");
    await child.line((line) => line.includes("first"));
    child.kill("SIGINT");
    expect(await child.ended).toMatchObject({ code: 130, stderr: "" });
  });

  test("that the check refuses are never sent", async () => {
    await using server = await startServerChild([]);
    const sent = await runChild([
      "send",
      "--port",
      portOf(server, "tcp"),
      "--json",
      "DROP TABLE users",
      "   ",
      "fine",
    ]);
    expect(linesOf(sent.stdout)).toMatchObject([
      { outcome: "rejected", attempts: 0, error: { code: "refused-by-check" } },
      { outcome: "rejected", attempts: 0, error: { code: "refused-by-check" } },
      { outcome: "delivered", attempts: 1 },
    ]);
    expect(sent.code).toBe(1);
    const { stdout } = await server.stop();
    expect(stdout.match(/"event":"message"/g)?.length).toBe(1);
  });

  test("are tried again where replies are lost or damaged, and never believed wrong", async () => {
    await using server = await startServerChild(["--scenario", "corruption", "--seed", "7"]);
    const messages = Array.from({ length: 20 }, (_, at) => `message ${at}`);
    const sent = await runChild([
      "send",
      "--port",
      portOf(server, "tcp"),
      "--json",
      "--attempts",
      "20",
      ...messages,
    ]);
    const lines = linesOf(sent.stdout);
    expect(lines.map(({ reply }) => reply)).toEqual(messages);
    expect(lines.some(({ attempts }) => attempts > 1)).toBe(true);
    expect(sent.code).toBe(0);
  });

  test("are said to a person one a line", async () => {
    await using server = await startServerChild([]);
    const sent = await runChild(
      ["send", "--port", portOf(server, "tcp"), "Hey", "malware\u001b[2J"],
      { env: { LC_ALL: "C.UTF-8" } },
    );
    const [first, second] = sent.stdout.split("\n");
    expect(first).toMatch(/^✔ {2}"Hey" {2}echoed {2}1 attempt in .*: reply$/);
    expect(second).toMatch(/^✘ {2}"malware\\x1b\[2J" {2}rejected: /);
  });
});

describe("an output that breaks", () => {
  const many = "malware\n".repeat(20_000);

  test("a reader that leaves early ends it quietly, and not as a success", async () => {
    const child = startCli(["send", "--json"], { input: many });
    await child.line(() => true);
    child.process.stdout.destroy();
    const ended = await child.ended;
    expect([ended.code, ended.stderr]).toEqual([141, ""]);
  });

  test("a full disk is one clear line and exit code 3", async ({ skip }) => {
    skip(process.platform !== "linux", "/dev/full is a Linux device");
    const ended = await runChild(["send", "--json"], { input: many, output: "/dev/full" });
    expect([ended.code, ended.stderr]).toEqual([
      3,
      "faultline: Cannot write to standard output: the disk is full\n",
    ]);
  });
});

describe("a server that is not there", () => {
  test("is one clear line, exit code 3, and every message still has its outcome", async () => {
    const port = await freePort();
    const sent = await runChild([
      "send",
      "--port",
      String(port),
      "--attempts",
      "2",
      "--json",
      "one",
    ]);
    expect(linesOf(sent.stdout)).toMatchObject([
      { message: "one", outcome: "failed", attempts: 2 },
    ]);
    expect(sent.stderr).toMatch(
      new RegExp(`^faultline: Cannot reach 127\\.0\\.0\\.1 tcp port ${port}: .*refused.*\n$`),
    );
    expect(sent.code).toBe(3);
  });

  test("a server that never answers is a failure with its reason, not a hang", async () => {
    // The client resets the connection in the end, which a socket reports as an error.
    const silent = createServer((socket) => void socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const sent = await runChild([
      "send",
      "--port",
      String(port),
      "--attempts",
      "2",
      "--timeout",
      "50",
      "--json",
      "one",
    ]);
    silent.close();
    expect(linesOf(sent.stdout)).toMatchObject([
      { outcome: "failed", attempts: 2, error: { code: "attempts-exhausted" } },
    ]);
    expect([sent.code, sent.stderr]).toEqual([1, ""]);
  });
});
