/**
 * Faults on encrypted bytes, over real TLS: what the client sees is an alert or a cut, never a wrong
 * body.
 */
import { createClient, randomDraw, systemClock, tlsDialer } from "@faultline/client";
import type { FaultSpec } from "@faultline/faults";
import { type ServerFaultRecord, startServer } from "@faultline/server";
import { describe, expect, test } from "vitest";
import { lab } from "../../certificates/test/support/lab.ts";
import { type ExchangeLine, parseSpec, type Result, runExperiment } from "../src/index.ts";

const KINDS = ["corrupt-record", "cut-record"] as const;
type Kind = (typeof KINDS)[number];
const MESSAGES = 80;
/** So long that no attempt of these tests ends by it. */
const PATIENT_MS = 20_000;

function specOf(kind: Kind, more: object = {}) {
  return parseSpec({
    specVersion: 1,
    seed: 7,
    transport: "tls",
    workload: { messages: MESSAGES, clients: 4 },
    client: {
      attemptTimeoutMs: PATIENT_MS,
      attemptsMax: 12,
      backoff: { kind: "constant", firstMs: 1, jitter: "none" },
    },
    faults: [{ id: "harm", kind, probability: 0.2 }],
    ...more,
  });
}

/** The result, and which attempts the fault met: `client/message/attempt`. */
async function run(
  kind: Kind,
  more: object = {},
): Promise<{ readonly result: Result; readonly met: readonly string[] }> {
  const parsed = specOf(kind, more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const met: string[] = [];
  const onExchange = ({ client, message, attempts }: ExchangeLine): void => {
    for (const { attempt, ended, faults } of attempts) {
      if (faults.length === 0) continue;
      met.push(`${client}/${message}/${attempt}`);
      expect([ended, faults]).toEqual(["reset", ["harm"]]);
    }
  };
  const { result } = await runExperiment(parsed.spec, { onExchange });
  return { result, met: met.toSorted() };
}

/** Messages one after the other, the first attempt of each met by the fault. */
async function exchange(kind: Kind): Promise<{
  readonly statuses: readonly (string | undefined)[];
  readonly records: readonly ServerFaultRecord[];
}> {
  const { authority, server: issued } = await lab();
  const faults: FaultSpec[] = [{ id: "harm", kind, countMax: 3 }];
  const server = await startServer({
    tcpPort: null,
    udpPort: null,
    tls: { cert: issued.cert, key: issued.key },
    plan: { seed: 1, composition: "independent", faults },
  });
  const client = createClient({
    dialer: tlsDialer({ port: server.tls!.port, ca: authority.cert }),
    clock: systemClock(),
    draw: randomDraw(),
    session: { high: 1, low: 2 },
    attemptTimeoutMs: PATIENT_MS,
    attemptsMax: 4,
    backoff: { kind: "constant", firstMs: 1, jitter: "none" },
  });
  const outcome = await client.send("hello");
  await client.close();
  const records = await server.takeRecords();
  await server.close({ graceMs: 0 });
  expect(outcome.outcome).toBe("delivered");
  return { statuses: outcome.attempts.map(({ status }) => status), records };
}

describe.each(KINDS)("%s", (kind) => {
  test("costs a connection and an attempt each time, and no message", async () => {
    const { result, met } = await run(kind);
    const { counts, faults, delivery } = result;
    expect(counts).toMatchObject({ delivered: MESSAGES, executions: MESSAGES, timeouts: 0 });
    expect(counts).toMatchObject({ corruptionsDetected: 0, corruptionsUndetected: 0 });
    const [{ eligible, fired, expected, z }] = faults as [Result["faults"][number]];
    expect(fired).toBeGreaterThan(0);
    expect(eligible).toBe(counts.attempts);
    expect(expected).toBeCloseTo(0.2 * eligible, 9);
    expect(Math.abs(z!)).toBeLessThan(4);
    expect(counts).toMatchObject({ resets: fired, reconnects: fired, retries: fired });
    expect(met).toHaveLength(fired);
    expect(delivery.expected).toBeGreaterThan(0.999);
  });

  test("meets the same messages again with the same seed", async () => {
    const [one, other] = [await run(kind), await run(kind)];
    expect(other.met).toEqual(one.met);
    expect(other.result.faults).toEqual(one.result.faults);
  });

  test("meets large messages in flight, and connections of another worker", async () => {
    const messages = 200;
    const workload = { messages, clients: 4, inFlightMax: 8, payloadBytes: 40_000 };
    const faults = [{ id: "harm", kind, probability: 0.03 }];
    const { result } = await run(kind, { workload, faults, server: { workers: 2 } });
    const { counts } = result;
    expect(result.faults[0]!.fired).toBeGreaterThan(0);
    expect(counts).toMatchObject({ delivered: messages, timeouts: 0, corruptionsUndetected: 0 });
  });

  test.each([
    ["tcp", "real", "and not tls"],
    ["udp", "real", "and not tls"],
    ["tls", "simulated", "nothing is encrypted where tls is simulated"],
  ])("is refused over %s, %s", (transport, mode, why) => {
    const parsed = specOf(kind, { transport, mode });
    expect(parsed).toMatchObject({ ok: false, errors: [{ path: "/faults/0/kind" }] });
    if (!parsed.ok) expect(parsed.errors[0]!.message).toContain(why);
  });

  test("is refused on requests", () => {
    const parsed = specOf(kind, { faults: [{ id: "harm", kind, direction: "request" }] });
    expect(parsed).toMatchObject({ ok: false, errors: [{ path: "/faults/0/direction" }] });
  });
});

test("a flipped bit is called a bad record, by the client that refused it", async () => {
  const { statuses, records } = await exchange("corrupt-record");
  const bad = "link-bad-record";
  expect(statuses).toEqual([bad, bad, bad, undefined]);
  expect(records.map(({ did }) => did)).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/^flipped bit \d of byte \d+ of the/)),
  );
});

test("a cut is called a cut, and not an end", async () => {
  const { statuses } = await exchange("cut-record");
  const cut = "link-truncated";
  expect(statuses).toEqual([cut, cut, cut, undefined]);
});
