/**
 * The simulated network: its schema, and its rules over several fields.
 *
 * The faults of a spec act on messages and are told of one by one; this acts on packets, below the
 * codec, as a network does: a lost segment is sent again by the stream and only costs time. On
 * sockets the machine's own network is what it is, so a real run refuses it.
 */
import { LINK_OPTIONS_DEFAULT } from "@faultline/simulation";
import { z } from "zod";
import type { SpecLimits } from "./limits.ts";
import { type SpecProblem, problem } from "./problem.ts";
import { OBJECT_RULE, integer, listRule, number, words } from "./rule.ts";
import type { SpecParts } from "./rules.ts";

const US_PER_MS = 1_000;
const BYTES_PER_SECOND_MAX = 10_000_000_000;
const QUEUE_PACKETS_MAX = 1_000_000;
/** A network that loses more does not come to an end within any deadline. */
const CHANCE_MAX = 0.9;

/** `network`, where it is not null. */
export function createNetworkSchema(limits: SpecLimits): z.ZodType {
  const ms = () => number(0, limits.delayMsMax);
  const chance = (means: string) => number(0, CHANCE_MAX).default(0).describe(means);
  return z
    .strictObject(
      {
        delayMs: ms()
          .default(LINK_OPTIONS_DEFAULT.delayUs / US_PER_MS)
          .describe("Time on the wire, one way."),
        jitterMs: ms().default(0).describe("Added to it: 0 to jitterMs, all equally likely."),
        bytesPerSecond: integer(1, BYTES_PER_SECOND_MAX)
          .nullable()
          .default(null)
          .describe("One way, for each client; null: no limit."),
        queuePacketsMax: integer(1, QUEUE_PACKETS_MAX)
          .default(LINK_OPTIONS_DEFAULT.queuePacketsMax)
          .describe("Packets that may wait for the rate; one more is dropped."),
        loss: chance("Chance to lose a packet; a stream sends it again."),
        duplicate: chance("Chance that a datagram arrives twice."),
        reorder: chance("Chance that a packet takes a millisecond longer."),
        corrupt: chance("Chance of a flipped bit; a stream notices and sends again."),
        congestionControl: words(["none", "newreno"])
          .default("none")
          .describe(
            "Of streams. newreno: slow start, fast retransmit, lost acknowledgements, as TCP has them.",
          ),
        partitions: createPartitionsSchema(limits).default([]),
      },
      OBJECT_RULE,
    )
    .describe("Simulated mode only; null: 50 µs each way, and nothing goes wrong.");
}

function createPartitionsSchema(limits: SpecLimits) {
  const at = () => number(0, limits.wallMsMax);
  const partition = z.strictObject(
    {
      fromMs: at().describe("Since the run began."),
      toMs: at(),
      client: integer(0, limits.clientsMax - 1)
        .nullable()
        .default(null)
        .describe("Only this one; null: all."),
      way: words(["both", "request", "reply"]).default("both"),
    },
    OBJECT_RULE,
  );
  const rule = listRule("partitions", limits.partitionsMax);
  return z.array(partition, rule).max(limits.partitionsMax, rule);
}

/** A network is the simulation's own; partitions take some time and clients that exist. */
export function checkNetwork({ network, mode, workload }: SpecParts): SpecProblem[] {
  if (network === undefined || network === null) return [];
  const found: SpecProblem[] = [];
  if (mode === "real") {
    const rule = "null in real mode: only a simulated network can be shaped";
    found.push(problem(["network"], rule, network));
  }
  network.partitions.forEach(({ fromMs, toMs, client }, index) => {
    const at = (field: string) => ["network", "partitions", index, field];
    if (toMs <= fromMs) found.push(problem(at("toMs"), `above fromMs, ${fromMs}`, toMs));
    if (client !== null && workload !== undefined && client >= workload.clients) {
      found.push(problem(at("client"), `below workload.clients, ${workload.clients}`, client));
    }
  });
  return found;
}
