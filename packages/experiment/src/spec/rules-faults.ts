/**
 * The rules of faults and phases: ids, references, transports, probabilities together.
 *
 * Ranges of one field are the schema's; what a kind can act on is the fault catalogue's, asked
 * here and not repeated.
 */
import { checkFault, faultCatalog } from "@faultline/faults";
import type { SpecLimits } from "./limits.ts";
import { type SpecProblem, pointer, problem } from "./problem.ts";
import type { SpecParts } from "./rules.ts";
import type { FullFault, Phase } from "./types.ts";

type Steps = readonly (string | number)[];
interface Placed {
  readonly fault: FullFault;
  readonly steps: Steps;
}

/** Sums of decimal probabilities may miss 1 by rounding; this much is forgiven. */
const SUM_SLACK = 1e-9;

/** Ids, transports and, for `exclusive`, the sum of the faults in force together. */
export function checkFaults(parts: SpecParts): SpecProblem[] {
  const placed = placeAll(parts);
  return [
    ...placed.flatMap(checkOne),
    ...checkIds(placed),
    ...checkTransports(parts, placed),
    ...checkExclusive(parts),
  ];
}

/** What the faults package itself has to say, in the words of this one. */
function checkOne({ fault, steps }: Placed): SpecProblem[] {
  return checkFault(fault).map(({ path, message }) => ({
    path: pointer(steps) + path,
    message: message.slice(Math.max(0, message.indexOf("must be"))),
  }));
}

function placeAll({ faults = [], phases }: SpecParts): Placed[] {
  const top = faults.flatMap((fault, index) =>
    fault ? [{ fault, steps: ["faults", index] }] : [],
  );
  const inner = (phases ?? []).flatMap((phase, at) =>
    (phase?.faults ?? []).flatMap((fault, index) =>
      typeof fault === "string" ? [] : [{ fault, steps: ["phases", at, "faults", index] }],
    ),
  );
  return [...top, ...inner];
}

function checkIds(placed: readonly Placed[]): SpecProblem[] {
  const seen = new Set<string>();
  return placed.flatMap(({ fault, steps }) => {
    const again = seen.has(fault.id);
    seen.add(fault.id);
    return again
      ? [
          problem(
            [...steps, "id"],
            "unique in the spec (a phase may name a top-level fault by its id)",
            fault.id,
          ),
        ]
      : [];
  });
}

function checkTransports({ mode, transport }: SpecParts, placed: readonly Placed[]): SpecProblem[] {
  return placed.flatMap(({ fault, steps }) => {
    const { transports } = faultCatalog[fault.kind];
    const refuse = (rule: string) => [problem([...steps, "kind"], rule, fault.kind)];
    const isOfRecords = transports.every((one) => one === "tls");
    if (isOfRecords && mode === "simulated") {
      return refuse(
        "a fault that acts on messages, as nothing is encrypted where tls is simulated",
      );
    }
    if (transport === undefined || transports.includes(transport)) return [];
    return isOfRecords
      ? refuse(`a fault that acts on messages, as the transport is ${transport} and not tls`)
      : refuse("a fault that acts on datagrams, as the transport is udp");
  });
}

function checkExclusive(parts: SpecParts): SpecProblem[] {
  if (parts.composition !== "exclusive") return [];
  const sets = inForce(parts);
  return sets.flatMap(({ faults, steps }) => {
    const sum = faults.reduce((total, fault) => total + fault.probability, 0);
    return sum > 1 + SUM_SLACK
      ? [
          problem(
            steps,
            "faults whose probabilities sum to at most 1, as the composition is exclusive",
            sum,
          ),
        ]
      : [];
  });
}

/** The sets of faults that are in force at one time, each with where to point. */
function inForce({ faults = [], phases }: SpecParts): { faults: FullFault[]; steps: Steps }[] {
  const top = faults.filter((fault) => fault !== undefined);
  if (!phases) return [{ faults: top, steps: ["faults"] }];
  const own = phases.map((phase) => phase?.faults ?? []);
  const named = new Set(own.flat().filter((fault) => typeof fault === "string"));
  const always = top.filter((fault) => !named.has(fault.id));
  return own.map((faultsOfPhase, index) => ({
    faults: [...always, ...faultsOfPhase.flatMap((fault) => resolve(fault, top))],
    steps: ["phases", index, "faults"],
  }));
}

function resolve(fault: FullFault | string, top: readonly FullFault[]): FullFault[] {
  return typeof fault === "string" ? top.filter(({ id }) => id === fault) : [fault];
}

/** Names, references and the total duration. */
export function checkPhases({ phases, faults }: SpecParts, limits: SpecLimits): SpecProblem[] {
  if (!phases) return [];
  const names = new Set<string>();
  const found = phases.flatMap((phase, index) => {
    if (phase === undefined) return [];
    const again = names.has(phase.name);
    names.add(phase.name);
    const references = checkReferences(phase, index, faults);
    return again
      ? [problem(["phases", index, "name"], "unique among the phases", phase.name), ...references]
      : references;
  });
  const totalMs = phases.reduce((total, phase) => total + (phase?.durationMs ?? 0), 0);
  if (totalMs > limits.wallMsMax)
    found.push(problem(["phases"], `at most ${limits.wallMsMax} ms together`, totalMs));
  return found;
}

function checkReferences(phase: Phase, at: number, faults: SpecParts["faults"]): SpecProblem[] {
  const known = new Set(faults?.map((fault) => fault?.id));
  const unsure = faults === undefined || faults.includes(undefined);
  const seen = new Set<string>();
  return phase.faults.flatMap((fault, index) => {
    if (typeof fault !== "string") return [];
    const steps = ["phases", at, "faults", index];
    const again = seen.has(fault);
    seen.add(fault);
    if (again) return [problem(steps, "named once in a phase", fault)];
    return known.has(fault) || unsure ? [] : [problem(steps, "the id of a top-level fault", fault)];
  });
}
