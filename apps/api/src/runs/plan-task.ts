/**
 * From a request body to a question about many runs: search, shrink or compare.
 *
 * The specs inside are read as in an experiment, a scenario's name included, and every fault of
 * the body is found at once. All three simulate, whatever mode a spec names; `seeds` of a spec
 * belong to series and are left aside.
 */

import type { FullSpec } from "@faultline/experiment";
import type { z } from "@hono/zod-openapi";
import { zodErrors } from "../http/zod-errors.ts";
import type { Limits } from "../limits.ts";
import { type InputError, invalid, ProblemError } from "../problem.ts";
import { makeTaskSchemas } from "../schema/tasks.ts";
import { planRun } from "./plan.ts";
import { EXPERIMENT, type RunTask } from "./task.ts";

/** A question and the spec it is about. */
export interface Planned {
  readonly spec: FullSpec;
  readonly task: RunTask;
}

type Body = Readonly<Record<string, unknown>>;

/** @throws ProblemError 422 with every fault found */
export function planTask(body: unknown, limits: Limits): Planned {
  if (!isTask(body)) return { spec: planRun(body, limits), task: EXPERIMENT };
  switch (body["kind"]) {
    case "experiment":
      return planExperiment(body, limits);
    case "search":
      return planSearch(body, limits);
    case "shrink":
      return planShrink(body, limits);
    case "compare":
      return planCompare(body, limits);
    default: {
      const message = "must be one of experiment, search, shrink, compare";
      throw invalid([{ path: "/kind", message }]);
    }
  }
}

/** No spec and no choice of a scenario has a field of that name. */
function isTask(body: unknown): body is Body {
  return typeof body === "object" && body !== null && Object.hasOwn(body, "kind");
}

function planExperiment(body: Body, limits: Limits): Planned {
  const errors: InputError[] = [];
  read(makeTaskSchemas(limits).experiment, body, errors);
  const spec = readSpec(body, { field: "spec", limits, errors, simulated: false });
  if (errors.length > 0 || spec === undefined) throw invalid(errors);
  return { spec, task: EXPERIMENT };
}

function planSearch(body: Body, limits: Limits): Planned {
  const errors: InputError[] = [];
  const given = read(makeTaskSchemas(limits).search, body, errors);
  const spec = readSpec(body, { field: "spec", limits, errors });
  checkTotal([spec], given?.seeds, { limits, errors });
  if (errors.length > 0 || given === undefined || spec === undefined) throw invalid(errors);
  const { seeds, base = spec.seed, failuresMax } = given;
  checkBase(base, seeds);
  return { spec, task: { kind: "search", options: { seeds, base, failuresMax } } };
}

function planShrink(body: Body, limits: Limits): Planned {
  const errors: InputError[] = [];
  const given = read(makeTaskSchemas(limits).shrink, body, errors);
  const spec = readSpec(body, { field: "spec", limits, errors });
  if (errors.length > 0 || given === undefined || spec === undefined) throw invalid(errors);
  const { seed = spec.seed, signature = null, trialsMax } = given;
  return { spec: { ...spec, seed }, task: { kind: "shrink", options: { signature, trialsMax } } };
}

function planCompare(body: Body, limits: Limits): Planned {
  const errors: InputError[] = [];
  const given = read(makeTaskSchemas(limits).compare, body, errors);
  const a = readSpec(body, { field: "a", limits, errors });
  const b = readSpec(body, { field: "b", limits, errors });
  checkTotal([a, b], given?.seeds, { limits, errors });
  if (errors.length > 0 || given === undefined || a === undefined || b === undefined) {
    throw invalid(errors);
  }
  const { seeds, base = a.seed } = given;
  checkBase(base, seeds);
  return { spec: a, task: { kind: "compare", options: { b, seeds, base } } };
}

function read<T>(schema: z.ZodType<T>, body: Body, errors: InputError[]): T | undefined {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  errors.push(...zodErrors(parsed.error.issues));
  return undefined;
}

interface SpecReading {
  readonly field: string;
  readonly limits: Limits;
  readonly errors: InputError[];
  /** @default true */
  readonly simulated?: boolean;
}

/** The spec in a field of the body; its faults stand below that field. */
function readSpec(body: Body, reading: SpecReading): FullSpec | undefined {
  const { field, limits, errors, simulated = true } = reading;
  const given = body[field];
  if (given === undefined) return undefined;
  const isRecord = typeof given === "object" && given !== null && !Array.isArray(given);
  try {
    const spec = planRun(simulated && isRecord ? { ...given, mode: "simulated" } : given, limits);
    return simulated ? { ...spec, seeds: null } : spec;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const found = error.extras.errors ?? [];
    errors.push(...found.map(({ path, message }) => ({ path: `/${field}${path}`, message })));
    return undefined;
  }
}

/** All messages of all runs together. */
function checkTotal(
  specs: readonly (FullSpec | undefined)[],
  seeds: number | undefined,
  { limits, errors }: Pick<SpecReading, "limits" | "errors">,
): void {
  const each = specs.reduce((sum, spec) => sum + (spec?.workload.messages ?? 0), 0);
  const { messagesTotalMax } = limits;
  if (seeds === undefined || each * seeds <= messagesTotalMax) return;
  const message = `must be so few that ${each} messages a seed come to at most ${messagesTotalMax} (messagesTotalMax): got ${seeds}`;
  errors.push({ path: "/seeds", message });
}

function checkBase(base: number, seeds: number): void {
  if (base <= Number.MAX_SAFE_INTEGER - (seeds - 1)) return;
  const message = `must be so low that all seeds stay below 2^53: got ${base}`;
  throw invalid([{ path: "/base", message }]);
}
