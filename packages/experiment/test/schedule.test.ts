/**
 * What happens by list and not by chance: firings of faults, events of the server.
 */
import { describe, expect, test } from "vitest";
import { type ExchangeLine, type FullSpec, parseSpec, runExperiment } from "../src/index.ts";

const DROP = { id: "drop", kind: "loss", probability: 0.3 };
const CUT = { id: "cut", kind: "reset", direction: "both", probability: 0.1 };

function parse(more: object) {
  return parseSpec({ specVersion: 1, mode: "simulated", seed: 5, ...more });
}

function specOf(more: object): FullSpec {
  const parsed = parse(more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

function problems(more: object): string[] {
  const parsed = parse(more);
  return parsed.ok ? [] : parsed.errors.map(({ path, message }) => `${path} ${message}`);
}

async function run(spec: FullSpec) {
  const lines: ExchangeLine[] = [];
  const { result } = await runExperiment(spec, { onExchange: (line) => lines.push(line) });
  return { result, lines };
}

function at(fault: string, message: number, more: object = {}): object {
  return { fault, client: 0, message, attempt: 1, direction: "reply", ...more };
}

describe("a run with a schedule", () => {
  test.each(["simulated", "real"])("meets the listed faults and no others (%s)", async (mode) => {
    const schedule = [
      at("drop", 3),
      at("drop", 3, { attempt: 2 }),
      at("cut", 5),
      at("drop", 1, { client: 1 }),
    ];
    const spec = specOf({
      mode,
      workload: { messages: 20, clients: 2 },
      client: { attemptTimeoutMs: 100, backoff: { firstMs: 5 } },
      faults: [DROP, CUT],
      schedule,
    });
    const { lines, result } = await run(spec);
    const met = lines.flatMap(({ client, message, attempts }) =>
      attempts.flatMap(({ attempt, faults }) =>
        faults.map((fault) => `${fault} ${client}/${message}/${attempt}`),
      ),
    );
    expect(met.toSorted()).toEqual(["cut 0/5/1", "drop 0/3/1", "drop 0/3/2", "drop 1/1/1"]);
    expect(result.counts).toMatchObject({ delivered: 20, retries: 4, timeouts: 3, resets: 1 });
    expect(result.verdict).toBe("pass");
    expect(result.faults.map(({ fired, expected, z }) => [fired, expected, z])).toEqual([
      [3, 3, null],
      [1, 1, null],
    ]);
  });

  test("is inconclusive where a listed firing never happened, but not for faults it leaves out", async () => {
    const faults = [DROP, CUT];
    const never = await run(specOf({ faults, schedule: [at("drop", 3, { attempt: 4 })] }));
    expect(never.result.verdict).toBe("inconclusive");
    expect(never.result.reasons).toEqual(["fault drop never fired: 0 of 200, 1 expected"]);
    const none = await run(specOf({ faults, schedule: [] }));
    expect(none.result.verdict).toBe("pass");
    expect(none.result.delivery.expected).toBeNull();
  });

  test("finds a fault of a phase while that phase lasts", async () => {
    const { lines } = await run(
      specOf({
        workload: { messages: 20, ratePerSecond: 10 },
        client: { attemptTimeoutMs: 50 },
        phases: [
          { name: "calm", durationMs: 500 },
          { name: "storm", durationMs: 500, faults: [DROP] },
          { name: "after", durationMs: 500 },
        ],
        schedule: [at("drop", 2), at("drop", 7), at("drop", 12)],
      }),
    );
    const met = lines.filter(({ attempts }) => attempts.some(({ faults }) => faults.length > 0));
    expect(met.map(({ message }) => message)).toEqual([7]);
  });
});

describe("a schedule is refused", () => {
  test("where it names what is not there", () => {
    const schedule = [
      at("gone", 1),
      at("drop", 1, { direction: "request" }),
      at("drop", 1, { client: 2 }),
      at("drop", 10),
      at("drop", 1, { attempt: 5 }),
      at("drop", 1, { attempt: 0 }),
      at("late", 1),
      at("late", 99, { attempt: 0 }),
      at("drop", 2),
      at("drop", 2, { copy: 0 }),
    ];
    const faults = [DROP, { id: "late", kind: "slow-close", delayMs: 1 }];
    expect(problems({ workload: { messages: 20, clients: 2 }, faults, schedule })).toEqual([
      '/schedule/0/fault must be the id of a fault of this spec: got "gone"',
      '/schedule/1/direction must be reply, the direction of drop: got "request"',
      "/schedule/2/client must be below workload.clients, 2: got 2",
      "/schedule/3/message must be below 10, the messages of client 0: got 10",
      "/schedule/4/attempt must be at most attemptsMax, 4: got 5",
      "/schedule/5/attempt must be at least 1: got 0",
      "/schedule/6/attempt must be 0, as slow-close acts on no message: got 1",
      expect.stringMatching(/^\/schedule\/9 must be listed once: got \{/),
    ]);
  });

  test("with the pipe codec, whose messages have no number", () => {
    const spec = { codec: "pipe", faults: [DROP], schedule: [at("drop", 1)] };
    expect(problems(spec)).toEqual([
      '/schedule must be null with the pipe codec, whose messages carry no number to be named by: got "1 firings"',
    ]);
  });
});

describe("the simulated server", () => {
  const RATE = { messages: 40, ratePerSecond: 100, inFlightMax: 8 };
  const client = { attemptTimeoutMs: 50, attemptsMax: 20, backoff: { firstMs: 10, maxMs: 20 } };

  test.each(["tcp", "udp"])("that is paused answers when it goes on (%s)", async (transport) => {
    const { result } = await run(
      specOf({
        transport,
        workload: RATE,
        client: { ...client, attemptTimeoutMs: 1_000 },
        events: [
          { atMs: 100, kind: "pause" },
          { atMs: 300, kind: "resume" },
        ],
      }),
    );
    expect(result.counts).toMatchObject({ delivered: 40, attempts: 40, executions: 40 });
    expect(result.latencyMs.max).toBeGreaterThan(190);
    expect(result.latencyMs.max).toBeLessThan(201);
  });

  test.each([
    { connections: "reset", ends: ["refused", "reply"] },
    { connections: "silent", ends: ["reply", "reset", "timeout"] },
  ])(
    "that crashes (connections $connections) and comes back is found again, and all its lives are counted",
    async ({ connections, ends }) => {
      const { result, lines } = await run(
        specOf({
          workload: RATE,
          client,
          events: [
            { atMs: 95, kind: "crash", connections },
            { atMs: 245, kind: "restart" },
          ],
        }),
      );
      expect(result.counts).toMatchObject({ delivered: 40, executions: 40, reconnects: 1 });
      expect(result.counts.attempts).toBeGreaterThan(50);
      const seen = lines.flatMap(({ attempts }) => attempts.map((attempt) => attempt.ended));
      expect([...new Set(seen)].toSorted()).toEqual(ends);
    },
  );

  test("that restarts has forgotten what it executed, and the count shows it", async () => {
    const { result } = await run(
      specOf({
        workload: { messages: 1 },
        client,
        faults: [{ id: "late", kind: "delay", delayMs: 20 }],
        events: [{ atMs: 10, kind: "restart" }],
      }),
    );
    expect(result.counts).toMatchObject({ delivered: 1, attempts: 2, executions: 2 });
  });

  test.each([
    ["kept", "on its disk answers the retry from there", { delivered: 1, duplicatesSuppressed: 1 }],
    ["lost", "nowhere refuses it, and nobody says that it failed", { indeterminate: 1 }],
  ] as const)("that restarts with its memory %s %s: executed once", async (memory, _, counts) => {
    const { result } = await run(
      specOf({
        workload: { messages: 1, idempotent: false },
        client,
        server: { responder: "counter" },
        faults: [{ id: "late", kind: "delay", direction: "reply", delayMs: 20 }],
        events: [{ atMs: 10, kind: "restart", memory }],
      }),
    );
    expect(result.counts).toMatchObject({ attempts: 2, executions: 1, ...counts });
  });

  test("that restarts again and again counts on from where it was, if it remembers", async () => {
    const events = [40, 80, 120].map((atMs) => ({ atMs, kind: "restart", memory: "kept" }));
    const { result } = await run(
      specOf({ workload: RATE, client, server: { responder: "counter" }, events }),
    );
    expect(result.counts).toMatchObject({ delivered: 40, executions: 40 });
  });

  test("that never comes back leaves the clients with failures", async () => {
    const { result } = await run(
      specOf({ workload: RATE, client, events: [{ atMs: 95, kind: "crash" }] }),
    );
    expect(result.counts.delivered).toBe(10);
    expect(result.counts.failed + result.counts.rejected).toBe(30);
  });

  test("keeps to the faults in force through its lives, and no proof is lost", async () => {
    const spec = specOf({
      workload: RATE,
      client,
      faults: [{ ...DROP, probability: 1, firstMessages: 20 }],
      schedule: [at("drop", 2), at("drop", 15)],
      events: [{ atMs: 105, kind: "restart" }],
    });
    const { lines, result } = await run(spec);
    expect(result.faults[0]?.fired).toBe(2);
    const met = lines.filter(({ attempts }) => attempts.some(({ faults }) => faults.length > 0));
    expect(met.map(({ message }) => message)).toEqual([2, 15]);
  });

  test("alone can be crashed and paused: a real run refuses", () => {
    expect(problems({ mode: "real", events: [{ atMs: 1, kind: "crash" }] })).toEqual([
      '/events must be left out in real mode: only a simulated server can be crashed, restarted and paused: got "1 events"',
    ]);
    expect(problems({ events: [{ atMs: -1, kind: "burn", connections: "cut" }] })).toEqual([
      "/events/0/atMs must be a number from 0 to 3600000: got -1",
      '/events/0/connections must be one of reset, silent: got "cut"',
      '/events/0/kind must be one of crash, restart, pause, resume: got "burn"',
    ]);
  });
});

test("parts of one's own are for simulated runs only", async () => {
  await expect(runExperiment(specOf({ mode: "real" }), { parts: {} })).rejects.toThrow(
    'Cannot run as "parts" must be left out in real mode: got parts',
  );
});
