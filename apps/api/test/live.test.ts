/** The whole service over real HTTP, with real experiments in real threads. */

import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Run } from "../src/runs/run.ts";
import { makeAnswerSchemas } from "../src/schema/answer.ts";
import { type Result, SPEC_LIMITS_DEFAULT } from "@faultline/experiment";
import { type Api, startApi, type StartOptions } from "../src/start.ts";
import { type FakeClock, makeFakeClock } from "./support/fake-clock.ts";
import { makeFakeRunner } from "./support/fake-runner.ts";
import { http } from "./support/http.ts";
import { readSse } from "./support/sse.ts";

async function start(options: StartOptions = {}): Promise<Api> {
  const api = await startApi(options);
  onTestFinished(() => api.close());
  return api;
}

describe("one scenario from end to end", () => {
  test("is posted by its name, waited for, and read in every form", async () => {
    const { get, json, post } = http((await start()).url);
    const response = await post({ scenario: "corruption", seed: 5 }, { prefer: "wait=60" });
    expect(response.status).toBe(200);
    const run = (await response.json()) as Run;
    expect(run).toMatchObject({ status: "completed", error: null, result: { seed: 5 } });
    const { result } = run;
    const total = run.spec.workload.messages;
    const { messages, delivered, failed, rejected, indeterminate } =
      (result as Result | null)?.counts ?? {};
    expect(messages).toBe(total);
    expect((delivered ?? 0) + (failed ?? 0) + (rejected ?? 0) + (indeterminate ?? 0)).toBe(total);
    expect(run.progress).toEqual({ done: total, total });
    expect(await json(`/v1/runs/${run.id}/result`)).toEqual(result);
    const lines = (await (await get(`/v1/runs/${run.id}/exchanges`)).text()).trimEnd().split("\n");
    expect(lines).toHaveLength(total);
    const events = await readSse(await get(`/v1/runs/${run.id}/events`)).rest();
    expect(events.filter(({ event }) => event === "exchange").map(({ data }) => data)).toEqual(
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });

  test("answers exactly what the document promises", async () => {
    const { get, json, post } = http((await start()).url);
    const schemas = makeAnswerSchemas(SPEC_LIMITS_DEFAULT);
    const run = await (await post({ scenario: "loss" }, { prefer: "wait=60" })).json();
    schemas["Run"]?.parse(run);
    schemas["RunPage"]?.parse(await json("/v1/runs"));
    schemas["ScenarioList"]?.parse(await json("/v1/scenarios"));
    schemas["Health"]?.parse(await json("/v1/health"));
    schemas["Service"]?.parse(await json("/"));
    schemas["Problem"]?.parse(await json("/v1/nothing"));
    const { id } = run as Run;
    const [line = ""] = (await (await get(`/v1/runs/${id}/exchanges`)).text()).split("\n");
    schemas["Exchange"]?.parse(JSON.parse(line));
  });
});

describe("a run with many seeds", () => {
  test("answers what the document promises, with a row and its exchanges for each seed", async () => {
    const { get, post } = http((await start()).url);
    const body = { scenario: "loss", mode: "simulated", seed: 5, seeds: { runs: 3 } };
    const run = (await (await post(body, { prefer: "wait=60" })).json()) as Run;
    makeAnswerSchemas(SPEC_LIMITS_DEFAULT)["Run"]?.parse(run);
    const { messages } = run.spec.workload;
    expect(run.progress).toEqual({ done: 3 * messages, total: 3 * messages });
    const result = run.result as Result | null;
    expect(result?.verdict).toBe("pass");
    expect(result?.runs?.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    const text = await (await get(`/v1/runs/${run.id}/exchanges`)).text();
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { run: number }).run)).toEqual(
      Array.from({ length: 3 * messages }, (_, at) => Math.floor(at / messages)),
    );
  });

  test("that is cancelled keeps the seeds that had finished", async () => {
    const api = await start();
    const { json, start: startRun, untilFirstExchange } = http(api.url);
    const spec = { specVersion: 1, mode: "simulated", workload: { messages: 1000 } };
    const { id } = await startRun({ ...spec, seeds: { base: 0, runs: 1000 } });
    await untilFirstExchange(id);
    await fetch(`${api.url}/v1/runs/${id}/cancel`, { method: "POST" });
    const sse = readSse(await fetch(`${api.url}/v1/runs/${id}/events`));
    await sse.rest();
    const run = await json<Run>(`/v1/runs/${id}`);
    const result = run.result as Result | null;
    expect([run.status, result?.verdict]).toEqual(["cancelled", "inconclusive"]);
    const kept = result?.runs?.length ?? -1;
    expect(result?.reasons).toEqual([`aborted: ${kept} of 1000 runs had finished`]);
    expect(result?.counts.messages).toBe(kept * 1000);
  });
});

