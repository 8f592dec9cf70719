/**
 * The part of the schema about phases: what each is there for, and how recovery is told.
 *
 * A role says how the numbers of a phase are used, never what happens in it: a fault in a
 * baseline is allowed, and is then part of the normal. A phase called after a role has it.
 */
import { z } from "zod";
import type { SpecLimits } from "./limits.ts";
import { OBJECT_RULE, integer, listRule, number, rule, text, words } from "./rule.ts";
import type { Phase, PhaseRole } from "./types.ts";

const ROLES = ["warm-up", "baseline", "fault", "recovery", "drain"] as const;
const WINDOW_MESSAGES_DEFAULT = 20;
const WINDOW_MESSAGES_MAX = 10_000;
const CONFIDENCE_DEFAULT = 0.95;
const CONFIDENCE_MIN = 0.5;
const CONFIDENCE_MAX = 0.9999;

/** `phases`, where it is a list. */
export function createPhasesSchema(limits: SpecLimits, fault: z.ZodType): z.ZodType {
  const faults = listRule("faults", limits.faultsMax);
  const phases = listRule("phases", limits.phasesMax);
  const entry = z
    .union([text(1, limits.nameLengthMax), fault], rule("a fault, or the id of a top-level fault"))
    .describe("A fault for this phase, or the id of a top-level one.");
  const phase = z.strictObject(
    {
      name: text(1, limits.nameLengthMax),
      durationMs: number(1, limits.wallMsMax),
      faults: z.array(entry, faults).max(limits.faultsMax, faults).default([]),
      role: words(ROLES)
        .nullable()
        .optional()
        .describe(
          "What its numbers are for. warm-up: not in the latencies of the run. baseline: what recovery is measured by. fault: recovery is measured from its end. Default: its name where that is one of these, else null.",
        ),
    },
    OBJECT_RULE,
  );
  return z
    .array(phase, phases)
    .min(1, listRule("phases, one at least,", limits.phasesMax))
    .max(limits.phasesMax, phases);
}

/** `recovery`. */
export function createRecoverySchema(): z.ZodType {
  return z
    .strictObject(
      {
        windowMessages: integer(2, WINDOW_MESSAGES_MAX)
          .default(WINDOW_MESSAGES_DEFAULT)
          .describe("Messages in a row that must be like the baseline for a steady state."),
        confidence: number(CONFIDENCE_MIN, CONFIDENCE_MAX)
          .default(CONFIDENCE_DEFAULT)
          .describe("How sure it must be that a window is not like the baseline."),
      },
      OBJECT_RULE,
    )
    .prefault({});
}

/** The role of a phase that was given none: its name, where that is one. */
export function roleOf({ name, role }: Pick<Phase, "name"> & Partial<Phase>): PhaseRole | null {
  if (role !== undefined) return role;
  return ROLES.find((word) => word === name) ?? null;
}
