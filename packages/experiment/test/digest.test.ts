/**
 * What the digest covers: change one thing anywhere in a run, and it is another digest.
 *
 * Each test changes the least that can be changed in one place, and leaves the rest as it was.
 */
import { type Client, createClient, type Outcome } from "@faultline/client";
import { createServerCore, type ServerFaultRecord } from "@faultline/server";
import { expect, test } from "vitest";
import { type FullSpec, parseSpec, runExperiment } from "../src/index.ts";
import type { SimulatedParts } from "../src/run/simulated.ts";

function spec(more: object = {}): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 8,
    workload: { messages: 3, clients: 1, bodies: ["one", "two", "three"] },
    faults: [{ id: "lag", kind: "delay", delayMs: 10, jitterMs: 0 }],
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function digestOf(plan: FullSpec, parts: Partial<SimulatedParts> = {}): Promise<string> {
  const { digest } = (await runExperiment(plan, { parts })).result;
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  return String(digest);
}

/** A client that reports another outcome for its second message than it had. */
function misreporting(change: (outcome: Outcome) => Partial<Outcome>): Partial<SimulatedParts> {
  return {
    createClient(options): Client {
      const client = createClient(options);
      const submit = client.submit.bind(client);
      client.submit = (body, more, done) =>
        submit(body, more, (outcome) =>
          done(outcome.operation === 1 ? Object.assign(outcome, change(outcome)) : outcome),
        );
      return client;
    },
  };
}

/** A server that tells another story of what its faults did. */
function retelling(change: Partial<ServerFaultRecord>): Partial<SimulatedParts> {
  return {
    createServerCore(options) {
      const core = createServerCore(options);
      const takeRecords = core.takeRecords.bind(core);
      core.takeRecords = () => takeRecords().map((record) => ({ ...record, ...change }));
      return core;
    },
  };
}

const plain = digestOf(spec());

test("the same run has the same digest, also in other hands that change nothing", async () => {
  expect(await digestOf(spec())).toBe(await plain);
  expect(
    await digestOf(
      spec(),
      misreporting(() => ({})),
    ),
  ).toBe(await plain);
  expect(await digestOf(spec(), retelling({}))).toBe(await plain);
});

test.each([
  ["the seed", { seed: 9 }],
  [
    "one bit of one body",
    { workload: { messages: 3, clients: 1, bodies: ["one", "two", "thref"] } },
  ],
  [
    "one microsecond of one delay",
    { faults: [{ id: "lag", kind: "delay", delayMs: 10.001, jitterMs: 0 }] },
  ],
  ["the transport", { transport: "udp" }],
  ["the checksum", { checksum: "crc32" }],
  ["the name of a fault", { faults: [{ id: "lap", kind: "delay", delayMs: 10, jitterMs: 0 }] }],
] as const)("%s changes it", async (_, change) => {
  expect(await digestOf(spec(change))).not.toBe(await plain);
});

test("an assertion, a name and the threads of a server, which change no event, do not change it", async () => {
  const assert = [{ metric: "delivery.ratio", op: ">=", value: 0.5 }];
  expect(await digestOf(spec({ assert, name: "another", server: { workers: 4 } }))).toBe(
    await plain,
  );
});

test.each([
  ["what became of it", () => ({ outcome: "failed" as const, reply: undefined })],
  ["when it ended", ({ endedUs }: Outcome) => ({ endedUs: endedUs + 1 })],
  ["its reply", () => ({ reply: new Uint8Array([1]) })],
  [
    "how an attempt ended",
    ({ attempts }: Outcome) => ({
      attempts: attempts.map((one) => ({ ...one, ended: "late-reply" as const })),
    }),
  ],
  [
    "when an attempt was sent",
    ({ attempts }: Outcome) => ({
      attempts: attempts.map((one) => ({ ...one, sentUs: one.sentUs + 1 })),
    }),
  ],
  ["an attempt more", ({ attempts }: Outcome) => ({ attempts: [...attempts, ...attempts] })],
])("of a message, %s changes it", async (_, change) => {
  expect(await digestOf(spec(), misreporting(change as never))).not.toBe(await plain);
});

test.each([
  ["which", { fault: "other" }],
  ["when", { atUs: 1 }],
  ["of which message", { message: 9 }],
  ["of which attempt", { attempt: 9 }],
  ["in which session", { sessionLow: 9 }],
  ["what", { did: "delayed 10001 us" }],
])("of what a fault did, %s changes it", async (_, change) => {
  expect(await digestOf(spec(), retelling(change))).not.toBe(await plain);
});
