/**
 * From a request body to a spec that may run here: a spec as it is, or a scenario by name.
 *
 * Pure, apart from the seed that the experiment draws where none is given. Every fault of the
 * body is found at once; limits of this service are faults like any other.
 */

import {
  parseSpec,
  planScenario,
  type FullSpec,
  type ParseOptions,
  type ScenarioChoice,
  SPEC_LIMITS_DEFAULT,
  type SpecLimits,
} from "@faultline/experiment";
import { zodErrors } from "../http/zod-errors.ts";
import type { Limits } from "../limits.ts";
import { invalid } from "../problem.ts";
import { makeScenarioChoiceSchema } from "../schema/request.ts";

/** The limits of this service as the experiment's schema takes them. */
export function specLimits(limits: Limits): SpecLimits {
  const { messagesMax, messagesTotalMax, seedsMax, payloadBytesMax } = limits;
  const { captureBytesMax, delayMsMax, wallMsMax, clientsMax, workersMax } = limits;
  return {
    ...SPEC_LIMITS_DEFAULT,
    messagesMax,
    messagesTotalMax,
    seedsMax,
    payloadBytesMax,
    captureBytesMax,
    delayMsMax,
    wallMsMax,
    clientsMax,
    workersMax,
  };
}

/** @throws ProblemError 422 with every fault found */
export function planRun(body: unknown, limits: Limits): FullSpec {
  const options = { limits: specLimits(limits) };
  if (isScenarioChoice(body)) return planChoice(body, options);
  const parsed = parseSpec(body, options);
  if (!parsed.ok) throw invalid(parsed.errors);
  return parsed.spec;
}

/** A body that names a scenario is read as a choice; no spec has that field. */
function isScenarioChoice(body: unknown): body is { scenario: unknown } {
  return typeof body === "object" && body !== null && Object.hasOwn(body, "scenario");
}

const choiceSchema = makeScenarioChoiceSchema();

function planChoice(body: unknown, options: ParseOptions): FullSpec {
  const choice = choiceSchema.safeParse(body);
  if (!choice.success) throw invalid(zodErrors(choice.error.issues));
  const plan = planScenario(choice.data as ScenarioChoice, options);
  if (!plan.ok) throw invalid(plan.errors);
  return plan.spec;
}
