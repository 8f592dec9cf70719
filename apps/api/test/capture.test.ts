/** Captures over HTTP: kept with their run, and gone with it. */

import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Result } from "@faultline/experiment";
import { listen, makeHttpServer } from "../src/http/server.ts";
import { resolveLimits } from "../src/limits.ts";
import type { Run } from "../src/runs/run.ts";
import { startApi } from "../src/start.ts";
import { makeBench, SPEC } from "./support/bench.ts";
import { http } from "./support/http.ts";

const path = ({ id }: Run): string => `/v1/runs/${id}/capture.pcapng`;

describe("a run with a capture", () => {
  test("gives the file that its result names, and takes it along when it is removed", async () => {
    const api = await startApi({});
    onTestFinished(() => api.close());
    const { get, post } = http(api.url);
    const body = { scenario: "plaintext", mode: "simulated", seed: 3 };
    const run = (await (await post(body, { prefer: "wait=60" })).json()) as Run;
    const { wire } = run.result as Result;
    const answer = await get(path(run));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/x-pcapng");
    expect(answer.headers.get("content-disposition")).toContain(`${run.id}.pcapng`);
    const file = new Uint8Array(await answer.arrayBuffer());
    expect(file.length).toBe(wire?.captureBytes);
    const hash = createHash("sha256").update(file).digest("hex");
    expect(`sha256:${hash}`).toBe(wire?.captureHash);
    await fetch(`${api.url}/v1/runs/${run.id}`, { method: "DELETE" });
    expect((await get(path(run))).status).toBe(404);
  });

  test("a capture of many pieces comes in their order, whatever is kept beside it", async () => {
    const bench = await makeBench();
    const run = await bench.start({ ...SPEC, capture: true });
    const fake = await bench.runner.started(0);
    const pieces = [3, 1, 2].map((fill) => new Uint8Array(70_000).fill(fill));
    for (const piece of pieces) void fake.watch.onCapture(piece);
    expect((await bench.app.request(path(run))).status).toBe(409);
    fake.finish();
    await expect.poll(async () => (await bench.app.request(path(run))).status).toBe(200);
    const file = new Uint8Array(await (await bench.app.request(path(run))).arrayBuffer());
    expect([file.length, file[0], file[70_000], file[209_999]]).toEqual([210_000, 3, 1, 2]);
  });
});

describe("a capture whose run is removed while it is sent", () => {
  const PIECE_BYTES = 70_000;

  /** A service that listens, and a run with a capture of three pieces. */
  async function serve(removedAt: number) {
    const bench = await makeBench({}, (store) => {
      const readCapture = store.readCapture.bind(store);
      store.readCapture = async (id, piece) => {
        if (piece === removedAt) await store.delete(id);
        return readCapture(id, piece);
      };
      return store;
    });
    const run = await bench.start({ ...SPEC, capture: true });
    const fake = await bench.runner.started(0);
    for (let piece = 0; piece < 3; piece++) void fake.watch.onCapture(new Uint8Array(PIECE_BYTES));
    fake.finish();
    await expect.poll(async () => (await bench.app.request(path(run))).status).toBe(200);
    const server = makeHttpServer(bench.app, resolveLimits({}));
    const { port } = await listen(server, "127.0.0.1", 0);
    onTestFinished(() => void server.close());
    return { bench, url: `http://127.0.0.1:${port}${path(run)}` };
  }

  test.each([0, 1, 2])("before piece %i: never looks as if it were whole", async (removedAt) => {
    const { bench, url } = await serve(removedAt);
    const download = async () => (await (await fetch(url)).arrayBuffer()).byteLength;
    await expect(download()).rejects.toThrow();
    expect(bench.failures).toEqual([]);
  });

  test("but after its last piece: is whole", async () => {
    const { url } = await serve(3);
    const answer = await fetch(url);
    expect(answer.headers.get("content-length")).toBe(`${3 * PIECE_BYTES}`);
    expect((await answer.arrayBuffer()).byteLength).toBe(3 * PIECE_BYTES);
  });
});

describe("no capture", () => {
  test.each([
    [false, "its spec has no capture: true"],
    [true, "it ended before there was one"],
  ])("with capture %s: the answer says why", async (capture, why) => {
    const bench = await makeBench();
    const run = await bench.start({ ...SPEC, capture });
    (await bench.runner.started(0)).finish();
    await expect.poll(async () => (await bench.app.request(path(run))).status).toBe(404);
    const problem = (await bench.read(path(run))) as { type: string; detail: string };
    expect(problem.type).toBe("urn:faultline:problem:no-capture");
    expect(problem.detail).toContain(why);
  });

  test("of a run that does not exist is a run not found", async () => {
    const bench = await makeBench();
    const problem = await bench.read("/v1/runs/run_0/capture.pcapng");
    expect(problem).toMatchObject({ type: "urn:faultline:problem:run-not-found" });
  });
});

test("a capture larger than the service allows is refused", async () => {
  const bench = await makeBench({ captureBytesMax: 300_000 });
  const ask = async (captureBytesMax: number): Promise<number> =>
    (await bench.post("/v1/runs", { ...SPEC, capture: true, captureBytesMax })).status;
  expect(await ask(300_001)).toBe(422);
  expect(await ask(300_000)).toBe(202);
});
