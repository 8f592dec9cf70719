/** A log and metrics of what a client tells, by the loggers and meters that people have. */
import { configureSync, getLogger, resetSync } from "@logtape/logtape";
import type { LogRecord } from "@logtape/logtape";
import type { Meter } from "@opentelemetry/api";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import type { ClientListener, LogFields } from "../src/index.ts";
import { ClientError, logEvents, meterEvents } from "../src/index.ts";
import { PoolWorld } from "./support/pool-world.ts";
import { troubled, World } from "./support/world.ts";

/** What such a listener hears: a message that is delivered after all, and one that is given up. */
function heard(onEvent: ClientListener): World {
  const world = troubled({ onEvent });
  world.send("delivered");
  world.send("given up", { attemptsMax: 1 });
  return world;
}

describe("a log of the events", () => {
  const lines = (calls: [string, string][]): string[] =>
    calls.filter(([level]) => level !== "debug").map(([level, message]) => `${level} ${message}`);
  const EXPECTED = [
    "info connected",
    "info attempt ended",
    "info attempt ended",
    "info attempt ended",
    "error message settled",
  ];

  test("is written by console, message first", () => {
    const calls: [string, string][] = [];
    const settled: LogFields[] = [];
    const sink =
      (level: string) =>
      (message: string, fields: LogFields): void => {
        calls.push([level, message]);
        if (fields["event"] === "settled") settled.push(fields);
      };
    // The shape is that of console: this compiles, and these spies stand in for its output.
    const logger: Pick<Console, "debug" | "error" | "info" | "warn"> = {
      debug: sink("debug"),
      error: sink("error"),
      info: sink("info"),
      warn: sink("warn"),
    };
    heard(logEvents(logger));
    expect(lines(calls)).toEqual(EXPECTED);
    const last = settled.at(-1);
    expect(last).toMatchObject({
      event: "settled",
      operation: 1,
      outcome: "failed",
      attempts: 1,
      tookUs: 50_000,
      code: "attempts-exhausted",
    });
    expect(last?.["err"]).toBeInstanceOf(ClientError);
    expect(last).not.toHaveProperty("reply");
  });

  test("is written by pino, fields first, with all attempts in the error's stack", () => {
    const written: string[] = [];
    const logger = pino({ level: "debug" }, { write: (line: string) => written.push(line) });
    heard(logEvents(logger, { first: "fields" }));
    const parsed = written.map((line) => JSON.parse(line) as Record<string, unknown>);
    const calls = parsed.map(({ level, msg }): [string, string] => [
      logger.levels.labels[level as number] ?? "",
      msg as string,
    ]);
    expect(lines(calls)).toEqual(EXPECTED);
    const { err } = parsed.findLast(({ event }) => event === "settled") as {
      err: { stack: string; code: string };
    };
    expect(err.code).toBe("attempts-exhausted");
    expect(err.stack).toContain("AttemptError: attempt 1 ended as timeout after 50 ms");
  });

  test("is written by LogTape", () => {
    const records: LogRecord[] = [];
    configureSync({
      sinks: { memory: (record) => records.push(record) },
      loggers: [
        { category: "faultline", lowestLevel: "debug", sinks: ["memory"] },
        { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: [] },
      ],
    });
    try {
      heard(logEvents(getLogger("faultline")));
    } finally {
      resetSync();
    }
    const calls = records.map(({ level, message }): [string, string] => [level, message.join("")]);
    expect(lines(calls)).toEqual(EXPECTED);
    expect(records.map(({ properties }) => properties)).toContainEqual(
      expect.objectContaining({ operation: 1, code: "attempts-exhausted" }),
    );
  });

  test("knows no body, and takes other levels, or none", () => {
    const [debug, error, info, warn] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
    const onEvent = logEvents(
      { debug, error, info, warn },
      { levels: { "attempt-ended": "off", open: "warn" } },
    );
    heard(onEvent);
    expect(info).not.toHaveBeenCalled();
    expect(warn.mock.calls.map(([message]: string[]) => message)).toEqual(["connected"]);
    const all = JSON.stringify([...debug.mock.calls, ...error.mock.calls]);
    expect(all).not.toContain("given up");
  });

  test("needs a logger that has the four levels", () => {
    const { debug, error, info } = console;
    expect(() => logEvents({ debug, error, info } as unknown as Console)).toThrow(
      'Cannot log events as "logger.warn" must be a function: got undefined',
    );
  });
});