describe("a run in progress", () => {
  const slow = { specVersion: 1, seed: 2, workload: { messages: 3600, ratePerSecond: 50 } };

  test("is followed while it goes on, then cancelled, and keeps what it had", async () => {
    const api = await start();
    const { get, start: startRun, json } = http(api.url);
    const { id } = await startRun(slow);
    const sse = readSse(await get(`/v1/runs/${id}/events`));
    for (let event = await sse.next(); event?.id !== "3"; event = await sse.next()) {
      expect(event).toBeDefined();
    }
    const cancel = await fetch(`${api.url}/v1/runs/${id}/cancel`, { method: "POST" });
    expect(cancel.status).toBe(202);
    const rest = await sse.rest();
    expect(rest.at(-1)).toMatchObject({ event: "end", data: { id, status: "cancelled" } });
    const run = await json<Run>(`/v1/runs/${id}`);
    expect(run).toMatchObject({ status: "cancelled", result: { verdict: "inconclusive" } });
  });

  test("ends when it is deleted, and is gone", async () => {
    const api = await start();
    const { get, start: startRun, untilFirstExchange } = http(api.url);
    const { id } = await startRun(slow);
    await untilFirstExchange(id);
    const gone = await fetch(`${api.url}/v1/runs/${id}`, { method: "DELETE" });
    expect(gone.status).toBe(204);
    expect((await get(`/v1/runs/${id}`)).status).toBe(404);
  });

  test("does not hold up the end of the service", async () => {
    const api = await startApi();
    const { get, start: startRun, untilFirstExchange } = http(api.url);
    const { id } = await startRun(slow);
    await untilFirstExchange(id);
    const sse = readSse(await get(`/v1/runs/${id}/events`));
    await Promise.all([api.close(), api.close()]);
    expect((await sse.rest()).every(({ event }) => event !== "end")).toBe(true);
    await expect(get("/v1/health")).rejects.toThrow();
  });
});

