/**
 * The built-in scenarios, and how one becomes a spec to run.
 */
import type { Replayable } from "../result/replay.ts";
import { type ParseOptions, parseSpec } from "../spec/parse.ts";
import type { SpecProblem } from "../spec/problem.ts";
import { type SeedsInput, hasFirst } from "../spec/seeds.ts";
import type { FullSpec, Mode, TransportName } from "../spec/types.ts";
import { complete, type ScenarioText } from "./build.ts";
import { CALM } from "./calm.ts";
import { DAMAGE } from "./damage.ts";
import { LOSSY } from "./lossy.ts";
import { READABLE } from "./readable.ts";
import type { Scenario } from "./types.ts";

const TEXTS: readonly ScenarioText[] = [...CALM, ...LOSSY, ...DAMAGE, ...READABLE];

/** Every built-in scenario, in the order in which the demo shows them. */
export const scenarios: readonly Scenario[] = TEXTS.map(complete);

/** The same, as they are told apart from a spec of one's own. */
export const replayable: readonly Replayable[] = TEXTS.map(({ over }, at) => {
  const { name, spec } = scenarios[at]!;
  return over === undefined ? { name, spec } : { name, spec, over };
});

/** Where a scenario can run in a mode: simulated TLS encrypts nothing that a capture could show. */
export function transportsIn(mode: Mode, { spec, transports }: Scenario): readonly TransportName[] {
  const isShown = mode === "simulated" && spec.capture;
  return isShown ? transports.filter((transport) => transport !== "tls") : transports;
}

/** A scenario by name with what the user wants otherwise. */
export interface ScenarioChoice {
  readonly scenario: string;
  readonly transport?: TransportName;
  readonly seed?: number;
  /** A range without base begins at `seed`, or at the scenario's own. */
  readonly seeds?: SeedsInput | null;
  readonly mode?: Mode;
  readonly capture?: boolean;
}

/** A spec to run, or why there is none; `path` points into the choice. */
export type ScenarioPlan =
  | { readonly ok: true; readonly scenario: Scenario; readonly spec: FullSpec }
  | { readonly ok: false; readonly errors: readonly SpecProblem[] };

/** Turns a choice into a full spec; an unknown name or a transport it is not made for is an error value. */
export function planScenario(choice: ScenarioChoice, options: ParseOptions = {}): ScenarioPlan {
  const scenario = scenarios.find(({ name }) => name === choice.scenario);
  if (scenario === undefined) {
    const message = `must be one of ${scenarios.map(({ name }) => name).join(", ")}: got ${JSON.stringify(choice.scenario)}`;
    return { ok: false, errors: [{ path: "/scenario", message }] };
  }
  const {
    transport = scenario.spec.transport,
    seeds = null,
    seed = hasFirst(seeds) ? undefined : scenario.spec.seed,
    mode = scenario.spec.mode,
    capture = scenario.spec.capture,
  } = choice;
  if (!scenario.transports.includes(transport)) {
    const message = `must be one of ${scenario.transports.join(", ")} for the scenario ${scenario.name}: got ${JSON.stringify(transport)}`;
    return { ok: false, errors: [{ path: "/transport", message }] };
  }
  const input = { ...scenario.spec, ...overOf(scenario, transport) };
  const parsed = parseSpec({ ...input, transport, seed, seeds, mode, capture }, options);
  return parsed.ok ? { ...parsed, scenario } : parsed;
}

/** What of a scenario is otherwise over a transport. */
function overOf({ name }: Scenario, transport: TransportName): Readonly<Record<string, unknown>> {
  return TEXTS.find((text) => text.name === name)?.over?.[transport] ?? {};
}