class MemoryReader extends MetricReader {
  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

/** Every data point by the instrument's name: its attributes but the common one, and its value. */
async function pointsOf(reader: MetricReader): Promise<Map<string, [object, unknown][]>> {
  const { resourceMetrics } = await reader.collect();
  const points = new Map<string, [object, unknown][]>();
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    for (const { descriptor, dataPoints } of metrics) {
      const values = dataPoints.map(({ attributes, value }): [object, unknown] => {
        const { "rpc.system.name": system, ...own } = attributes;
        expect(system).toBe("faultline");
        const isHistogram = typeof value === "object" && "count" in value;
        return [own, isHistogram ? [value.count, value.sum] : value];
      });
      points.set(`${descriptor.name} ${descriptor.unit}`, values);
    }
  }
  return points;
}

describe("metrics of the events", () => {
  test("are those of OpenTelemetry: calls by their convention, the rest beside them", async () => {
    const reader = new MemoryReader();
    const meter: Meter = new MeterProvider({ readers: [reader] }).getMeter("test");
    const world = heard(meterEvents(meter, { attributes: { "network.transport": "tcp" } }));
    world.submit("open");
    world.submit("queued");
    const tcp = { "network.transport": "tcp" };
    const points = await pointsOf(reader);
    expect(points.get("rpc.client.call.duration s")).toEqual([
      [{ ...tcp, "faultline.outcome": "delivered" }, [1, 0.09]],
      [{ ...tcp, "faultline.outcome": "failed", "error.type": "attempts-exhausted" }, [1, 0.05]],
    ]);
    expect(points.get("faultline.client.attempt.duration s")).toEqual([
      [{ ...tcp, "faultline.attempt.ended": "timeout", "error.type": "timeout" }, [2, 0.1]],
      [{ ...tcp, "faultline.attempt.ended": "error-reply", "error.type": "lost" }, [1, 0.005]],
      [{ ...tcp, "faultline.attempt.ended": "reply" }, [1, 0.005]],
    ]);
    expect(points.get("faultline.client.active_messages {message}")).toEqual([[tcp, 2]]);
    expect(points.get("faultline.client.queued_messages {message}")).toEqual([[tcp, 1]]);
    expect(points.get("faultline.client.open_connections {connection}")).toEqual([[tcp, 1]]);
    expect(points.get("faultline.client.backoff.duration s")?.[0]?.[1]).toEqual([2, 0.03]);
  });

  test("are told apart by the endpoints of a pool", async () => {
    const reader = new MemoryReader();
    const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
    const world = new PoolWorld({
      names: ["one", "two"],
      pool: { onEvent: meterEvents(meter), inFlightMax: 1 },
    });
    for (let message = 0; message < 20; message++) world.send("Hey");
    const points = await pointsOf(reader);
    const open = points.get("faultline.client.open_connections {connection}");
    const each = ["one", "two"].map((name) => [{ "faultline.endpoint": name }, 1]);
    expect(open).toHaveLength(2);
    expect(open).toEqual(expect.arrayContaining(each));
    const attempts = points.get("faultline.client.attempt.duration s") ?? [];
    const ended = { "faultline.attempt.ended": "reply" };
    expect(attempts.map(([attributes]) => attributes)).toEqual(
      expect.arrayContaining(
        ["one", "two"].map((name) => ({ ...ended, "faultline.endpoint": name })),
      ),
    );
  });

  test("forget a message that left the queue by an abort", async () => {
    const reader = new MemoryReader();
    const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
    const world = new World({ serve: () => {}, client: { onEvent: meterEvents(meter) } });
    const caller = new AbortController();
    world.submit("one");
    world.submit("two", { signal: caller.signal });
    caller.abort();
    world.clock.advance(1);
    const points = await pointsOf(reader);
    expect(points.get("faultline.client.queued_messages {message}")).toEqual([[{}, 0]]);
    expect(points.get("faultline.client.active_messages {message}")).toEqual([[{}, 1]]);
  });
});