describe("a caller who does not speak HTTP", () => {
  async function say(api: Api, text: string): Promise<string> {
    const socket = connect(api.port, "127.0.0.1");
    let heard = "";
    const closed = Promise.withResolvers<void>();
    socket.on("data", (chunk: Uint8Array) => (heard += Buffer.from(chunk).toString()));
    socket.on("error", () => closed.resolve());
    socket.on("close", () => closed.resolve());
    socket.end(text);
    await closed.promise;
    return heard;
  }

  test.each([
    ["garbage", "\u0000\u0001\u0002 what?\r\n\r\n"],
    ["a request line of another world", "HELLO THERE\r\n\r\n"],
    ["a host that is none", "GET /v1/health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"],
  ])("%s is answered with 400 or nothing, and the next caller is served", async (_, text) => {
    const api = await start();
    const heard = await say(api, text);
    if (heard !== "") expect(heard).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json/);
    expect((await http(api.url).get("/v1/health")).status).toBe(200);
  });

  test("a body cut off in the middle starts nothing", async () => {
    const api = await start();
    const head = "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    await say(api, `${head}Content-Length: 1000\r\n\r\n{"specVersion":1`);
    const { json } = http(api.url);
    expect(await json("/v1/runs")).toEqual({ items: [], nextCursor: null });
  });

  test("10 MB are refused while they arrive, and the next caller is served", async () => {
    const api = await start();
    const { post } = http(api.url);
    const answer = await post({ specVersion: 1, name: "x".repeat(10_000_000) }).catch(() => null);
    // The connection may be cut under a sender that does not listen: both are a refusal.
    expect(answer?.status ?? 413).toBe(413);
    // On a connection of its own: the sender's may end any moment, and `fetch` would take it again.
    const health = "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    expect(await say(api, health)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("callers that come to stay", () => {
  const HALF = {
    "half a header": "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX: ",
    "half a body":
      'POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"',
  };

  test.each(Object.entries(HALF))("with %s are answered 408 and closed", async (_, text) => {
    const api = await startApi({ limits: { requestMsMax: 100 } });
    onTestFinished(() => api.close());
    const { heard, closed } = open(api, text);
    await closed;
    expect(heard()).toMatch(/^HTTP\/1\.1 408 [^]*urn:faultline:problem:request-timeout/);
    expect(await http(api.url).json("/v1/runs")).toEqual({ items: [], nextCursor: null });
  });

  test("may be connectionsMax, one more is closed unheard, and a place that is free is given", async () => {
    const api = await startApi({ limits: { connectionsMax: 8 } });
    onTestFinished(() => api.close());
    const staying = Array.from({ length: 8 }, () => open(api, HALF["half a header"]));
    await Promise.all(staying.map(({ connected }) => connected));
    const turnedAway = open(api, HALF["half a header"]);
    await turnedAway.closed;
    expect(turnedAway.heard()).toBe("");
    staying[0]?.socket.destroy();
    // It takes the service a moment to see that it went.
    for (let status = 0; status !== 200;) {
      const next = open(
        api,
        "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      );
      await next.closed;
      status = Number(/^HTTP\/1\.1 (\d+)/.exec(next.heard())?.[1] ?? 0);
    }
    for (const { socket } of staying) socket.destroy();
  });

  function open(api: Api, text: string) {
    const socket = connect(api.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let heard = "";
    socket.on("data", (chunk: Uint8Array) => (heard += Buffer.from(chunk).toString()));
    socket.on("error", () => {});
    socket.write(text);
    const connected = new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    return { socket, connected, closed, heard: () => heard };
  }
});

describe("a reader that stops reading", () => {
  const FIRST = "event: exchange\nid: 1\n";

  test("is cut off in the middle, and its place is free again", async () => {
    const clock = makeFakeClock();
    const runner = makeFakeRunner();
    const api = await startApi({ clock, runner, limits: { ssePeersMax: 1 } });
    onTestFinished(() => closeWith(api, clock));
    const { get, json, start: startRun } = http(api.url);
    const { id } = await startRun({ specVersion: 1, workload: { messages: 100_000 } });
    const run = await runner.started(0);
    // More than all buffers between here and there hold together.
    run.exchange(0, 100_000);
    run.finish();
    const events = `/v1/runs/${id}/events`;
    const socket = connect(api.port, "127.0.0.1");
    socket.write(`GET ${events} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    socket.on("error", () => {});
    let heard = "";
    const begun = Promise.withResolvers<void>();
    socket.on("data", (chunk: Uint8Array) => {
      const before = heard;
      heard += Buffer.from(chunk).toString();
      if (before.includes(FIRST) || !heard.includes(FIRST)) return;
      socket.pause();
      begun.resolve();
    });
    // Time must not move before: it could be cut off with nothing but its greeting.
    await begun.promise;
    let other = await get(events);
    for (; other.status === 429; other = await get(events)) clock.advance(30_000);
    expect(other.status).toBe(200);
    await other.body?.cancel();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await closed;
    expect(heard).not.toContain("event: end");
    expect(await json<Run>(`/v1/runs/${id}`)).toMatchObject({ status: "completed" });
  });

  /** A close with a clock that somebody has to move. */
  async function closeWith(api: Api, clock: FakeClock): Promise<void> {
    let closed = false;
    void api.close().then(() => (closed = true));
    while (!closed) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
  }
});

describe("fifty runs at once, two at a time", () => {
  test("all complete, none is lost, and the service stays awake meanwhile", async () => {
    const limits = { runsAtOnceMax: 2, waitSecondsMax: 600 };
    const { get, json, post } = http((await start({ limits })).url);
    const fault = { id: "lost", kind: "loss", probability: 0.05, answer: "error" };
    let open = 50;
    const runs = Array.from({ length: 50 }, async (_, seed) => {
      const spec = { specVersion: 1, seed, workload: { messages: 10 }, faults: [fault] };
      const response = await post(spec, { prefer: "wait=600" });
      open -= 1;
      return (await response.json()) as Run;
    });
    const waitsMs: number[] = [];
    let runningMost = 0;
    while (open > 0) {
      const before = performance.now();
      expect((await get("/v1/health")).status).toBe(200);
      waitsMs.push(performance.now() - before);
      const { items } = await json<{ items: Run[] }>("/v1/runs?status=running");
      runningMost = Math.max(runningMost, items.length);
      // The pace of the questions, not a wait for something: runs need the processor too.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const ended = await Promise.all(runs);
    expect(ended.map(({ status }) => status)).toEqual(
      Array.from({ length: 50 }, () => "completed"),
    );
    expect(new Set(ended.map(({ id }) => id)).size).toBe(50);
    expect(ended.map(({ result }) => (result as Result | null)?.seed)).toEqual(
      ended.map((_, seed) => seed),
    );
    expect(runningMost).toBe(2);
    waitsMs.sort((a, b) => a - b);
    const p99 = waitsMs[Math.floor(waitsMs.length * 0.99)]?.toFixed(1);
    console.log(`health while 50 runs queue: p99 ${p99} ms over ${waitsMs.length} requests`);
  }, 300_000);
});
