/**
 * The chain: shows a unit to every fault of a plan and sums up what they answer.
 *
 * It keeps no time and moves no bytes: the pump asks, and does what the decision says. With the
 * composition "independent" every fault draws for itself in list order, each sees what the ones
 * before it made of the unit, and a drop, answer, reset or silence ends the questioning. With
 * "exclusive" one draw names at most one fault (exclusive.ts). Where the plan has a schedule, that
 * says who fires, and neither draw is made (schedule.ts).
 */
import { checkPlan } from "./check-plan.ts";
import { Composer, PASS_DECISION } from "./decision.ts";
import { ExclusiveDraw, isPaired } from "./exclusive.ts";
import { rosterOf } from "./gate.ts";
import { SESSIONS_MAX_DEFAULT } from "./limits.ts";
import { SessionTable } from "./sessions.ts";
import { isSameGround, isSameSpec } from "./same.ts";
import { firingsByFault } from "./schedule.ts";
import { recordOf, Slot, type SlotContext } from "./slot.ts";
import type { FaultPlan } from "./spec.ts";
import type { FaultStats } from "./stats.ts";
import { Totals } from "./totals.ts";
import type { Decision, Direction, FaultRecord, Unit, Verdict } from "./verdict.ts";

/** What a chain may be told beside its plan. */
export interface FaultChainOptions {
  /**
   * Sessions whose state is kept, for each fault that has any; beyond it the one not seen for
   * longest starts anew.
   *
   * @default 65_536
   */
  readonly sessionsMax?: number;
}

/** The end of a stream in one direction. */
export interface StreamEnd {
  readonly direction: Direction;
  readonly sessionHigh: number;
  readonly sessionLow: number;
  /** False for datagrams, which have no end: nothing is decided then. */
  readonly stream: boolean;
}

/** What is decided for the end of a stream. */
export type EndDecision = Pick<Decision, "delayUs" | "records">;

const NO_BYTES = new Uint8Array(0);

/** The faults in force, asked unit by unit. */
export class FaultChain {
  readonly #sessionsMax: number;
  readonly #composer = new Composer();
  readonly #totals = new Totals();
  readonly #ends: SessionTable<Record<Direction, number>>;
  #plan: FaultPlan;
  #slots: readonly Slot[] = [];
  #unitSlots: readonly Slot[] = [];
  #endSlots: readonly Slot[] = [];
  #exclusive: ExclusiveDraw | undefined;

  /**
   * @throws {RangeError} when the plan breaks a rule of `checkPlan`, or `sessionsMax` is no
   *   integer of at least 1
   */
  constructor(plan: FaultPlan, options: FaultChainOptions = {}) {
    const { sessionsMax = SESSIONS_MAX_DEFAULT } = options;
    if (!Number.isSafeInteger(sessionsMax) || sessionsMax < 1) {
      const rule = `must be an integer of at least 1: got ${sessionsMax}`;
      throw new RangeError(`Cannot build a fault chain as "sessionsMax" ${rule}`);
    }
    refuseBadPlan(plan);
    this.#sessionsMax = sessionsMax;
    this.#ends = new SessionTable(sessionsMax, () => ({ request: 0, reply: 0 }));
    this.#plan = plan;
    this.#install(plan, []);
  }

  /** True when there is no fault at all, so that asking can be left out. */
  get idle(): boolean {
    return this.#slots.length === 0;
  }

  /** The plan in force. */
  get plan(): FaultPlan {
    return this.#plan;
  }

  /**
   * Decides about one unit.
   *
   * A function of the unit's key alone, in whatever order units are asked about; only `bandwidth`
   * also depends on `nowUs`, and `countMax` on what fired before in the session.
   *
   * @param nowUs the asking clock's time in integer microseconds
   * @returns `PASS_DECISION` itself when nothing fired
   */
  decide(unit: Unit, nowUs: number): Decision {
    if (this.#slots.length === 0) return PASS_DECISION;
    if (this.#exclusive !== undefined) return this.#decideExclusive(unit, nowUs);
    let current = unit;
    for (const slot of this.#unitSlots) {
      if (!slot.concerns(current) || !slot.opensFor(current) || !slot.accepts(current)) continue;
      slot.meet(current);
      if (!slot.strikes(current, nowUs)) continue;
      const verdict = this.#act(slot, current, { nowUs, counts: true });
      if (this.#composer.ended) break;
      if (verdict.do === "replace") current = { ...current, bytes: verdict.bytes };
    }
    return this.#composer.take(unit);
  }

  /** Asks a fault that has struck, and takes note of what it does. */
  #act(slot: Slot, unit: Unit, how: { nowUs: number; counts: boolean }): Verdict {
    const verdict = slot.ask(unit, how.nowUs);
    if (verdict.do === "pass") return verdict;
    slot.fire(unit, how.counts);
    this.#composer.add(verdict, slot.record(unit, verdict, how.nowUs));
    return verdict;
  }

  #decideExclusive(unit: Unit, nowUs: number): Decision {
    const first = isFirstOfAttempt(unit);
    if (first) this.#meetExclusive(unit);
    const slot = this.#exclusive?.pick(unit);
    if (slot === undefined || slot.atEnd || !slot.concerns(unit)) return PASS_DECISION;
    if (!slot.opensFor(unit) || !slot.accepts(unit)) return PASS_DECISION;
    const counts = first || (unit.copy === 0 && slot.direction === "reply");
    this.#act(slot, unit, { nowUs, counts });
    return this.#composer.take(unit);
  }

  /** An attempt is eligible for every fault at once: its request is counted for its reply too. */
  #meetExclusive(unit: Unit): void {
    for (const slot of this.#unitSlots) {
      const takes = isPaired(unit) ? slot.takes(unit) : slot.concerns(unit);
      if (!takes || !slot.opensFor(unit)) continue;
      if (slot.goes(unit.direction) && !slot.accepts(unit)) continue;
      slot.meet(unit);
    }
  }

