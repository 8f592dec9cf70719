/** Every limit of a spec, from both sides. */
import { expect, test } from "vitest";
import { parseSpec, type SpecLimits } from "../src/index.ts";

const LIMITS: SpecLimits = {
  seedsMax: 2,
  messagesTotalMax: 16,
  messagesMax: 10,
  payloadBytesMax: 100,
  delayMsMax: 50,
  wallMsMax: 5_000,
  clientsMax: 2,
  inFlightMax: 4,
  inFlightBytesMax: 256,
  attemptsMax: 3,
  workersMax: 2,
  faultsMax: 1,
  scheduleMax: 2,
  eventsMax: 2,
  partitionsMax: 1,
  phasesMax: 1,
  assertionsMax: 1,
  bodiesMax: 2,
  captureBytesMax: 300_000,
  nameLengthMax: 16,
};

const items = (count: number, make: (index: number) => unknown): unknown[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A spec at each limit, `over` beyond those that `only` names. */
const CASES: Record<keyof SpecLimits, { path: string; at: (limit: number) => object }> = {
  seedsMax: {
    path: "/seeds",
    at: (count) => ({ seeds: items(count, (index) => index), workload: { messages: 1 } }),
  },
  messagesTotalMax: {
    path: "/seeds",
    // two runs that share it, rounded up
    at: (total) => ({
      seeds: { base: 0, runs: 2 },
      workload: { messages: Math.ceil(total / 2), clients: 1 },
    }),
  },
  messagesMax: { path: "/workload/messages", at: (messages) => ({ workload: { messages } }) },
  payloadBytesMax: {
    path: "/workload/payloadBytes",
    at: (payloadBytes) => ({ workload: { payloadBytes } }),
  },
  delayMsMax: {
    path: "/faults/0/delayMs",
    at: (delayMs) => ({ faults: [{ id: "a", kind: "delay", delayMs }] }),
  },
  wallMsMax: {
    path: "/client/deadlineMs",
    at: (deadlineMs) => ({ client: { deadlineMs } }),
  },
  clientsMax: { path: "/workload/clients", at: (clients) => ({ workload: { clients } }) },
  inFlightMax: {
    path: "/workload/inFlightMax",
    at: (inFlightMax) => ({ workload: { inFlightMax } }),
  },
  inFlightBytesMax: {
    path: "/workload/inFlightMax",
    // 4 in flight of 64 bytes
    at: (bytes) => ({ workload: { inFlightMax: 4, payloadBytes: Math.ceil(bytes / 4) } }),
  },
  attemptsMax: { path: "/client/attemptsMax", at: (attemptsMax) => ({ client: { attemptsMax } }) },
  workersMax: { path: "/server/workers", at: (workers) => ({ server: { workers } }) },
  faultsMax: {
    path: "/faults",
    at: (count) => ({ faults: items(count, (index) => ({ id: `f${index}`, kind: "loss" })) }),
  },
  scheduleMax: {
    path: "/schedule",
    at: (count) => ({
      faults: [{ id: "a", kind: "loss", direction: "both" }],
      schedule: items(count, (message) => ({
        fault: "a",
        client: 0,
        message,
        attempt: 1,
        direction: "reply",
      })),
    }),
  },
  eventsMax: {
    path: "/events",
    at: (count) => ({
      mode: "simulated",
      events: items(count, (atMs) => ({ atMs, kind: "restart" })),
    }),
  },
  partitionsMax: {
    path: "/network/partitions",
    at: (count) => ({
      mode: "simulated",
      network: { partitions: items(count, (fromMs) => ({ fromMs, toMs: 9 })) },
    }),
  },
  phasesMax: {
    path: "/phases",
    at: (count) => ({ phases: items(count, (index) => ({ name: `p${index}`, durationMs: 1 })) }),
  },
  assertionsMax: {
    path: "/assert",
    at: (count) => ({
      assert: items(count, () => ({ metric: "delivery.ratio", op: "==", value: 1 })),
    }),
  },
  captureBytesMax: {
    path: "/captureBytesMax",
    at: (captureBytesMax) => ({ captureBytesMax }),
  },
  bodiesMax: {
    path: "/workload/bodies",
    at: (count) => ({ workload: { bodies: items(count, () => "b") } }),
  },
  nameLengthMax: { path: "/name", at: (length) => ({ name: "n".repeat(length) }) },
};

/** What a spec needs so that its defaults are within the small limits above. */
const SMALL = { name: "small", workload: {}, client: {} };

function paths(input: object): string[] {
  const { workload = {}, client = {}, ...rest } = input as { workload?: object; client?: object };
  const parsed = parseSpec(
    {
      specVersion: 1,
      ...SMALL,
      ...rest,
      workload: { messages: 10, payloadBytes: 10, ...workload },
      client: { attemptsMax: 3, deadlineMs: 5_000, ...client },
    },
    { limits: LIMITS },
  );
  return parsed.ok ? [] : parsed.errors.map(({ path }) => path);
}

test.each(Object.entries(CASES))("%s is kept, one more is refused", (name, { path, at }) => {
  const limit = LIMITS[name as keyof SpecLimits];
  expect(paths(at(limit))).toEqual([]);
  expect(paths(at(limit + 1))).toEqual([path]);
});
