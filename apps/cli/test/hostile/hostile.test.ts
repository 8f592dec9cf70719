/**
 * Hostile inputs over HTTP, the wire, spec files and the command line: each is refused in its own
 * clear words, leaves nothing half-done, and the next honest caller is served as if nothing was.
 *
 * One service and one server live through a whole table, so that a case which harms them fails the
 * ones after it.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApi } from "@faultline/api";
import type { Api } from "@faultline/api";
import { createClient, randomDraw, randomSession, systemClock, tcpDialer } from "@faultline/client";
import { startServer } from "@faultline/server";
import type { FaultServer, ServerEvent } from "@faultline/server";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../../src/cli.ts";
import { fakeSystem } from "../fake-system.ts";
import { COMMAND_CASES } from "./commands.ts";
import { HTTP_CASES } from "./http.ts";
import { WIRE_CASES } from "./wire.ts";

/** Everything a peer is told until the connection ends. */
function say(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk: Uint8Array) => (heard += Buffer.from(chunk).toString("latin1")));
  socket.on("error", () => {});
  socket.write(bytes);
  return new Promise((resolve) => socket.once("close", () => resolve(heard)));
}

test("there are at least sixty of them, each with a name of its own", () => {
  const names = [
    ...HTTP_CASES.map(({ name }) => `http: ${name}`),
    ...WIRE_CASES.map(({ name }) => `wire: ${name}`),
    ...COMMAND_CASES.map(({ name }) => `command: ${name}`),
  ];
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(new Set(names).size).toBe(names.length);
});

describe("over HTTP", () => {
  let api: Api;
  const failures: unknown[] = [];
  beforeAll(async () => {
    api = await startApi({ onFailure: (error) => failures.push(error) });
  });
  afterAll(() => api.close());

  test.each(HTTP_CASES)("$name: $status $code", async ({ send, status, code, errors }) => {
    const heard = await say(api.port, send);
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [head = "", body = ""] = heard.split("\r\n\r\n");
    expect(head.toLowerCase()).toContain("content-type: application/problem+json");
    if (!send.toString().startsWith("TRACE")) {
      const problem = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)) as {
        errors?: { path: string }[];
      };
      expect(problem).toMatchObject({ type: `urn:faultline:problem:${code}`, status });
      expect(problem.errors?.map(({ path }) => path)).toEqual(errors);
    }
    expect(heard).not.toMatch(/\bat .*\.ts|node_modules|root:/);
    expect((await fetch(`${api.url}/v1/health`)).status).toBe(200);
    const { items } = (await (await fetch(`${api.url}/v1/runs`)).json()) as { items: unknown[] };
    expect(items).toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("none of it was a failure of ours", () => {
    expect(failures).toEqual([]);
  });
});

describe("on the wire", () => {
  let server: FaultServer;
  const events: ServerEvent[] = [];
  let heard: (() => void) | undefined;
  beforeAll(async () => {
    const limits = { frameTimeoutMs: 100, payloadBytesMax: 1000 };
    const onEvent = (event: ServerEvent): void => {
      events.push(event);
      heard?.();
    };
    server = await startServer({ limits, events: "all", onEvent });
  });
  afterAll(() => server.close());

  const port = (): number => server.tcp?.port ?? 0;

  async function untilRefused(): Promise<Extract<ServerEvent, { event: "refusal" }>> {
    for (;;) {
      const refusal = events.find((event) => event.event === "refusal");
      if (refusal !== undefined) return refusal;
      await new Promise<void>((resolve) => (heard = resolve));
    }
  }

  async function exchange(): Promise<string> {
    const client = createClient({
      dialer: tcpDialer({ host: "127.0.0.1", port: port() }),
      clock: systemClock(),
      draw: randomDraw(),
      session: randomSession(),
    });
    const { outcome } = await client.send("honest");
    await client.close();
    return outcome;
  }

  let executionsSeen = 0;

  test.each(WIRE_CASES)("$name: $code", async ({ send, code, closes = true }) => {
    events.length = 0;
    const socket = connect(port(), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.write(send);
    expect(await untilRefused()).toMatchObject({ code, fatal: closes });
    if (closes) await closed;
    expect(await exchange()).toBe("delivered");
    const { executions } = await server.stats();
    // Nothing of it was executed: only what honest clients asked for, and what came before the offence.
    const before = code === "second-session" ? 1 : 0;
    expect(executions - executionsSeen).toBe(1 + before);
    executionsSeen = executions;
  });

  test("nobody is left when all have gone", async () => {
    // Each look is a way to the server's thread and back.
    while ((await server.stats()).connectionsOpen > 0);
    expect((await server.stats()).workerRestarts).toBe(0);
  });
});

describe("on the command line", () => {
  test.each(COMMAND_CASES)("$name: one line, exit code 3, no file left", async (given) => {
    const folder = mkdtempSync(join(tmpdir(), "faultline-hostile-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { file } = given;
    if (file !== undefined) writeFileSync(join(folder, file.name), file.content);
    const args = given.args.map((arg) => arg.replace("FOLDER", folder));
    const system = fakeSystem({ args });
    expect(await runCli(system)).toBe(3);
    const said = system.stderr.text();
    expect(system.stdout.text()).toBe("");
    const [first = "", ...details] = said.trimEnd().split("\n");
    expect(first).toMatch(/faultline: /);
    expect(said).toMatch(given.says);
    // Further lines belong to the first: the errors of a spec, one a line.
    for (const line of details) expect(line).toMatch(/^ {2}/);
    expect(said).not.toMatch(/[\u202e\r]|this is a bug/);
    expect(said).not.toContain("\u001b[2J");
    expect(said.length).toBeLessThan(2000);
    const left = readdirSync(folder).filter((name) => name !== "d");
    expect(left).toEqual(file === undefined ? [] : [file.name]);
    expect(({} as Record<string, unknown>)["seed"]).toBeUndefined();
  });
});
