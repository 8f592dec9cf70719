/**
 * From anything to a full spec, or to everything that is wrong with it at once.
 *
 * The schema checks shape and ranges, rules.ts what concerns several fields. zod runs no rule
 * of the second sort where the first fails, and users should not learn of their errors one by
 * one: so where the whole fails, each section that stands alone is parsed alone and the rules
 * are asked about those.
 */
import type { z } from "zod";
import type { FaultSpec } from "@faultline/faults";
import { SPEC_LIMITS_DEFAULT, type SpecLimits } from "./limits.ts";
import { roleOf } from "./phases.ts";
import { type SpecProblem, inOrder, toProblems } from "./problem.ts";
import { type SpecParts, checkRules } from "./rules.ts";
import { createSpecShape, createSpecSchema } from "./schema.ts";
import { drawSeed } from "./seed.ts";
import { drawFirst, firstSeed, rangeFrom } from "./seeds.ts";
import type { FullFault, FullSpec, Phase, Workload } from "./types.ts";

/** What `parseSpec` answers. */
export type ParseResult =
  | { readonly ok: true; readonly spec: FullSpec }
  | { readonly ok: false; readonly errors: readonly SpecProblem[] };

/** How a spec is read. */
export interface ParseOptions {
  readonly limits?: Partial<SpecLimits>;
  /** Gives the seed of a spec that has none. @default drawn at random */
  readonly drawSeed?: () => number;
}

type Input = Readonly<Record<string, unknown>>;

/**
 * Reads a spec: `{ ok: true, spec }` with every default filled in, or `{ ok: false, errors }`
 * with every error, each at its JSON pointer. Never throws.
 *
 * @example
 * ```ts
 * const parsed = parseSpec({ specVersion: 1, faults: [{ id: "drop", kind: "loss", probability: 2 }] });
 * // { ok: false, errors: [{ path: "/faults/0/probability", message: "must be a number from 0 to 1: got 2" }] }
 * ```
 */
export function parseSpec(input: unknown, options: ParseOptions = {}): ParseResult {
  const reader = readerFor(options.limits ?? SPEC_LIMITS_DEFAULT);
  const { limits } = reader;
  const parsed = reader.schema.safeParse(input);
  if (!parsed.success) {
    const parts = isRecord(input) ? parseParts(input, reader.shape) : {};
    return {
      ok: false,
      errors: inOrder([...toProblems(parsed.error.issues), ...checkRules(parts, limits)]),
    };
  }
  const parts = fill(parsed.data as SpecParts);
  const errors = checkRules(parts, limits);
  if (errors.length > 0) return { ok: false, errors: inOrder(errors) };
  return { ok: true, spec: order(parts, options.drawSeed ?? drawSeed) };
}

interface Reader {
  readonly limits: SpecLimits;
  readonly shape: Record<string, z.ZodType>;
  readonly schema: z.ZodType;
}

/** Building a schema takes longer than reading a spec, so each set of limits has its own, once. */
const readers = new WeakMap<Partial<SpecLimits>, Reader>();

function readerFor(given: Partial<SpecLimits>): Reader {
  const known = readers.get(given);
  if (known !== undefined) return known;
  const limits = { ...SPEC_LIMITS_DEFAULT, ...given };
  const made = { limits, shape: createSpecShape(limits), schema: createSpecSchema(limits) };
  readers.set(given, made);
  return made;
}

/** Every section that is sound by itself; the others are left out, faults and phases item by item. */
function parseParts(input: Input, shape: Record<string, z.ZodType>): SpecParts {
  const parts: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = schema.safeParse(input[name]);
    if (parsed.success) parts[name] = parsed.data;
    else if (LISTS.has(name) && Array.isArray(input[name])) {
      parts[name] = parseItems(schema, input[name]);
    }
  }
  return fill(parts as SpecParts);
}

/** Sections whose items stand alone. */
const LISTS: ReadonlySet<string> = new Set(["faults", "schedule", "phases", "events", "assert"]);
/** Items looked at one by one: beyond these, the length is the error. */
const ITEMS_MAX = 1_000;

function parseItems(list: z.ZodType, items: readonly unknown[]): unknown[] {
  return items.slice(0, ITEMS_MAX).map((item) => {
    const parsed = list.safeParse([item]);
    return parsed.success ? (parsed.data as unknown[])[0] : undefined;
  });
}

/** The defaults that depend on another field. */
function fill(parts: SpecParts): SpecParts {
  const pipe = parts.codec === "pipe";
  return {
    ...parts,
    checksum: parts.checksum ?? (pipe ? "sha1-32" : "crc32c"),
    workload: parts.workload && fillWorkload(parts.workload, parts.server?.responder === "counter"),
    seeds: parts.seeds && (rangeFrom(parts.seeds, parts.seed) as FullSpec["seeds"]),
    faults: parts.faults?.map((fault) => fault && fillFault(fault)),
    phases: parts.phases && parts.phases.map((phase) => phase && fillPhase(phase)),
  };
}

function fillWorkload(workload: Partial<Workload>, counter: boolean): Workload {
  const messages = workload.messages ?? workload.bodies?.length ?? 200;
  return { ...(workload as Workload), messages, idempotent: workload.idempotent ?? !counter };
}

function fillFault(fault: FullFault | FaultSpec): FullFault {
  if (fault.kind !== "delay") return fault as FullFault;
  const jitter = (fault.jitterMs ?? 0) > 0;
  return {
    ...fault,
    distribution: fault.distribution ?? (jitter ? "uniform" : "constant"),
  } as FullFault;
}

function fillPhase(phase: Phase): Phase {
  return {
    ...phase,
    role: roleOf(phase),
    faults: phase.faults.map((fault) => (typeof fault === "string" ? fault : fillFault(fault))),
  };
}

/** The fields in the order of the contract, for people who read the JSON. */
function order(parts: SpecParts, drawn: () => number): FullSpec {
  const spec = parts as unknown as FullSpec;
  const { specVersion, name, mode, transport, codec, checksum, seal } = spec;
  const { workload, client, server, faults, composition } = spec;
  const { schedule, phases, recovery, events, network, assert } = spec;
  const { capture, captureBytesMax, captureSecrets } = spec;
  const seed = firstSeed(spec.seeds) ?? spec.seed ?? drawFirst(spec.seeds, drawn);
  return {
    specVersion,
    name,
    mode,
    seed,
    seeds: spec.seeds && (rangeFrom(spec.seeds, seed) as FullSpec["seeds"]),
    transport,
    codec,
    checksum,
    seal,
    workload,
    client,
    server,
    faults,
    composition,
    schedule,
    phases,
    recovery,
    events,
    network,
    capture,
    captureBytesMax,
    captureSecrets,
    assert,
  };
}

function isRecord(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
