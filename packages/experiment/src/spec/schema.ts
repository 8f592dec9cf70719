/**
 * The experiment spec as a zod schema: the one definition that the API's OpenAPI document, the
 * command line and the library share.
 *
 * Every object is strict (an unknown field is an error) and every default is filled in; only
 * `specVersion` must be written. What a schema cannot say about one field alone is in rules.ts.
 */
import { SEAL_CIPHERS } from "@faultline/protocol";
import { z } from "zod";
import { createFaultSchema } from "./faults.ts";
import { SPEC_LIMITS_DEFAULT, type SpecLimits } from "./limits.ts";
import {
  OBJECT_RULE,
  flag,
  integer,
  listRule,
  number,
  positive,
  rule,
  text,
  words,
} from "./rule.ts";
import { createPhasesSchema, createRecoverySchema } from "./phases.ts";
import { createNetworkSchema } from "./network.ts";
import { createEventsSchema, createScheduleSchema } from "./schedule.ts";
import { SEED_MAX } from "./seeds.ts";
import type { FullSpec } from "./types.ts";

/** The checksum words of the contract; the last is a signature, with a key. */
export const CHECKSUM_WORDS = [
  "none",
  "crc32",
  "crc32c",
  "sha1-32",
  "sha256-128",
  "hmac-sha256-128",
] as const;

/** Phrases the original's message check refused. */
export const FORBIDDEN_DEFAULT: readonly string[] = ["drop table", "shutdown", "malware"];

const RATE_MAX = 1_000_000;
const FACTOR_MAX = 100;
/** Room for the headers of a file and a few packets of any size. */
const CAPTURE_BYTES_MIN = 262_144;
/** Some hundred thousand small messages: what Wireshark opens at once. */
const CAPTURE_BYTES_DEFAULT = 67_108_864;
const TOKENS_MAX = 1_000_000_000;
const FORBIDDEN_MAX = 1_000;

/** The top-level fields, each with its schema: parse.ts uses them one by one where the whole fails. */
export function createSpecShape(limits: SpecLimits): Record<keyof FullSpec, z.ZodType> {
  const fault = createFaultSchema(limits);
  return {
    specVersion: z
      .literal(1, rule("1, the only version there is"))
      .describe("Version of this form."),
    name: text(1, limits.nameLengthMax).default("experiment").describe("For people."),
    mode: words(["real", "simulated"])
      .default("real")
      .describe("real: sockets on loopback. simulated: a virtual network and clock."),
    seed: seed().optional().describe("Left out: drawn, and echoed in the result."),
    seeds: createSeedsSchema(limits),
    transport: words(["tcp", "udp", "tls"]).default("tcp"),
    codec: words(["frame", "pipe"])
      .default("frame")
      .describe("pipe: the text form `body|checksum`."),
    checksum: words(CHECKSUM_WORDS)
      .optional()
      .describe("Default: crc32c; sha1-32 with the pipe codec, which knows no other."),
    seal: createSealSchema().nullable().default(null),
    workload: createWorkloadSchema(limits).prefault({}),
    client: createClientSchema(limits).prefault({}),
    server: createServerSchema(limits).prefault({}),
    faults: z
      .array(fault, LIST("faults", limits.faultsMax))
      .max(limits.faultsMax, LIST("faults", limits.faultsMax))
      .default([]),
    composition: words(["independent", "exclusive"])
      .default("independent")
      .describe("exclusive: one weighted draw for each attempt, so at most one fault fires."),
    schedule: createScheduleSchema(limits).nullable().default(null),
    phases: createPhasesSchema(limits, fault).nullable().default(null),
    recovery: createRecoverySchema(),
    events: createEventsSchema(limits).default([]),
    network: createNetworkSchema(limits).nullable().default(null),
    capture: flag().default(false).describe("Captures the wires, packet by packet, as pcapng."),
    captureBytesMax: integer(CAPTURE_BYTES_MIN, limits.captureBytesMax)
      .default(Math.min(CAPTURE_BYTES_DEFAULT, limits.captureBytesMax))
      .describe("Most bytes of the capture; what comes later is left out of it."),
    captureSecrets: flag().default(false).describe("Whether the capture holds what decrypts it."),
    assert: z
      .array(createAssertionSchema(limits), LIST("assertions", limits.assertionsMax))
      .max(limits.assertionsMax, LIST("assertions", limits.assertionsMax))
      .default([]),
  };
}

const LIST = listRule;
const seed = () => integer(0, SEED_MAX);

/** The field `seeds` under these limits. */
export function createSeedsSchema(limits: Pick<SpecLimits, "seedsMax">): z.ZodType {
  const what = "seeds, one at least,";
  return z
    .union(
      [
        z
          .array(seed(), LIST(what, limits.seedsMax))
          .min(1, LIST(what, limits.seedsMax))
          .max(limits.seedsMax, LIST(what, limits.seedsMax)),
        z.strictObject(
          {
            base: seed().optional().describe("The first. Default: seed."),
            runs: integer(1, limits.seedsMax),
          },
          OBJECT_RULE,
        ),
      ],
      rule("a list of seeds, { base, runs }, or null"),
    )
    .nullable()
    .default(null)
    .describe("One run for each: a list, or base, base + 1, … Null: one run, with seed.");
}

function createSealSchema() {
  return z
    .strictObject(
      {
        cipher: words(SEAL_CIPHERS)
          .default("chacha20-poly1305")
          .describe("Both with keys of 256 bits, out of a secret that both ends have."),
      },
      OBJECT_RULE,
    )
    .describe(
      "Links encrypted and authenticated below the codec; null: readable by whoever sees the wire.",
    );
}

