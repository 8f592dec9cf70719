/**
 * Scenarios in which messages or connections go missing: the client must notice and try again.
 *
 * The replies are what is lost in most of them, so the server has executed every message the
 * first time and a retry must not execute it again. Thresholds are where a sound client falls
 * below once in a hundred thousand seeds; `delivery.expected` says what it should come to.
 */
import { ALL, STREAM, type ScenarioText, delivered, eager, must } from "./build.ts";

/** In the order in which the demo shows them. */
export const LOSSY: readonly ScenarioText[] = [
  {
    name: "loss",
    title: "One reply in five is lost",
    description:
      "Lost silently: the client learns of it by its timeout; the server does not execute twice.",
    transports: ALL,
    spec: {
      seed: 7,
      workload: { messages: 300, clients: 25 },
      client: eager(8),
      faults: [{ id: "drop", kind: "loss", probability: 0.2 }],
      assert: [
        delivered(0.98),
        must("counts.timeouts", ">=", 1),
        must("counts.executions", "==", 300),
        must("counts.duplicatesSuppressed", ">=", 1),
      ],
    },
  },
  {
    name: "burst-loss",
    title: "Losses come in bursts",
    description: "A Gilbert-Elliott channel loses one message in eight, most of them in a row.",
    transports: ALL,
    spec: {
      seed: 8,
      workload: { messages: 150, clients: 50 },
      client: {
        ...eager(20, 100),
        backoff: { kind: "constant", firstMs: 10, jitter: "none" },
      },
      faults: [{ id: "burst", kind: "burst-loss", p: 0.07, r: 0.5 }],
      assert: [
        delivered(0.9),
        must("counts.timeouts", ">=", 1),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
  {
    name: "reset",
    title: "Connections are reset",
    description:
      "One reply in ten resets the connection instead; the client reconnects and asks again.",
    transports: STREAM,
    spec: {
      seed: 9,
      workload: { messages: 300, clients: 8 },
      client: eager(8, 1_000),
      faults: [{ id: "cut", kind: "reset", probability: 0.1 }],
      assert: [
        delivered(0.98),
        must("counts.resets", ">=", 1),
        must("counts.reconnects", ">=", 1),
        must("counts.executions", "==", 300),
      ],
    },
  },
  {
    name: "blackhole",
    title: "Connections fall silent",
    description: "Some connections swallow everything from one message on, without closing.",
    transports: ALL,
    spec: {
      seed: 10,
      workload: { messages: 100, clients: 20 },
      client: eager(12),
      faults: [{ id: "hole", kind: "blackhole", probability: 0.04 }],
      assert: [
        delivered(0.9),
        must("counts.timeouts", ">=", 1),
        must("counts.reconnects", ">=", 1),
      ],
    },
  },
  {
    name: "partition",
    title: "The network parts and heals",
    description:
      "For half a second nothing passes either way; afterwards every message gets through.",
    transports: ALL,
    spec: {
      seed: 11,
      workload: { messages: 400, clients: 8, inFlightMax: 32, ratePerSecond: 200 },
      client: eager(40, 150),
      faults: [{ id: "split", kind: "partition" }],
      phases: [
        { name: "baseline", durationMs: 500, faults: [] },
        { name: "partition", durationMs: 500, faults: ["split"], role: "fault" },
        { name: "recovery", durationMs: 1_000, faults: [] },
      ],
      assert: [
        delivered(0.98),
        must("delivery.ratio", "==", 1, "recovery"),
        must("counts.timeouts", ">=", 1, "partition"),
        must("latencyMs.max", ">=", 300, "partition"),
        must("recovery.toFirstSuccessMs", "<", 1_000, "partition"),
      ],
    },
  },
];
