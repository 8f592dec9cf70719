/**
 * With several messages in flight on one connection, whatever ends it ends it for all of them. What
 * the server had read by then is the machine's doing; what an attempt meets is still the seed's.
 *
 * So an attempt either says that it was cut, or shows the same faults in every run it occurs in: on
 * one thread and on two, on sockets and on the simulated network.
 */
import { expect, test } from "vitest";
import { type FullSpec, parseSpec, runExperiment } from "../src/index.ts";

interface Met {
  readonly faults: string;
  readonly cut: boolean;
}
type Facts = ReadonlyMap<string, Met>;

const FAULTS = [
  { id: "drop", kind: "loss", direction: "both", probability: 0.005 },
  { id: "told", kind: "loss", direction: "both", probability: 0.1, answer: "error" },
  { id: "lag", kind: "delay", direction: "both", probability: 0.1, delayMs: 3, jitterMs: 3 },
  { id: "echoes", kind: "duplicate", direction: "both", probability: 0.05 },
  { id: "flip", kind: "corrupt", direction: "both", probability: 0.02 },
  { id: "cut", kind: "reset", direction: "both", probability: 0.01 },
];

interface Setting {
  readonly clients: number;
  readonly workers?: number;
  readonly inFlightMax?: number;
  readonly mode?: "real" | "simulated";
}

function spec({ clients, workers = 1, inFlightMax = 8, mode = "real" }: Setting): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    seed: 20_240_611,
    mode,
    workload: { messages: clients === 1 ? 96 : 320, clients, inFlightMax },
    client: {
      attemptsMax: 12,
      attemptTimeoutMs: 500,
      deadlineMs: 20_000,
      backoff: { firstMs: 2, maxMs: 10 },
    },
    server: { workers },
    // The late copy of a reply may end the connection of the next message.
    faults: inFlightMax > 1 ? FAULTS : FAULTS.filter(({ kind }) => kind !== "duplicate"),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function facts(setting: Setting): Promise<Facts> {
  const met = new Map<string, Met>();
  await runExperiment(spec(setting), {
    onExchange: ({ client, message, attempts }) => {
      for (const { attempt, faults, cut = false } of attempts)
        met.set(`${client}/${message}/${attempt}`, { faults: faults.join(), cut });
    },
  });
  return met;
}

/** Attempts that were cut in neither run, and yet met different faults. */
function differences(one: Facts, other: Facts): string[] {
  return [...one].flatMap(([key, here]) => {
    const there = other.get(key);
    if (there === undefined || here.cut || there.cut || here.faults === there.faults) return [];
    return [`${key}: ${here.faults} / ${there.faults}`];
  });
}

function cutOf(met: Facts): number {
  return [...met.values()].filter(({ cut }) => cut).length;
}

test.concurrent.each([{ clients: 1 }, { clients: 8 }])(
  "eight in flight, $clients client(s): whatever was not cut met the same faults in every run",
  async ({ clients }) => {
    const first = await facts({ clients, mode: "simulated" });
    const runs = [first];
    for (const workers of [1, 2, 1, 2, 1, 2]) runs.push(await facts({ clients, workers }));
    for (const [index, run] of runs.entries()) {
      for (const other of runs.slice(index + 1)) expect(differences(run, other)).toEqual([]);
      const whole = [...run].filter(([key, { cut }]) => !cut && first.has(key));
      expect(whole.length).toBeGreaterThan(0.5 * run.size);
      expect(cutOf(run)).toBeLessThan(0.3 * run.size);
    }
    // or there would be nothing to tell apart
    expect(runs.reduce((sum, run) => sum + cutOf(run), 0)).toBeGreaterThan(0);
  },
);

test.concurrent("one in flight: nothing is ever cut by another", async () => {
  const one = await facts({ clients: 8, inFlightMax: 1, workers: 2 });
  const other = await facts({ clients: 8, inFlightMax: 1, mode: "simulated" });
  expect([cutOf(one), cutOf(other)]).toEqual([0, 0]);
  expect(differences(one, other)).toEqual([]);
  expect([...one.values()].filter(({ faults }) => /flip|cut/.test(faults)).length).toBeGreaterThan(
    9,
  );
});
