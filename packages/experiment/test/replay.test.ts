/**
 * The same seed shows the same faults: on real sockets, however often it is run, on however many
 * threads, in either runtime.
 *
 * Which attempts are made depends on the machine's speed; which faults meet an attempt that is
 * made does not. So every (client, message, attempt) of one run that also occurs in another must
 * have met the same faults there. Timeouts stand well away from every delay in the specs, since
 * whether a late reply or a retry wins is not the seed's to say.
 */
import { expect, test } from "vitest";
import { type ExchangeLine, type FullSpec, parseSpec, runExperiment } from "../src/index.ts";
import { sha256Hex } from "../src/result/canonical.ts";

type Met = ReadonlyMap<string, string>;

/** Faults that concern one message each, whatever else is under way. */
const GENTLE = [
  { id: "drop", kind: "loss", direction: "both", probability: 0.01 },
  { id: "told", kind: "loss", direction: "both", probability: 0.05, answer: "error" },
  { id: "lag", kind: "delay", direction: "both", probability: 0.2, delayMs: 5, jitterMs: 5 },
  { id: "echoes", kind: "duplicate", direction: "request", probability: 0.1 },
  { id: "burst", kind: "burst-loss", p: 0.02, r: 0.9 },
  { id: "first", kind: "delay", delayMs: 2, firstMessages: 20 },
  { id: "third", kind: "loss", everyMessages: 30, answer: "error", probability: 0.5 },
];
const DAMAGE = { id: "flip", kind: "corrupt", direction: "both", probability: 0.05 };
const RESET = { id: "cut", kind: "reset", direction: "both", probability: 0.05 };

/**
 * On a stream, damage and resets end the connection for every message on it. They are not put
 * beside duplicates here: a doubled reply that is damaged may take the next message's connection
 * down before or after its request was read.
 */
const FAULTS: Record<string, object[]> = {
  udp: [...GENTLE, DAMAGE],
  tcp: GENTLE,
  "tcp, with damage and resets": [
    ...GENTLE.filter(({ kind }) => kind !== "duplicate"),
    DAMAGE,
    RESET,
  ],
};

function spec(faults: string, clients: number, workers: number, more: object = {}): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    seed: 20_240_607,
    transport: faults.slice(0, 3),
    workload: { messages: clients === 1 ? 24 : 96, clients },
    client: {
      attemptsMax: 8,
      attemptTimeoutMs: 1_000,
      deadlineMs: 20_000,
      backoff: { firstMs: 2, maxMs: 10 },
    },
    server: { workers },
    faults: FAULTS[faults],
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function facts(plan: FullSpec): Promise<Met> {
  const met = new Map<string, string>();
  const note = ({ client, message, attempts }: ExchangeLine): void => {
    for (const { attempt, faults } of attempts)
      met.set(`${client}/${message}/${attempt}`, faults.join());
  };
  await runExperiment(plan, { onExchange: note });
  return met;
}

/** Attempts of both runs that met different faults. */
function differences(one: Met, other: Met): string[] {
  return [...one].flatMap(([key, faults]) => {
    const there = other.get(key);
    return there === undefined || there === faults ? [] : [`${key}: ${faults} / ${there}`];
  });
}

function firstAttempts(met: Met): string {
  const firsts = [...met]
    .filter(([key]) => key.endsWith("/1"))
    .map(([key, faults]) => `${key} ${faults}`);
  return sha256Hex(firsts.toSorted().join("\n"));
}

const references = new Map<string, Promise<Met>>();

/** The run with one worker that the others are compared with, made once. */
function referenceOf(name: string, clients: number): Promise<Met> {
  const key = `${name} ${clients}`;
  const made = references.get(key) ?? facts(spec(name, clients, 1));
  references.set(key, made);
  return made;
}

/** Faults of every first attempt of 8 clients, hashed. */
const PINNED = {
  udp: "a81e7c69034856e4e713fe24222466ec382175a57c64e7c63373eca82b94cdb8",
  tcp: "337b8512bbe0c28a037518e61c0e982ceef884b01efa24bf8d37f1cf4ebfcdc5",
};

const CASES = Object.keys(FAULTS).flatMap((name) => [1, 8].map((clients) => ({ name, clients })));
const TRANSPORTS = ["tcp", "udp"] as const;

test.concurrent.each(CASES)(
  "over $name, $clients client(s): three runs, with one worker and with two, show the same faults",
  async ({ name, clients }) => {
    const reference = await referenceOf(name, clients);
    const hurt = [...reference.values()].filter((faults) => faults !== "");
    expect(hurt.length).toBeGreaterThan(clients === 1 ? 6 : 25);
    for (const workers of [1, 2]) {
      const again = await facts(spec(name, clients, workers));
      expect(differences(reference, again)).toEqual([]);
      // most attempts occur in both, or the comparison would prove nothing
      const shared = [...again.keys()].filter((key) => reference.has(key));
      expect(shared.length).toBeGreaterThan(0.8 * reference.size);
    }
  },
);

test.concurrent.each(TRANSPORTS)(
  "over %s an exclusive mix shows the same faults too",
  async (transport) => {
    const faults = [
      { id: "drop", kind: "loss", direction: "both", probability: 0.2, answer: "error" },
      { id: "lag", kind: "delay", probability: 0.2, delayMs: 5 },
      { id: "flip", kind: "corrupt", probability: 0.2, how: "byte" },
    ];
    const plan = spec(transport, 8, 2, { faults, composition: "exclusive" });
    const [one, other] = [await facts(plan), await facts(plan)];
    expect(differences(one, other)).toEqual([]);
    expect([...one.values()].filter((ids) => ids !== "").length).toBeGreaterThan(60);
  },
);

test.concurrent.each(TRANSPORTS)(
  "over %s a pipe, whose messages have no number, shows the same faults too",
  async (transport) => {
    const faults = [
      { id: "told", kind: "loss", probability: 0.2, answer: "error" },
      { id: "lag", kind: "delay", probability: 0.2, delayMs: 5 },
    ];
    const plan = spec(transport, 8, 1, { faults, codec: "pipe" });
    const [one, other] = [await facts(plan), await facts(plan)];
    expect(differences(one, other)).toEqual([]);
    expect([...one.values()].filter((ids) => ids !== "").length).toBeGreaterThan(25);
  },
);

test.concurrent("another seed shows others", async () => {
  const one = await referenceOf("udp", 8);
  const other = await facts(spec("udp", 8, 1, { seed: 1 }));
  expect(differences(one, other).length).toBeGreaterThan(20);
});

test.concurrent.each(Object.entries(PINNED))(
  "the faults of a seed are pinned: every runtime and every later version shows these over %s",
  async (name, hash) => {
    expect(firstAttempts(await referenceOf(name, 8))).toBe(hash);
  },
);
