/**
 * Runs a spec with 100 000 simulated messages and hands out what theory says of it.
 *
 * So many that a deviation of 1 % shows in most figures, and z has lost the traces of small numbers.
 */
import { expect } from "vitest";
import { parseSpec, type Result, runExperiment, type SimulatedParts } from "../../src/index.ts";

/** Once in 16 000 by chance; the seeds are fixed, so never twice. */
export const Z_MAX = 4;
const MESSAGES = 100_000;
/** For a machine with much else to do: a run takes two seconds of its own. */
export const PATIENCE_MS = 300_000;

/** A spec, and the figures that must have a closed form: silence would pass any bound. */
export interface OracleCase {
  readonly name: string;
  readonly spec: { readonly workload?: object; readonly [field: string]: unknown };
  /** Beside the delivery ratio and the attempts. */
  readonly told: readonly string[];
}

/** A figure with its z. */
export interface Judged {
  readonly metric: string;
  readonly expected: number | null;
  readonly observed: number | null;
  readonly z: number | null;
}

/** The run of a spec. */
export async function observe(
  input: OracleCase["spec"],
  parts?: Partial<SimulatedParts>,
): Promise<Result> {
  const workload = { messages: MESSAGES, ...input.workload };
  const parsed = parseSpec({ specVersion: 1, mode: "simulated", seed: 1, ...input, workload });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { result } = await runExperiment(parsed.spec, parts === undefined ? {} : { parts });
  return result;
}

/** Every figure of a result that theory has something to say of. */
export function judged({ delivery, oracles }: Result): Judged[] {
  const { expected, ratio, z } = delivery;
  const all = [{ metric: "delivery.ratio", expected, observed: ratio, z }, ...oracles];
  return all.filter((one) => one.expected !== null);
}

/** The figures that lie off by more than chance explains. */
export function odd(result: Result): Judged[] {
  return judged(result).filter(({ z }) => Math.abs(z ?? 0) >= Z_MAX);
}

/** Runs a case: every figure that must be told is, and all that are told hold. */
export async function expectToHold({ spec, told }: OracleCase): Promise<void> {
  const result = await observe(spec);
  const metrics = judged(result).map(({ metric }) => metric);
  const wanted = ["delivery.ratio", "counts.attempts", ...told];
  expect(metrics).toEqual(expect.arrayContaining(wanted));
  expect(odd(result)).toEqual([]);
}

/** What a result says of one figure. */
export function zOf(result: Result, metric: string): number | null | undefined {
  return judged(result).find((one) => one.metric === metric)?.z;
}
