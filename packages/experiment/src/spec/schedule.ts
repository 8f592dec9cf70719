/**
 * The schemas of what happens by list and not by chance: firings of faults, events of the server.
 *
 * A schedule takes the place of every probability and gate; it is what shrinking a failing run
 * leaves. What an entry may say about other fields is in rules-schedule.ts.
 */
import { z } from "zod";
import type { SpecLimits } from "./limits.ts";
import { OBJECT_RULE, integer, listRule, number, text, words } from "./rule.ts";

const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** Copies of copies do not exist, so this is beyond what several faults together can make. */
const COPY_MAX = 10_000;

/** `schedule`, where it is a list. */
export function createScheduleSchema(limits: SpecLimits): z.ZodArray<z.ZodType> {
  const firing = z.strictObject(
    {
      fault: text(1, limits.nameLengthMax).describe("The id of a fault of this spec."),
      client: integer(0, limits.clientsMax - 1).describe("From 0."),
      message: integer(0, NUMBER_MAX).describe(
        "From 0 within its client; for slow-close the number of the end of stream.",
      ),
      attempt: integer(0, limits.attemptsMax).describe("From 1; 0 for slow-close."),
      direction: words(["request", "reply"]),
      copy: integer(0, COPY_MAX).default(0).describe("0: the original; from 1: a duplicate."),
    },
    OBJECT_RULE,
  );
  return z
    .array(firing, listRule("firings", limits.scheduleMax))
    .max(limits.scheduleMax, listRule("firings", limits.scheduleMax))
    .describe("Only these firings happen, whatever the probabilities; null: as drawn.");
}

/** `events`. */
export function createEventsSchema(limits: SpecLimits): z.ZodArray<z.ZodType> {
  const event = z.strictObject(
    {
      atMs: number(0, limits.wallMsMax).describe("Since the run began."),
      kind: words(["crash", "restart", "pause", "resume"]),
      connections: words(["reset", "silent"])
        .default("reset")
        .describe("What a crash does to open connections; a restart where one still runs, too."),
      memory: words(["lost", "kept"])
        .default("lost")
        .describe("What it does to the memory of executed operations, and to what they did."),
    },
    OBJECT_RULE,
  );
  return z
    .array(event, listRule("events", limits.eventsMax))
    .max(limits.eventsMax, listRule("events", limits.eventsMax))
    .describe("What befalls the simulated server's process.");
}
