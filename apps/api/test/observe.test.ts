/** What the service says about itself: log lines that stay lines, figures that a parser reads. */

import parsePrometheus from "parse-prometheus-text-format";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixedTokens } from "../src/guard/token-book.ts";
import { makeToken } from "../src/guard/token.ts";
import { jsonLine, prettyLine } from "../src/observe/log-lines.ts";
import { openLog } from "../src/observe/log-tape.ts";
import { type Log, LOG_LEVELS, type LogFields, readLogLevel } from "../src/observe/log.ts";
import { Metrics } from "../src/observe/metrics.ts";
import { Observer } from "../src/observe/observer.ts";
import { payloadFields } from "../src/observe/payload.ts";
import { faultKinds, tallyOf } from "../src/observe/tally.ts";
import type { Run } from "../src/runs/run.ts";
import { startApi } from "../src/start.ts";
import { makeBench, SPEC } from "./support/bench.ts";
import { makeFakeClock } from "./support/fake-clock.ts";
import { makeExchange } from "./support/fake-runner.ts";
import { http } from "./support/http.ts";

interface Figure {
  readonly name: string;
  readonly type: string;
  readonly metrics: readonly { value?: string; count?: string; labels?: Record<string, string> }[];
}

/** Figures as `name{label="value"} -> number`; a histogram counts as its number of values. */
function figures(text: string): Record<string, number> {
  const parsed = parsePrometheus(text) as Figure[];
  return Object.fromEntries(
    parsed.flatMap(({ name, metrics }) =>
      metrics.map(({ value, count, labels = {} }) => {
        const pairs = Object.entries(labels).map(([label, word]) => `${label}=${word}`);
        return [[name, ...pairs].join(" "), Number(value ?? count)];
      }),
    ),
  );
}

interface Line extends LogFields {
  readonly level: string;
  readonly event: string;
}

function memoryLog(): Log & { lines: Line[] } {
  const lines: Line[] = [];
  return {
    lines,
    isOn: () => true,
    write: (level, event, fields = {}) => void lines.push({ level, event, ...fields }),
  };
}

describe("GET /metrics", () => {
  test("counts messages, attempts, faults, latencies and runs of a real run", async () => {
    const api = await startApi();
    onTestFinished(() => api.close());
    const { get, start, untilEnd } = http(api.url);
    const spec = {
      specVersion: 1,
      seed: 7,
      workload: { messages: 60 },
      client: { attemptTimeoutMs: 200, backoff: { firstMs: 1 } },
      faults: [{ id: "{evil}\n", kind: "loss", answer: "error", everyMessages: 3 }],
    };
    const accepted = await start({ ...spec, faults: [{ ...spec.faults[0], id: "drop" }] });
    const { result } = await untilEnd(accepted.id);
    const { counts, faults } = result as unknown as {
      counts: Record<string, number>;
      faults: { fired: number }[];
    };
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const seen = figures(await response.text());
    expect(counts["attempts"]).toBeGreaterThan(60);
    expect(seen).toMatchObject({
      "faultline_messages_total outcome=delivered": counts["delivered"],
      "faultline_attempts_total ended=reply": counts["delivered"],
      "faultline_attempts_total ended=error-reply": counts["errorReplies"],
      "faultline_faults_fired_total kind=loss": faults[0]?.fired,
      faultline_message_latency_seconds: counts["delivered"],
      "faultline_runs_total kind=experiment status=completed": 1,
      faultline_run_duration_seconds: 1,
      faultline_runs_queued: 0,
      faultline_runs_running: 0,
      faultline_event_streams_open: 0,
    });
    expect(seen["faultline_http_connections_open"]).toBeGreaterThan(0);
    expect(seen["faultline_http_requests_total method=POST status=202"]).toBe(1);
  });

  test("counts refusals by code, and puts no word of a stranger into a label", async () => {
    const open = await makeBench();
    await open.app.request("/v1/health", { headers: { host: "evil.example" } });
    await open.app.request("/v1/health", { method: "BREW" });
    const seen = figures(await (await open.app.request("/metrics")).text());
    expect(seen["faultline_http_refusals_total code=host-not-allowed"]).toBe(1);
    expect(seen["faultline_http_requests_total method=other status=405"]).toBe(1);
    expect(JSON.stringify(seen)).not.toContain("BREW");
  });

  test("knows the queue of the moment", async () => {
    const bench = await makeBench({ runsAtOnceMax: 1 });
    await bench.start();
    await bench.start();
    const seen = figures(await (await bench.app.request("/metrics")).text());
    expect(seen).toMatchObject({ faultline_runs_queued: 1, faultline_runs_running: 1 });
  });
});

