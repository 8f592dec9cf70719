/** The program: signals, exit codes, and what survives the worst of ends. */

import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createToken, revokeToken } from "../src/guard/tokens.ts";
import type { Run } from "../src/runs/run.ts";
import { startMain } from "./support/child.ts";
import { http } from "./support/http.ts";
import { makeTempFolder } from "./support/temp-folder.ts";

const FAST = { specVersion: 1, seed: 1, workload: { messages: 20 } };
/** Would take an hour. */
const SLOW = { specVersion: 1, seed: 2, workload: { messages: 3600, ratePerSecond: 20 } };

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

describe("a clean end", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "follows %s: exit code 0, one line in all",
    async (signal) => {
      const child = startMain({ FAULTLINE_DATA: ":memory:" });
      const url = await child.listening;
      expect((await http(url).get("/v1/health")).status).toBe(200);
      child.kill(signal);
      expect(await child.ended).toEqual({
        code: 0,
        signal: null,
        stdout: `Faultline listens on ${url} (reference: ${url}/docs)\n`,
        stderr: "",
      });
    },
  );

  test("stops a run that takes too long, and the next start knows why it ended", async () => {
    const environment = { FAULTLINE_DATA: makeTempFolder(), FAULTLINE_GRACE_MS: "0" };
    const first = startMain(environment);
    const before = http(await first.listening);
    const { id } = await before.start(SLOW);
    await before.untilFirstExchange(id);
    first.kill("SIGTERM");
    const { code, stderr } = await first.ended;
    expect(code).toBe(0);
    const lines = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    const events = ["run-accepted", "run-started", "run-ended"];
    expect(lines).toMatchObject(events.map((event) => ({ event, run: id })));
    const after = http(await startMain(environment).listening);
    expect(await after.json<Run>(`/v1/runs/${id}`)).toMatchObject({
      status: "failed",
      error: { detail: "the service was shut down while the run was in progress" },
    });
  });
});

describe("LOG_PAYLOADS", () => {
  const token = `flt_0123456789abcdef_${"S".repeat(43)}`;
  const bodies = ['Hello from Client\n{"level":"error"}', `mine is ${token}`, "x".repeat(300)];
  const spec = { ...FAST, mode: "simulated", workload: { messages: 3, bodies } };

  /** What a service at its most talkative logs of a run whose bodies are known. */
  async function logOf(environment: Record<string, string>): Promise<string> {
    const data = makeTempFolder();
    const child = startMain({ FAULTLINE_DATA: data, LOG_LEVEL: "debug", ...environment });
    const api = http(await child.listening);
    await api.untilEnd((await api.start(spec)).id);
    child.kill("SIGTERM");
    const { code, stderr } = await child.ended;
    expect(code).toBe(0);
    return stderr;
  }

  test("not set: no byte of a message or of a request's body is logged, at any level", async () => {
    const said = await logOf({});
    expect(said).toContain('"event":"attempt"');
    expect(said).not.toContain("Hello");
    expect(said).not.toContain("mine is");
    expect(said).not.toContain("payload");
  });

  test("1: lines say what was carried, whole lines still, cut, and without the token in it", async () => {
    const said = await logOf({ LOG_PAYLOADS: "1" });
    const lines = said
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; payload?: string });
    const of = (event: string) => lines.filter((line) => line.event === event);
    const carried = [bodies[0], "mine is flt_0123456789abcdef_[secret]", "x".repeat(256)];
    expect(of("attempt").map(({ payload }) => payload)).toEqual(carried);
    expect(of("request-body")).toMatchObject([
      { level: "debug", method: "POST", path: "/v1/runs", bytes: JSON.stringify(spec).length },
    ]);
    expect(of("request-body")[0]?.payload).toContain('"specVersion":1');
    expect(said).not.toContain("SSSS");
  });

  test("below debug nothing is said of payloads, and a word that is no switch is refused", async () => {
    expect(await logOf({ LOG_PAYLOADS: "1", LOG_LEVEL: "info" })).not.toContain("payload");
    const refused = await startMain({ LOG_PAYLOADS: "please" }).ended;
    expect([refused.code, refused.stderr]).toEqual([
      3,
      'Cannot start as "LOG_PAYLOADS" must be 1 or 0: got "please"\n',
    ]);
  });
});

describe("kill -9 in the middle", () => {
  test("keeps what is finished, marks what was cut, and takes up what waited", async () => {
    const environment = { FAULTLINE_DATA: makeTempFolder(), RUNS_AT_ONCE: "1" };
    const first = startMain(environment);
    const before = http(await first.listening);
    const finished = await before.untilEnd((await before.start(FAST)).id);
    const cut = await before.start(SLOW);
    const waiting = await before.start({ ...FAST, seed: 3 });
    await before.untilFirstExchange(cut.id);
    first.kill("SIGKILL");
    expect((await first.ended).signal).toBe("SIGKILL");

    const after = http(await startMain(environment).listening);
    expect(finished.status).toBe("completed");
    expect(await after.json<Run>(`/v1/runs/${finished.id}`)).toEqual(finished);
    const lines = await (await after.get(`/v1/runs/${finished.id}/exchanges`)).text();
    expect(lines.trimEnd().split("\n")).toHaveLength(20);
    expect(await after.json<Run>(`/v1/runs/${cut.id}`)).toMatchObject({
      status: "failed",
      result: null,
      error: { type: "urn:faultline:problem:interrupted" },
    });
    expect(await (await after.get(`/v1/runs/${cut.id}/exchanges`)).text()).toMatch(/^\{.*\}\n/);
    expect(await after.untilEnd(waiting.id)).toMatchObject({ status: "completed" });
  });
});

