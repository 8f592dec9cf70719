/**
 * Scenarios in which bytes change, and the two that mix everything: the original's own mix and
 * the one that counts executions.
 */
import { ALL, type ScenarioText, delivered, eager, must } from "./build.ts";

/** In the order in which the demo shows them. */
export const DAMAGE: readonly ScenarioText[] = [
  {
    name: "corruption",
    title: "Bits flip",
    description:
      "A bit flips in one message of seven, both ways; the checksum gives every one away.",
    transports: ALL,
    spec: {
      seed: 12,
      workload: { messages: 300, clients: 25 },
      client: eager(10),
      faults: [{ id: "flip", kind: "corrupt", direction: "both", probability: 0.15 }],
      assert: [
        delivered(0.98),
        must("counts.corruptionsDetected", ">=", 1),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
  {
    name: "corruption-unchecked",
    title: "Bits flip and nobody looks",
    description:
      "The same without a checksum: wrong bodies are delivered, and the comparison sees them.",
    transports: ALL,
    spec: {
      seed: 13,
      checksum: "none",
      workload: { messages: 200, payloadBytes: 256, clients: 8 },
      client: eager(8),
      faults: [{ id: "flip", kind: "corrupt", probability: 0.3 }],
      assert: [delivered(0.95), must("counts.corruptionsUndetected", ">", 0)],
    },
  },
  {
    name: "seed-mix",
    title: "The original mix: 20/20/20/40",
    description:
      "One draw for each attempt: an error reply, a delay of up to 10 s, a corrupted byte, or nothing.",
    transports: ALL,
    spec: {
      seed: 14,
      workload: { messages: 200, clients: 200 },
      client: { attemptsMax: 4, attemptTimeoutMs: 3_000, deadlineMs: 30_000 },
      composition: "exclusive",
      faults: [
        { id: "drop", kind: "loss", probability: 0.2, answer: "error" },
        { id: "lag", kind: "delay", probability: 0.2, delayMs: 5_000, jitterMs: 5_000 },
        { id: "flip", kind: "corrupt", probability: 0.2, how: "byte" },
      ],
      assert: [
        delivered(0.75),
        must("counts.corruptionsUndetected", "==", 0),
        ...["drop", "lag", "flip"].flatMap((id) => [
          must(`faults.${id}.z`, ">", -5),
          must(`faults.${id}.z`, "<", 5),
        ]),
      ],
    },
  },
  {
    name: "exactly-once",
    title: "Every increment counts once",
    description:
      "A counter under loss, duplicates, damage and reordering both ways: it ends at the number of messages.",
    transports: ALL,
    spec: {
      seed: 15,
      workload: { messages: 400, clients: 8, inFlightMax: 4 },
      client: eager(20),
      server: { responder: "counter" },
      faults: [
        { id: "drop", kind: "loss", direction: "both", probability: 0.05 },
        { id: "echoes", kind: "duplicate", direction: "both", probability: 0.1 },
        { id: "flip", kind: "corrupt", direction: "both", probability: 0.05 },
        {
          id: "overtake",
          kind: "reorder",
          direction: "both",
          probability: 0.1,
          gap: 2,
          delayMs: 20,
        },
      ],
      assert: [
        must("delivery.ratio", "==", 1),
        must("counts.executions", "==", 400),
        must("counts.duplicatesSuppressed", ">=", 1),
        must("counts.corruptionsUndetected", "==", 0),
      ],
    },
  },
];
