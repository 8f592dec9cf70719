/** What one connection, one page of runs and one stranger may cost: on sockets, as an attacker would. */

import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen, makeHttpServer } from "../src/http/server.ts";
import { resolveLimits } from "../src/limits.ts";
import type { Log } from "../src/observe/log.ts";
import { Spaced } from "../src/observe/spaced.ts";
import type { Run } from "../src/runs/run.ts";
import { startApi } from "../src/start.ts";
import { makeBench } from "./support/bench.ts";
import { makeFakeClock } from "./support/fake-clock.ts";
import { http } from "./support/http.ts";
import { makeTempFolder } from "./support/temp-folder.ts";

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

function open(port: number, text: string) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(text);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, closed };
}

describe("requests of one connection", () => {
  /** A server whose answers wait to be let go. */
  async function serve(pipelinedRequestsMax: number) {
    let begun = 0;
    const enough = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const app = new Hono();
    app.get("/", async (context) => {
      begun += 1;
      if (begun === pipelinedRequestsMax) enough.resolve();
      await go.promise;
      return context.text("here\n");
    });
    const server = makeHttpServer(app, resolveLimits({ pipelinedRequestsMax }));
    const { port } = await listen(server, "127.0.0.1", 0);
    onTestFinished(() => void server.close());
    return { port, go: go.resolve, begun: () => begun };
  }

  test("that are a thousand in one packet begin at most pipelinedRequestsMax answers", async () => {
    const { port, go, begun } = await serve(4);
    const { socket, closed } = open(port, ask("/").repeat(1000));
    let heard = 0;
    socket.on(
      "data",
      (chunk: Uint8Array) => (heard += Buffer.from(chunk).toString().split("here\n").length - 1),
    );
    await closed;
    expect(begun()).toBe(4);
    go();
    expect(heard).toBe(0);
  });

  test("are all answered, as long as they are no more at once, however many follow", async () => {
    const { port, go } = await serve(4);
    go();
    const { socket } = open(port, "");
    let heard = "";
    for (let round = 1; round <= 5; round += 1) {
      const answered = Promise.withResolvers<void>();
      socket.on("data", (chunk: Uint8Array) => {
        heard += Buffer.from(chunk).toString();
        if (heard.split("here\n").length > 4 * round) answered.resolve();
      });
      socket.write(ask("/").repeat(4));
      await answered.promise;
      socket.removeAllListeners("data");
    }
    expect(heard.split("here\n")).toHaveLength(21);
  });
});

test("an answer whose reader takes nothing is let go, and one that is long in coming is not", async () => {
  const limits = { answerStallMsMax: 1000, waitSecondsMax: 2 };
  const api = await startApi({ limits });
  onTestFinished(() => api.close());
  // More than all buffers between here and there hold together.
  const { socket, closed } = open(api.port, ask("/docs/scalar.js").repeat(8));
  socket.pause();
  const { post } = http(api.url);
  const slow = { specVersion: 1, workload: { messages: 3600, ratePerSecond: 20 } };
  const waited = await post(slow, { prefer: "wait=2" });
  expect([waited.status, waited.headers.get("preference-applied")]).toEqual([202, "wait=2"]);
  const { id } = (await waited.json()) as Run;
  await fetch(`${api.url}/v1/runs/${id}/cancel`, { method: "POST" });
  let bytes = 0;
  socket.on("data", (chunk: Uint8Array) => (bytes += chunk.length));
  socket.resume();
  await closed;
  const whole = (await (await fetch(`${api.url}/docs/scalar.js`)).arrayBuffer()).byteLength;
  expect(bytes).toBeLessThan(8 * whole);
});

test("so is one that was handed over whole", async () => {
  const app = new Hono();
  app.get("/", (context) => context.text("x".repeat(32_000_000)));
  const server = makeHttpServer(app, resolveLimits({ answerStallMsMax: 1000 }));
  const { port } = await listen(server, "127.0.0.1", 0);
  onTestFinished(() => void server.close());
  const { socket } = open(port, ask("/"));
  socket.pause();
  const [taken] = (await once(server, "connection")) as [Socket];
  await once(taken, "close");
});

describe("a page of large runs", () => {
  const large = (seed: number) => ({
    specVersion: 1,
    seed,
    workload: { messages: 1, bodies: ["x".repeat(30_000)] },
  });

  async function pages(listBytesMax: number): Promise<number[][]> {
    const bench = await makeBench({ listBytesMax, runsAtOnceMax: 1 });
    for (let seed = 0; seed < 6; seed += 1) await bench.start(large(seed));
    const found: number[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const at = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = (await bench.read(`/v1/runs?limit=5${at}`)) as {
        items: Run[];
        nextCursor: string | null;
      };
      found.push(page.items.map(({ spec }) => spec.seed));
      cursor = page.nextCursor;
    }
    return found;
  }

  test("ends at listBytesMax, with at least one, and the next goes on where it ended", async () => {
    expect(await pages(1024)).toEqual([[5], [4], [3], [2], [1], [0]]);
    expect(await pages(80_000)).toEqual([
      [5, 4],
      [3, 2],
      [1, 0],
    ]);
    expect(await pages(4_194_304)).toEqual([[5, 4, 3, 2, 1], [0]]);
  });
});

describe("what a stranger can cause", () => {
  test("is told once a second for each name, with how often it was, and names cannot pile up", () => {
    const clock = makeFakeClock();
    const spaced = new Spaced(clock);
    expect(Array.from({ length: 3 }, () => spaced.take("a"))).toEqual([1, 0, 0]);
    expect(spaced.take("b")).toBe(1);
    clock.advance(1000);
    expect([spaced.take("a"), spaced.take("a")]).toEqual([3, 0]);
    const told = Array.from({ length: 1000 }, (_, at) => spaced.take(`name ${at}`));
    expect(told.filter((times) => times > 0).length).toBeLessThanOrEqual(256);
  });

  test("a token file that cannot be read is one line, not one for each request", async () => {
    const data = makeTempFolder();
    const lines: string[] = [];
    const log: Log = { isOn: () => true, write: (_, event) => void lines.push(event) };
    const clock = makeFakeClock();
    const api = await startApi({ data, log, clock });
    onTestFinished(() => api.close());
    writeFileSync(join(data, "tokens.json"), "no list of tokens");
    for (let n = 0; n < 20; n += 1) {
      expect((await fetch(`${api.url}/v1/health`)).status).toBe(500);
    }
    expect(lines.filter((event) => event === "failure")).toHaveLength(1);
  });
});