describe("beyond loopback", () => {
  const open = { HOST: "0.0.0.0" };

  test("every request needs a token, and one that was made meanwhile is good at once", async () => {
    const data = makeTempFolder();
    const { text } = createToken({ data, scopes: ["run"] });
    const url = await startMain({ ...open, FAULTLINE_DATA: data }).listening;
    const at = url.replace("0.0.0.0", "127.0.0.1");
    const status = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${at}/v1/runs`, { headers })).status;
    };
    for (const path of ["/", "/v1/health"]) expect((await fetch(at + path)).status).toBe(401);
    expect(await status("nonsense")).toBe(401);
    expect(await status(text)).toBe(200);
    const later = createToken({ data });
    expect(await status(later.text)).toBe(200);
    revokeToken(data, later.record.id);
    expect(await status(later.text)).toBe(401);
  });

  test.each<[string, (data: string) => Record<string, string>]>([
    ["no folder", () => ({ FAULTLINE_DATA: ":memory:" })],
    ["no tokens", (data) => ({ FAULTLINE_DATA: data })],
    ["no tokens, tokens required", (data) => ({ FAULTLINE_DATA: data, REQUIRE_TOKENS: "1" })],
    [
      "revoked tokens only",
      (data) => {
        revokeToken(data, createToken({ data }).record.id);
        return { FAULTLINE_DATA: data };
      },
    ],
    [
      "expired tokens only",
      (data) => {
        createToken({ data, days: 1, clock: { nowMs: () => 0 } });
        return { FAULTLINE_DATA: data };
      },
    ],
    ["another address", (data) => ({ FAULTLINE_DATA: data, HOST: "::" })],
    ["a name", (data) => ({ FAULTLINE_DATA: data, HOST: "lab.example" })],
  ])("with %s it does not start: one clear line, exit code 3", async (_, environment) => {
    const data = makeTempFolder();
    const { code, stdout, stderr } = await startMain({ ...open, ...environment(data) }).ended;
    expect(stderr).toMatch(
      /^Cannot listen on \S+ as others can reach it and there is no token: make one with [^\n]*\n$/,
    );
    expect([code, stdout]).toEqual([3, ""]);
    expect(readdirSync(data).filter((name) => name.endsWith(".sqlite"))).toEqual([]);
  });

  test("on loopback REQUIRE_TOKENS closes the door without any", async () => {
    const child = startMain({ FAULTLINE_DATA: ":memory:", REQUIRE_TOKENS: "true" });
    expect((await fetch(`${await child.listening}/v1/health`)).status).toBe(401);
  });
});

describe("a start that cannot be is one line on standard error and exit code 3:", () => {
  test.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      "a port in use",
      async () => ({ PORT: String(await takenPort()), FAULTLINE_DATA: ":memory:" }),
      /^Cannot listen on 127\.0\.0\.1:\d+: the port is already in use\n$/,
    ],
    [
      "an address of another machine",
      async () => {
        const data = makeTempFolder();
        createToken({ data });
        return { HOST: "192.0.2.1", FAULTLINE_DATA: data };
      },
      /^Cannot listen on 192\.0\.2\.1:0: this machine has no such address\n$/,
    ],
    [
      "a port that is no port",
      async () => ({ PORT: "eighty" }),
      /^Cannot start as "PORT" must be an integer from 0 to 65535: got eighty\n$/,
    ],
    [
      "a list of tokens that is none",
      async () => {
        const folder = makeTempFolder();
        writeFileSync(join(folder, "tokens.json"), "{}");
        return { FAULTLINE_DATA: folder };
      },
      /^Cannot use "[^\n"]*tokens\.json": it holds no list of tokens\n$/,
    ],
    [
      "a switch that is neither on nor off",
      async () => ({ REQUIRE_TOKENS: "maybe" }),
      /^Cannot start as "REQUIRE_TOKENS" must be 1 or 0: got "maybe"\n$/,
    ],
    [
      "a level of the log that is none",
      async () => ({ LOG_LEVEL: "loud" }),
      /^Cannot start as "LOG_LEVEL" must be one of [^\n]*: got "loud"\n$/,
    ],
    [
      "an origin that is none",
      async () => ({ FAULTLINE_ORIGINS: "https://a.example, *" }),
      /^Cannot start as "FAULTLINE_ORIGINS" must be origins [^\n]*: got "\*"\n$/,
    ],
    [
      "a limit out of its range",
      async () => ({ RUNS_AT_ONCE: "0" }),
      /^Cannot start as "RUNS_AT_ONCE" must be an integer from 1 to 64: got 0\n$/,
    ],
    [
      "a file where the data folder should be",
      async () => {
        const file = join(makeTempFolder(), "file");
        writeFileSync(file, "");
        return { FAULTLINE_DATA: file };
      },
      /^Cannot open the store in "[^\n]*\n$/,
    ],
    [
      "a data folder that another process uses",
      async () => {
        const environment = { FAULTLINE_DATA: makeTempFolder() };
        await startMain(environment).listening;
        return environment;
      },
      /^Cannot use the store in "[^\n"]*": another process is using it\n$/,
    ],
  ])("%s", async (_, environment, line) => {
    const { code, stdout, stderr } = await startMain(await environment()).ended;
    expect(stderr).toMatch(line);
    expect([code, stdout]).toEqual([3, ""]);
  });
});