  /**
   * Decides how much later the end of a stream is passed on.
   *
   * Ends count up by session and direction; a record carries that number as its message, and
   * attempt 0.
   */
  decideEnd(end: StreamEnd, nowUs: number): EndDecision {
    if (this.#endSlots.length === 0 || !end.stream) return PASS_DECISION;
    const unit = this.#endUnit(end);
    const drawn = this.#exclusive?.pick(unit);
    for (const slot of this.#endSlots) {
      if (!slot.concerns(unit) || !slot.opensFor(unit)) continue;
      slot.meet(unit);
      if (this.#exclusive === undefined ? !slot.strikes(unit, nowUs) : slot !== drawn) continue;
      this.#act(slot, unit, { nowUs, counts: true });
    }
    return this.#composer.take(unit);
  }

  #endUnit(end: StreamEnd): Unit {
    const { direction, sessionHigh, sessionLow } = end;
    const ends = this.#ends.at(end);
    const message = ends[direction];
    ends[direction] += 1;
    const place = { message, attempt: 0, copy: 0, bytes: NO_BYTES, stream: true };
    return { kind: "message", direction, sessionHigh, sessionLow, ...place };
  }

  /**
   * The proof that a connection which a blackhole has silenced swallowed one more unit.
   *
   * Counts nothing: the fault fired once, on the unit that silenced it.
   */
  recordSilenced(faultId: string, unit: Unit, nowUs: number): FaultRecord {
    const did = "swallowed, the connection is silenced";
    const record = recordOf({ id: faultId, kind: "blackhole" }, unit, { atUs: nowUs, did });
    return { ...record, aftermath: true };
  }

  /**
   * Changes the plan at once.
   *
   * A fault with the same id and an equal spec goes on where it was, counters and all, as long as
   * seed, composition, sessions and schedule stay the same; any other begins anew. Totals are never lost:
   * `stats` adds what earlier faults of the same id and kind have counted.
   *
   * @throws {RangeError} when the plan breaks a rule of `checkPlan`; the old one stays in force
   */
  replace(plan: FaultPlan): void {
    refuseBadPlan(plan);
    const kept = this.#slots;
    const before = this.#plan;
    this.#plan = plan;
    this.#install(plan, isSameGround(before, plan) ? kept : []);
    for (const slot of kept) {
      if (!this.#slots.includes(slot)) this.#totals.retire(slot.stats());
    }
  }

  #install(plan: FaultPlan, kept: readonly Slot[]): void {
    const { seed } = plan;
    const sessionsMax = this.#sessionsMax;
    const scheduled = (plan.schedule ?? null) !== null;
    const schedule = scheduled ? firingsByFault(plan.schedule ?? []) : undefined;
    const context: SlotContext = { seed, sessionsMax, roster: rosterOf(plan.sessions), schedule };
    this.#slots = plan.faults.map(
      (spec) => kept.find((slot) => isSameSpec(slot.spec, spec)) ?? new Slot(spec, context),
    );
    this.#unitSlots = this.#slots.filter((slot) => !slot.atEnd);
    this.#endSlots = this.#slots.filter((slot) => slot.atEnd);
    this.#exclusive =
      plan.composition === "exclusive" && !scheduled
        ? new ExclusiveDraw(seed, this.#slots)
        : undefined;
  }

  /** Counts of every fault since the chain was made: those in force first, in list order. */
  stats(): FaultStats[] {
    return this.#totals.with(this.#slots.map((slot) => slot.stats()));
  }
}

/** Where an exclusive plan counts an attempt: at its request, or at a unit that stands alone. */
function isFirstOfAttempt(unit: Unit): boolean {
  return unit.copy === 0 && (unit.direction === "request" || !isPaired(unit));
}

function refuseBadPlan(plan: FaultPlan): void {
  const problems = checkPlan(plan);
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  throw new RangeError(`Cannot build a fault chain from this plan. ${lines.join("; ")}`);
}
