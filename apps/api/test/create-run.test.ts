/** POST /v1/runs: what it accepts, how it waits, and what a repeated request gets. */

import { describe, expect, test } from "vitest";
import { scenarios } from "@faultline/experiment";
import { isFinished, type Run } from "../src/runs/run.ts";
import { makeBench, SPEC } from "./support/bench.ts";

describe("a spec", () => {
  test("is accepted with every default filled in, and the run is found where it says", async () => {
    const bench = await makeBench();
    const response = await bench.post("/v1/runs", SPEC);
    const run = (await response.json()) as Run;
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toBe(`/v1/runs/${run.id}`);
    expect(run.spec).toMatchObject({ seed: 7, transport: "tcp", workload: { messages: 200 } });
    expect(Object.keys(run).join(" ")).toBe(
      "id kind status progress createdAt startedAt endedAt spec result error",
    );
    expect(await bench.read(`/v1/runs/${run.id}`)).toEqual(run);
  });

  test("without a seed is given one, and the run tells it", async () => {
    const bench = await makeBench();
    const run = await bench.start({ specVersion: 1 });
    expect(Number.isSafeInteger(run.spec.seed)).toBe(true);
  });

  test.each(["application/json", "Application/JSON; charset=UTF-8", "application/vnd.x+json"])(
    "may be sent as %s",
    async (type) => {
      const bench = await makeBench();
      expect((await bench.post("/v1/runs", SPEC, { "content-type": type })).status).toBe(202);
    },
  );
});

describe("a scenario", () => {
  test.each(scenarios.map(({ name, transports }) => [name, transports] as const))(
    "%s runs by its name, over each of its transports, with another seed",
    async (scenario, transports) => {
      const bench = await makeBench();
      const byName = await bench.start({ scenario });
      expect(byName.spec).toEqual(scenarios.find(({ name }) => name === scenario)?.spec);
      for (const transport of transports) {
        const run = await bench.start({ scenario, transport, seed: 99 });
        expect(run.spec).toMatchObject({ transport, seed: 99 });
      }
    },
  );
});

describe("seeds", () => {
  test("are accepted in a spec and with a scenario, and progress counts all their messages", async () => {
    const bench = await makeBench();
    const workload = { messages: 30 };
    const listed = await bench.start({ specVersion: 1, seeds: [5, 3], workload });
    expect(listed).toMatchObject({
      spec: { seed: 5, seeds: [5, 3] },
      progress: { done: 0, total: 60 },
    });
    const named = await bench.start({ scenario: "loss", seed: 9, seeds: { runs: 3 } });
    expect(named.spec).toMatchObject({ seed: 9, seeds: { base: 9, runs: 3 } });
    expect(named.progress.total).toBe(3 * named.spec.workload.messages);
  });
});

describe("Prefer: wait", () => {
  test("answers 200 with the finished run as soon as it has finished", async () => {
    const bench = await makeBench();
    const waiting = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    (await bench.runner.started(0)).finish();
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(response.headers.get("preference-applied")).toBe("wait=20");
    expect(await response.json()).toMatchObject({ status: "completed", result: { seed: 7 } });
    expect(bench.clock.armed).toBe(0);
  });

  test("answers 202 with the run as it is when the time is over", async () => {
    const bench = await makeBench();
    const waiting = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    const run = await bench.runner.started(0);
    run.exchange(0, 2);
    await new Promise(setImmediate);
    bench.clock.advance(20_000);
    const response = await waiting;
    expect(response.status).toBe(202);
    expect(response.headers.get("preference-applied")).toBe("wait=20");
    expect(await response.json()).toMatchObject({ status: "running", progress: { done: 2 } });
  });

  test("is cut to the longest wait there is, and the answer says so", async () => {
    const bench = await makeBench({ waitSecondsMax: 3 });
    const waiting = bench.post("/v1/runs", SPEC, { prefer: "wait=3600" });
    await bench.runner.started(0);
    await new Promise(setImmediate);
    bench.clock.advance(3000);
    expect((await waiting).headers.get("preference-applied")).toBe("wait=3");
  });

  test("counts a failed run as finished", async () => {
    const bench = await makeBench();
    const waiting = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    (await bench.runner.started(0)).end({ kind: "failed", code: "run-failed", message: "no" });
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(isFinished((await response.json()) as Run)).toBe(true);
  });

  test("is not honoured for more requests than may wait", async () => {
    const bench = await makeBench({ waitersMax: 1 });
    const first = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    await bench.runner.started(0);
    const second = await bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    expect(second.status).toBe(202);
    expect(second.headers.get("preference-applied")).toBeNull();
    (await bench.runner.started(0)).finish();
    expect((await first).status).toBe(200);
    const third = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    (await bench.runner.started(2)).finish();
    expect((await third).status).toBe(200);
  });

  test("that cannot be read is ignored", async () => {
    const bench = await makeBench();
    const response = await bench.post("/v1/runs", SPEC, { prefer: "wait=soon" });
    expect([response.status, response.headers.get("preference-applied")]).toEqual([202, null]);
  });

  test("ends when the service closes", async () => {
    const bench = await makeBench();
    const waiting = bench.post("/v1/runs", SPEC, { prefer: "wait=20" });
    await bench.runner.started(0);
    await new Promise(setImmediate);
    const closing = bench.runs.close(1000);
    expect((await waiting).status).toBe(202);
    bench.clock.advance(1000);
    await closing;
  });

  test("ends when the caller goes away", async () => {
    const bench = await makeBench({ waitersMax: 1 });
    const caller = new AbortController();
    const waiting = bench.app.request("/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "wait=20" },
      body: JSON.stringify(SPEC),
      signal: caller.signal,
    });
    await bench.runner.started(0);
    caller.abort();
    expect((await waiting).status).toBe(202);
    expect(bench.clock.armed).toBe(1);
  });
});

