/**
 * The original Python programs against ours, both ways, over loopback.
 *
 * Their classes are used as they are; the drivers here only choose host and port, and over UDP
 * read the reply that the original does not wait for.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runChild, startProgram, startServerChild } from "./child.ts";
import type { Child } from "./child.ts";
import { originalPrograms } from "./original.ts";

const original = originalPrograms();
const here = "folder" in original;
const folder = here ? original.folder : "";
if (!here) console.log(`skipped: the original programs cannot be run: ${original.missing}`);
afterAll(() => {
  if (here) rmSync(folder, { recursive: true, force: true });
});

/** Sends the messages with the original class; over UDP also prints the reply. */
const CLIENT_DRIVER = `
import json, sys
from original_client import ResilientClient
protocol, port, messages = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
client = ResilientClient(host="127.0.0.1", port=port, protocol=protocol)
client.connect()
for message in messages:
    client.send_message(message)
    if protocol == "UDP":
        client.sock.settimeout(10)
        print("UDP reply: " + client.sock.recvfrom(65536)[0].decode())
client.sock.close()
`;

/** Both original servers on free ports; a fixed seed, so a failure can be seen again. */
const SERVER_DRIVER = `
import json, random, sys, time
from original_server import ResilientTCPServer, ResilientUDPServer
random.seed(int(sys.argv[1]))
tcp, udp = ResilientTCPServer("127.0.0.1", 0), ResilientUDPServer("127.0.0.1", 0)
tcp.start(); udp.start()
print("READY " + json.dumps([tcp.sock.getsockname()[1], udp.sock.getsockname()[1]]))
while True:
    time.sleep(1)
`;

function python(driver: string, args: readonly string[]): Child {
  const env = { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" };
  return startProgram("python3", ["-u", "-c", driver, ...args], { env });
}

const TEN = ["Hey", "two", "a|b", "Grüße", "x".repeat(900), "six", "7", " eight ", "nine", "ten"];

describe.skipIf(!here)("the original client against our server", () => {
  test("gets a valid reply to every message, ten in a row on one TCP connection", async () => {
    await using server = await startServerChild(["--codec", "pipe"]);
    // The original splits a reply at the first "|" and so refuses such a body, whoever answers.
    const messages = TEN.filter((text) => !text.includes("|"));
    const client = await python(CLIENT_DRIVER, [
      "TCP",
      String(server.listening.tcp?.port),
      JSON.stringify(messages),
    ]).ended;
    expect(client.code).toBe(0);
    const valid = [...client.stdout.matchAll(/Received valid reply: (.*)/g)].map(
      (match) => match[1],
    );
    expect(valid).toEqual(messages);
    expect(client.stdout).not.toMatch(/Timeout|mismatch|Invalid|Unexpected/);
  });

  test("gets the same from repeating one message", async () => {
    await using server = await startServerChild(["--codec", "pipe"]);
    const messages = TEN.map(() => "Hey");
    const client = await python(CLIENT_DRIVER, [
      "TCP",
      String(server.listening.tcp?.port),
      JSON.stringify(messages),
    ]).ended;
    expect([...client.stdout.matchAll(/Received valid reply: Hey\n/g)].length).toBe(10);
    expect(client.stdout).not.toContain("Timeout");
  });

  test("finds its datagrams answered over UDP, though it does not wait for that", async () => {
    await using server = await startServerChild(["--codec", "pipe"]);
    const client = await python(CLIENT_DRIVER, [
      "UDP",
      String(server.listening.udp?.port),
      JSON.stringify(TEN),
    ]).ended;
    expect(client.code).toBe(0);
    const sent = [...client.stdout.matchAll(/ready to send: \((.*)\)/g)].map((match) => match[1]);
    const replies = [...client.stdout.matchAll(/UDP reply: (.*)/g)].map((match) => match[1]);
    expect(sent.length).toBe(10);
    expect(replies).toEqual(sent);
  });

  test("is told error_code where a reply is lost, as its own server did", async () => {
    const spec = join(folder, "loss.json");
    const fault = { id: "lost", kind: "loss", answer: "error", probability: 0.5 };
    writeFileSync(
      spec,
      JSON.stringify({ specVersion: 1, seed: 1, codec: "pipe", faults: [fault] }),
    );
    await using server = await startServerChild(["--spec", spec]);
    const client = await python(CLIENT_DRIVER, [
      "TCP",
      String(server.listening.tcp?.port),
      JSON.stringify(["one", "two", "three", "four", "five", "six"]),
    ]).ended;
    expect(client.code).toBe(0);
    const replies = [...client.stdout.matchAll(/Message received: (.*)/g)].map(
      (match) => match[1] ?? "",
    );
    expect(new Set(replies.filter((reply) => !reply.includes("|")))).toEqual(
      new Set(["error_code"]),
    );
    expect(replies.some((reply) => reply.includes("|"))).toBe(true);
  });
});

interface SendLine {
  readonly message: string;
  readonly outcome: string;
  readonly attempts: number;
  readonly reply?: string;
  readonly error?: { readonly code: string };
}

describe.skipIf(!here)("our client against the original server", () => {
  test("never takes a wrong body for delivered, and says what failed", async () => {
    const server = python(SERVER_DRIVER, ["5"]);
    const [tcpPort] = JSON.parse(
      (await server.line((line) => line.startsWith("READY "))).slice(6),
    ) as number[];
    const messages = ["one", "two", "three", "four", "five", "six"];
    const sent = await runChild([
      "send",
      "--codec",
      "pipe",
      "--port",
      String(tcpPort),
      "--timeout",
      "300",
      "--attempts",
      "4",
      "--json",
      ...messages,
    ]);
    const lines = sent.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as SendLine);
    expect(lines.map(({ message }) => message)).toEqual(messages);
    for (const line of lines) {
      if (line.outcome === "delivered") expect(line.reply).toBe(line.message);
      else
        expect(line).toMatchObject({
          outcome: "failed",
          error: { code: expect.stringMatching(/^[a-z-]+$/) },
        });
    }
    const delivered = lines.filter(({ outcome }) => outcome === "delivered");
    expect(delivered.length).toBeGreaterThan(0);
    expect(sent.code).toBe(delivered.length === lines.length ? 0 : 1);
    expect(lines.some(({ attempts }) => attempts > 1)).toBe(true);
  });

  test("over UDP, where that server never answers, hands over what it can check", async () => {
    const server = python(SERVER_DRIVER, ["1"]);
    const [, udpPort] = JSON.parse(
      (await server.line((line) => line.startsWith("READY "))).slice(6),
    ) as number[];
    const sent = await runChild([
      "send",
      "--protocol",
      "udp",
      "--codec",
      "pipe",
      "--no-reply",
      "--port",
      String(udpPort),
      "--json",
      "Hey",
    ]);
    expect(JSON.parse(sent.stdout)).toEqual({ message: "Hey", outcome: "delivered", attempts: 1 });
    await server.line(
      (line) => line.includes("[UDP SERVER] Received from") && line.endsWith("Hey|e4599fa9"),
    );
    const waited = await runChild([
      "send",
      "--protocol",
      "udp",
      "--codec",
      "pipe",
      "--port",
      String(udpPort),
      "--timeout",
      "100",
      "--attempts",
      "2",
      "--json",
      "Hey",
    ]);
    expect(JSON.parse(waited.stdout)).toMatchObject({ outcome: "failed" });
    expect(waited.code).not.toBe(0);
  });
});