describe("a tally", () => {
  test("adds up outcomes, attempts, kinds of faults, and latency from first sent to reply", () => {
    const faults = [{ id: "a", kind: "loss" }] as never;
    const kinds = faultKinds({ faults, phases: null });
    const retried = {
      ...makeExchange(0),
      attempts: [
        { attempt: 1, sentUs: 10, endedUs: 20, ended: "error-reply", faults: ["a", "gone"] },
        { attempt: 2, sentUs: 30, endedUs: 45, ended: "reply", faults: [] },
      ],
    } as const;
    const failed = { ...makeExchange(1), outcome: "failed", attempts: [] } as const;
    expect(tallyOf([retried, failed], kinds)).toEqual({
      outcomes: { delivered: 1, failed: 1 },
      attempts: { "error-reply": 1, reply: 1 },
      faults: { loss: 1, other: 1 },
      latenciesUs: [35],
    });
  });
});

const HOSTILE_TEXTS = [
  "two\nlines",
  "cr\rlf",
  'quote"{evil}',
  "\u001b[2J\u0007",
  "\u009b31m",
  "\u202egnp.exe",
  "a\u2028b\u2029c",
  "{event}",
  "\ud800",
  "\0",
  "__proto__x",
];

describe("the log", () => {
  test("joins everything of a run by its id, down to client, operation and attempt", async () => {
    const log = memoryLog();
    const api = await startApi({ log });
    onTestFinished(() => api.close());
    const { start, untilEnd } = http(api.url);
    const { id } = await start({ ...SPEC, workload: { messages: 2, bodies: ["the payload"] } });
    const run: Run = await untilEnd(id);
    const of = (event: string): Line[] => log.lines.filter((line) => line.event === event);
    for (const event of ["run-accepted", "run-started", "run-ended"]) {
      expect(of(event)).toMatchObject([{ level: "info", run: id }]);
    }
    expect(of("run-ended")).toMatchObject([{ status: run.status, verdict: "pass" }]);
    expect(
      of("attempt").map(({ run: of_, client, operation, attempt }) => ({
        of_,
        client,
        operation,
        attempt,
      })),
    ).toEqual([
      { of_: id, client: 0, operation: 0, attempt: 1 },
      { of_: id, client: 0, operation: 1, attempt: 1 },
    ]);
    expect(of("request").length).toBeGreaterThan(1);
    expect(JSON.stringify(log.lines)).not.toContain("the payload");
  });

  test("never holds a token, a header or a query, at any level", async () => {
    const log = memoryLog();
    const { record, text } = makeToken({ name: "t", scopes: ["read"], nowMs: 0 }, (count) =>
      new Uint8Array(count).fill(9),
    );
    const api = await startApi({ log, tokens: fixedTokens([record]) });
    onTestFinished(() => api.close());
    const ask = (token: string): Promise<Response> =>
      fetch(`${api.url}/v1/runs?cursor=${token}`, {
        headers: { authorization: `Bearer ${token}` },
      });
    await ask(text);
    await ask(`${text.slice(0, -1)}A`);
    const said = JSON.stringify(log.lines);
    expect(said).toContain(record.id);
    expect(said).not.toContain(text.slice(21, 40));
    expect(said).not.toContain("cursor");
  });

  test("tells of refusals once a second for each code, with how often they were", () => {
    const log = memoryLog();
    const clock = makeFakeClock();
    const observer = new Observer({ log, metrics: new Metrics(), clock });
    for (let at = 0; at < 1000; at += 1) observer.refused("unauthenticated", 401);
    clock.advance(1000);
    observer.refused("unauthenticated", 401);
    observer.refused("rate-limited", 429);
    expect(log.lines.map(({ code, times }) => [code, times])).toEqual([
      ["unauthenticated", 1],
      ["unauthenticated", 1000],
      ["rate-limited", 1],
    ]);
  });

  test("is written from its level on, through the library, in order", () => {
    for (const [at, level] of LOG_LEVELS.entries()) {
      const seen: string[] = [];
      const log = openLog({ level, name: "test", write: (line) => seen.push(line.event) });
      for (const each of LOG_LEVELS) log.write(each, each, { n: 1 });
      expect(seen).toEqual(LOG_LEVELS.slice(at));
      expect(LOG_LEVELS.map((each) => log.isOn(each))).toEqual(LOG_LEVELS.map((_, n) => n >= at));
    }
    const seen: string[] = [];
    const silent = openLog({
      level: "silent",
      name: "test",
      write: (line) => seen.push(line.event),
    });
    for (const each of LOG_LEVELS) silent.write(each, each);
    expect(seen).toEqual([]);
  });

  test("keeps any text inside its line, for machines and for people", () => {
    const lines: string[] = [];
    const log = openLog({
      level: "info",
      name: "test",
      write: (line) => void lines.push(jsonLine(line), prettyLine(line)),
    });
    for (const text of HOSTILE_TEXTS) {
      lines.length = 0;
      log.write("info", "event", { text, [text]: 1 });
      const [json = "", pretty = ""] = lines;
      expect(JSON.parse(json)).toMatchObject({ level: "info", event: "event", text });
      expect(json + pretty).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    }
  });

  test("LOG_LEVEL takes its words in any case, and refuses others by name", () => {
    expect(readLogLevel(undefined, "info")).toBe("info");
    expect(readLogLevel(" ", "warn")).toBe("warn");
    expect(readLogLevel("WARNING", "info")).toBe("warn");
    expect(readLogLevel("off", "info")).toBe("silent");
    for (const word of ["loud", "constructor", "__proto__", "1"]) {
      expect(() => readLogLevel(word, "info")).toThrow(
        'Cannot start as "LOG_LEVEL" must be one of',
      );
    }
  });
});

