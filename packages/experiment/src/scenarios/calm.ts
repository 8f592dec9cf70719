/**
 * Scenarios in which nothing is lost: late, doubled, out of order, in pieces, through a narrow pipe.
 *
 * A sound client needs no retry in any of them (the attempt timeout is the default 3 s), so each
 * asserts that every message was delivered and executed once.
 */
import { ALL, STREAM, type ScenarioText, must } from "./build.ts";

/** In the order in which the demo shows them. */
export const CALM: readonly ScenarioText[] = [
  {
    name: "baseline",
    title: "No faults",
    description:
      "A thousand messages with nothing in their way: what the others are compared with.",
    transports: ALL,
    spec: {
      seed: 1,
      workload: { messages: 1_000, clients: 4 },
      assert: [
        must("delivery.ratio", "==", 1),
        must("counts.executions", "==", 1_000),
        must("counts.corruptionsUndetected", "==", 0),
        must("latencyMs.p99", "<", 1_000),
      ],
    },
  },
  {
    name: "delay",
    title: "Late replies",
    description: "Every reply is 10 to 30 ms late; each message waits for its own and no longer.",
    transports: ALL,
    spec: {
      seed: 2,
      workload: { messages: 200, clients: 8 },
      faults: [{ id: "lag", kind: "delay", delayMs: 20, jitterMs: 10 }],
      assert: [
        must("delivery.ratio", "==", 1),
        must("faults.lag.fired", ">=", 200),
        must("latencyMs.min", ">=", 10),
        must("latencyMs.p50", ">=", 15),
      ],
    },
  },
  {
    name: "duplicate",
    title: "Requests arrive three times",
    description: "A third of the requests arrive three times; each is executed once.",
    transports: ALL,
    spec: {
      seed: 3,
      workload: { messages: 300, clients: 4 },
      faults: [
        { id: "echoes", kind: "duplicate", direction: "request", probability: 0.33, copies: 2 },
      ],
      assert: [
        must("delivery.ratio", "==", 1),
        must("counts.executions", "==", 300),
        must("counts.duplicatesSuppressed", ">=", 1),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
  {
    name: "reorder",
    title: "Replies overtake each other",
    description:
      "A third of the replies are overtaken by three others; each still finds its message.",
    transports: ALL,
    spec: {
      seed: 4,
      workload: { messages: 400, clients: 4, inFlightMax: 16 },
      faults: [{ id: "overtake", kind: "reorder", probability: 0.33, gap: 3, delayMs: 50 }],
      assert: [
        must("delivery.ratio", "==", 1),
        must("counts.corruptionsUndetected", "==", 0),
        must("counts.executions", "==", 400),
      ],
    },
  },
  {
    name: "slice",
    title: "Writes cut into pieces",
    description:
      "Both ways of a TCP stream arrive about 16 bytes at a time; frames are put together again.",
    transports: STREAM,
    spec: {
      seed: 5,
      workload: { messages: 100, payloadBytes: 256, clients: 8 },
      faults: [{ id: "pieces", kind: "slice", direction: "both", sliceBytes: 16, delayMs: 1 }],
      assert: [
        must("delivery.ratio", "==", 1),
        must("counts.corruptionsDetected", "==", 0),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
  {
    name: "bandwidth",
    title: "A narrow pipe",
    description: "Replies share 20 kB/s for each client; they wait for the pipe and none is lost.",
    transports: ALL,
    spec: {
      seed: 6,
      workload: { messages: 200, payloadBytes: 400, clients: 8, inFlightMax: 5 },
      faults: [{ id: "pipe", kind: "bandwidth", bytesPerSecond: 20_000, burstBytes: 1_500 }],
      assert: [
        must("delivery.ratio", "==", 1),
        must("latencyMs.p50", ">=", 50),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
  {
    name: "slow-close",
    title: "The end comes late",
    description: "The server ends its side 100 ms after its last byte; no message waits for that.",
    transports: STREAM,
    spec: {
      seed: 16,
      workload: { messages: 80, clients: 8 },
      faults: [{ id: "late", kind: "slow-close", delayMs: 100 }],
      assert: [
        must("delivery.ratio", "==", 1),
        must("faults.late.fired", "==", 8),
        must("counts.attempts", "==", 80),
      ],
    },
  },
];