describe("Idempotency-Key", () => {
  const key = (value: string): Record<string, string> => ({ "idempotency-key": value });

  test("with the same body gives the same run, however the body is written", async () => {
    const bench = await makeBench();
    const first = (await (await bench.post("/v1/runs", SPEC, key("k"))).json()) as Run;
    const again = await bench.post("/v1/runs", `{ "seed" : 7,\n "specVersion": 1 }`, key("k"));
    expect(again.status).toBe(202);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(((await again.json()) as Run).id).toBe(first.id);
    expect(bench.runner.runs).toHaveLength(1);
  });

  test("does not mind that a body without a seed draws another one", async () => {
    const bench = await makeBench();
    const body = { specVersion: 1 };
    const first = (await (await bench.post("/v1/runs", body, key("k"))).json()) as Run;
    const again = (await (await bench.post("/v1/runs", body, key("k"))).json()) as Run;
    expect(again.spec.seed).toBe(first.spec.seed);
  });

  test("gives the finished run to a repeated request that waits", async () => {
    const bench = await makeBench();
    await bench.post("/v1/runs", SPEC, key("k"));
    (await bench.runner.started(0)).finish();
    const again = await bench.post("/v1/runs", SPEC, { ...key("k"), prefer: "wait=5" });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ status: "completed" });
  });

  test("with another body is refused and starts nothing", async () => {
    const bench = await makeBench();
    await bench.post("/v1/runs", SPEC, key("k"));
    const other = await bench.post("/v1/runs", { ...SPEC, seed: 8 }, key("k"));
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({
      type: "urn:faultline:problem:idempotency-key-reused",
    });
    expect(await bench.store.list({ limit: 9 })).toHaveLength(1);
  });

  test("sent twice at once makes one run", async () => {
    const bench = await makeBench();
    const both = await Promise.all([1, 2, 3].map(() => bench.post("/v1/runs", SPEC, key("k"))));
    const ids = await Promise.all(both.map(async (r) => ((await r.json()) as Run).id));
    expect(new Set(ids).size).toBe(1);
    expect(await bench.store.list({ limit: 9 })).toHaveLength(1);
  });

  test("is answered also while the queue is full", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1, queuedRunsMax: 0 });
    await bench.post("/v1/runs", SPEC, key("k"));
    expect((await bench.post("/v1/runs", SPEC)).status).toBe(429);
    expect((await bench.post("/v1/runs", SPEC, key("k"))).status).toBe(202);
  });

  test("is free again once its run is removed", async () => {
    const bench = await makeBench();
    const first = (await (await bench.post("/v1/runs", SPEC, key("k"))).json()) as Run;
    await bench.app.request(`/v1/runs/${first.id}`, { method: "DELETE" });
    const again = await bench.post("/v1/runs", { ...SPEC, seed: 8 }, key("k"));
    expect(again.headers.get("idempotent-replayed")).toBeNull();
  });

  test("may be as long as the limit and no longer", async () => {
    const bench = await makeBench({ idempotencyKeyCharsMax: 16 });
    expect((await bench.post("/v1/runs", SPEC, key("x".repeat(16)))).status).toBe(202);
    for (const wrong of ["x".repeat(17), "", "é"]) {
      const response = await bench.post("/v1/runs", SPEC, key(wrong));
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({
        errors: [{ path: "/idempotency-key", in: "header" }],
      });
    }
  });
});

describe("a full queue", () => {
  test("answers 429 and when to come back; a free place is given again", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1, queuedRunsMax: 2 });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await bench.post("/v1/runs", SPEC)).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    const refused = await bench.post("/v1/runs", SPEC);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await refused.json()).toEqual({
      type: "urn:faultline:problem:queue-full",
      title: "Too many runs are waiting",
      status: 429,
      detail: "2 runs are waiting (queuedRunsMax is 2)",
    });
    (await bench.runner.started(0)).finish();
    await bench.runner.started(1);
    expect((await bench.post("/v1/runs", SPEC)).status).toBe(202);
  });
});