function createWorkloadSchema(limits: SpecLimits) {
  const bytes = () => integer(1, limits.payloadBytesMax);
  return z.strictObject(
    {
      messages: integer(1, limits.messagesMax)
        .optional()
        .describe("Total, dealt in turn to the clients. Default: 200, or one for each of bodies."),
      payloadBytes: z
        .union(
          [bytes(), z.strictObject({ min: bytes(), max: bytes() }, OBJECT_RULE)],
          rule(
            `a whole number from 1 to ${limits.payloadBytesMax}, or { min, max } of such numbers`,
          ),
        )
        .default(64)
        .describe("Size of a generated body: a number, or drawn uniformly from { min, max }."),
      clients: integer(1, limits.clientsMax).default(1),
      inFlightMax: integer(1, limits.inFlightMax).default(1).describe("For each client."),
      ratePerSecond: positive(RATE_MAX)
        .nullable()
        .default(null)
        .describe("Total of all clients; null: as fast as inFlightMax allows."),
      arrivals: words(["uniform", "poisson"])
        .default("uniform")
        .describe("With ratePerSecond. poisson: gaps drawn from the exponential distribution."),
      bodies: z
        .array(text(0, limits.payloadBytesMax), LIST("texts", limits.bodiesMax))
        .min(1, LIST("texts, one at least,", limits.bodiesMax))
        .max(limits.bodiesMax, LIST("texts", limits.bodiesMax))
        .nullable()
        .default(null)
        .describe("Sent in turn instead of generated bodies."),
      idempotent: flag()
        .optional()
        .describe(
          "false: a message given up after it may have executed is indeterminate. Default: false with the counter responder, else true.",
        ),
    },
    OBJECT_RULE,
  );
}

function createClientSchema(limits: SpecLimits) {
  const ms = (min: number) => number(min, limits.wallMsMax);
  return z.strictObject(
    {
      attemptsMax: integer(1, limits.attemptsMax).default(4).describe("Counts the first."),
      attemptTimeoutMs: ms(1).default(3_000),
      deadlineMs: ms(1).default(30_000).describe("Over queue, attempts and waits together."),
      backoff: z
        .strictObject(
          {
            kind: words(["constant", "exponential", "decorrelated"]).default("exponential"),
            firstMs: ms(0).default(100),
            factor: number(1, FACTOR_MAX).default(2),
            maxMs: ms(0).default(5_000),
            jitter: words(["none", "full", "equal"]).default("full"),
          },
          OBJECT_RULE,
        )
        .prefault({}),
      retryBudget: z
        .strictObject(
          {
            tokensMax: number(0, TOKENS_MAX).default(100).describe("At the start, too."),
            costPerRetry: number(0, TOKENS_MAX).default(1),
            earnedPerReply: number(0, TOKENS_MAX).default(1),
          },
          OBJECT_RULE,
        )
        .nullable()
        .default(null)
        .describe(
          "What the retries of each client are paid from; null: only attemptsMax bounds them, and closed forms hold.",
        ),
      datagrams: words(["plain", "packets"])
        .default("plain")
        .describe(
          "With udp. plain: a frame is a datagram. packets: in fragments, acknowledged and repeated.",
        ),
      forbidden: z
        .array(phrase(limits), LIST("phrases", FORBIDDEN_MAX))
        .max(FORBIDDEN_MAX, LIST("phrases", FORBIDDEN_MAX))
        .nullable()
        .default([...FORBIDDEN_DEFAULT])
        .describe(
          "A body that is blank or holds one of these is rejected, never sent; null: no check.",
        ),
    },
    OBJECT_RULE,
  );
}

/** A phrase that every message would hold is no phrase. */
function phrase(limits: SpecLimits) {
  return text(1, limits.nameLengthMax).refine(
    (value) => value.trim() !== "",
    rule("a phrase that is not blank"),
  );
}

function createServerSchema(limits: SpecLimits) {
  return z.strictObject(
    {
      workers: integer(1, limits.workersMax)
        .default(1)
        .describe("Threads; results do not depend on it."),
      responder: words(["echo", "receive-only", "counter"]).default("echo"),
    },
    OBJECT_RULE,
  );
}

function createAssertionSchema(limits: SpecLimits) {
  return z.strictObject(
    {
      metric: text(1, limits.nameLengthMax).describe("Path of a number in the result."),
      op: words(["<", "<=", "==", "!=", ">=", ">"]),
      value: z.number(rule("a number")),
      confidence: z
        .number(rule("a number from 0.5 to 0.9999"))
        .min(0.5, rule("a number from 0.5 to 0.9999"))
        .max(0.9999, rule("a number from 0.5 to 0.9999"))
        .nullable()
        .default(null)
        .describe(
          "The whole interval must clear the value; null: the observed value alone is compared.",
        ),
      phase: text(1, limits.nameLengthMax)
        .nullable()
        .default(null)
        .describe("Only messages planned in this phase."),
      sometimes: flag()
        .default(false)
        .describe("true: to hold in one run of the series is enough."),
    },
    OBJECT_RULE,
  );
}

/** The whole spec under these limits. */
export function createSpecSchema(limits: SpecLimits = SPEC_LIMITS_DEFAULT): z.ZodType {
  return z.strictObject(createSpecShape(limits), OBJECT_RULE);
}

/** The whole spec under the default limits. */
export const specSchema: z.ZodType = createSpecSchema();
