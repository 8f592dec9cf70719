/**
 * One fault in its place in a chain: who it concerns, whether it strikes, and its counters.
 *
 * Everything that can be known before the first unit (threshold, stream, units it acts on) is
 * worked out in the constructor, so that a unit costs comparisons and one draw.
 */
import { entryOf } from "./catalog.ts";
import { type Deed, describe } from "./decision.ts";
import { Draws, DRAW_RANGE, thresholdOf } from "./draws.ts";
import type { Fault } from "./fault.ts";
import { Gate, type Roster, spacingOf } from "./gate.ts";
import { type Firings, NO_FIRINGS } from "./schedule.ts";
import type { FaultKind, FaultSpec } from "./spec.ts";
import { type FaultStats, independentMoments, SeriesTally, thinned } from "./stats.ts";
import type { Direction, FaultRecord, Unit, UnitKind, Verdict } from "./verdict.ts";

/** What all the faults of a chain share. */
export interface SlotContext {
  readonly seed: number;
  readonly roster: Roster;
  readonly sessionsMax: number;
  /** By fault id, where the plan has a schedule: a fault that is missing never fires. */
  readonly schedule: ReadonlyMap<string, Firings> | undefined;
}

/** A fault of a plan, ready to be asked. */
export class Slot {
  readonly spec: FaultSpec;
  readonly id: string;
  readonly kind: FaultKind;
  readonly direction: Direction | "both";
  /** Below this a draw strikes: floor(probability · 2^32). */
  readonly threshold: number;
  /** Acts on ends of streams instead of units. */
  readonly atEnd: boolean;
  readonly #kinds: Readonly<Record<UnitKind, boolean>>;
  readonly #streamOnly: boolean;
  readonly #recordsOnly: boolean;
  readonly #fault: Fault;
  readonly #gate: Gate | undefined;
  readonly #draws: Draws;
  readonly #tally: SeriesTally | undefined;
  /** Where a schedule says when it fires. */
  readonly #firings: Firings | undefined;
  #eligible = 0;
  #fired = 0;

  constructor(spec: FaultSpec, context: SlotContext) {
    const entry = entryOf(spec.kind);
    this.spec = spec;
    this.id = spec.id;
    this.kind = spec.kind;
    this.direction = spec.direction ?? entry.directionDefault;
    this.threshold = thresholdOf(spec.probability ?? 1);
    this.atEnd = entry.units.length === 0;
    this.#kinds = {
      message: entry.units.includes("message"),
      datagram: entry.units.includes("datagram"),
      chunk: entry.units.includes("chunk"),
    };
    this.#streamOnly = !entry.transports.includes("udp");
    this.#recordsOnly = entry.transports.every((transport) => transport === "tls");
    this.#fault = entry.create(spec, context);
    this.#draws = new Draws(context.seed, spec.id);
    if (context.schedule !== undefined) {
      this.#firings = context.schedule.get(spec.id) ?? NO_FIRINGS;
      return;
    }
    this.#gate = Gate.of(spec, context.roster, context.sessionsMax);
    const { series } = this.#fault;
    if (series !== undefined) {
      const spacing = spacingOf(spec, context.roster);
      const met = thinned(series, { share: this.#share(), spacing });
      this.#tally = new SeriesTally(met, context.sessionsMax);
    }
  }

  /** Whether it acts on units like this at all, in this direction. */
  concerns(unit: Unit): boolean {
    return this.takes(unit) && this.goes(unit.direction);
  }

  /** Whether it acts on units like this at all, in whatever direction. */
  takes(unit: Unit): boolean {
    if (this.#recordsOnly && unit.records !== true) return false;
    return (this.#kinds[unit.kind] || this.atEnd) && (unit.stream || !this.#streamOnly);
  }

  goes(direction: Direction): boolean {
    return this.direction === "both" || this.direction === direction;
  }

  /** Whether its gates are open for this unit. */
  opensFor(unit: Unit): boolean {
    return this.#gate === undefined || this.#gate.opensFor(unit);
  }

  /** Whether there is enough of the unit to act on. */
  accepts(unit: Unit): boolean {
    return this.#fault.accepts === undefined || this.#fault.accepts(unit);
  }

  /** Counts a unit it could act on. */
  meet(unit: Unit): void {
    this.#eligible += 1;
    this.#tally?.meet(unit);
  }

  /** Whether its own draw strikes this unit, or the schedule lists it. */
  strikes(unit: Unit, nowUs: number): boolean {
    if (this.#firings !== undefined) return this.#isListed(this.#firings, unit, nowUs);
    return this.threshold === DRAW_RANGE || this.#draws.at(unit).uint32(0) < this.threshold;
  }

  ask(unit: Unit, nowUs: number): Verdict {
    const draws = this.#draws.at(unit);
    const { fire } = this.#fault;
    return this.#firings === undefined || fire === undefined
      ? this.#fault.ask(unit, draws, nowUs)
      : fire(unit, draws, nowUs);
  }

  #isListed(firings: Firings, unit: Unit, nowUs: number): boolean {
    if (firings.has(unit)) return true;
    if (this.#fault.follows === true) this.#fault.ask(unit, this.#draws.at(unit), nowUs);
    return false;
  }

  /** Notes that it acted. `counts` is false where the attempt has been counted before. */
  fire(unit: Unit, counts: boolean): void {
    this.#gate?.spend(unit);
    if (!counts) return;
    this.#fired += 1;
    this.#tally?.fire(unit);
  }

  record(unit: Unit, verdict: Deed, nowUs: number): FaultRecord {
    return recordOf(this, unit, { atUs: nowUs, did: describe(verdict) });
  }

  stats(): FaultStats {
    const moments = this.#moments();
    return {
      id: this.id,
      kind: this.kind,
      eligible: this.#eligible,
      fired: this.#fired,
      expected: moments.expected,
      variance: moments.variance,
    };
  }

  /** Chance has no say in a schedule. */
  #moments(): Pick<FaultStats, "expected" | "variance"> {
    if (this.#firings !== undefined) return { expected: this.#fired, variance: 0 };
    return this.#tally?.moments() ?? independentMoments(this.#eligible, this.#share());
  }

  /** The stated chance: the true one is less by a part in 2^32, which no count can show. */
  #share(): number {
    return this.spec.probability ?? 1;
  }
}

/** The proof that a fault acted on a unit. */
export function recordOf(
  fault: { readonly id: string; readonly kind: FaultKind },
  unit: Unit,
  what: Pick<FaultRecord, "atUs" | "did">,
): FaultRecord {
  return {
    fault: fault.id,
    kind: fault.kind,
    direction: unit.direction,
    sessionHigh: unit.sessionHigh,
    sessionLow: unit.sessionLow,
    message: unit.message,
    attempt: unit.attempt,
    copy: unit.copy,
    atUs: what.atUs,
    did: what.did,
  };
}