const PEM = `-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE${"k".repeat(80)}\n-----END EC PRIVATE KEY-----`;

describe("a payload in a line", () => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("is text where it is text, and hex where it is not", () => {
    expect(payloadFields(bytesOf("Zoë|{}"), 256)).toEqual({ payload: "Zoë|{}" });
    expect(payloadFields(Uint8Array.of(0xff, 0, 0x41), 256)).toEqual({ payloadHex: "ff0041" });
    expect(payloadFields(new Uint8Array(0), 256)).toEqual({ payload: "" });
  });

  test("has as many bytes as the limit says, and no half of a character", () => {
    expect(payloadFields(bytesOf("abcd"), 4)).toEqual({ payload: "abcd" });
    expect(payloadFields(bytesOf("abcde"), 4)).toEqual({ payload: "abcd" });
    expect(payloadFields(bytesOf("abcë"), 4)).toEqual({ payload: "abc" });
    expect(payloadFields(bytesOf("abcë").subarray(0, 4), 4, 5)).toEqual({ payload: "abc" });
    // The same bytes are no text where nothing was cut off.
    expect(payloadFields(bytesOf("abcë").subarray(0, 4), 4)).toEqual({ payloadHex: "616263c3" });
  });

  test("never holds a private key, a token or a credential, whole or cut, in text or in noise", () => {
    const token = `flt_0123456789abcdef_${"T".repeat(43)}`;
    const texts = [
      `a ${PEM} b`,
      token,
      `authorization: Bearer ${"T".repeat(40)}`,
      `{"t":"${token}"}`,
    ];
    for (const text of texts) {
      for (const before of [[], [0xff, 0xfe]]) {
        const bytes = Uint8Array.from([...before, ...bytesOf(text)]);
        for (let bytesMax = 1; bytesMax <= bytes.length; bytesMax += 1) {
          const shown = Object.values(payloadFields(bytes, bytesMax)).join("");
          expect(shown).not.toMatch(/kkk|TTTTTTTTTTTTTTTT|(6b){3}|(54){16}/);
        }
      }
    }
    expect(payloadFields(bytesOf(`a ${PEM} b`), 256)).toEqual({ payload: "a [private key] b" });
  });
});
