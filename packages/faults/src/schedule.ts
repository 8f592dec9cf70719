/**
 * The schedule: which firings happen, as a list of keys instead of chances.
 *
 * A failing run has hundreds of firings and needs two or three of them. Because every draw is keyed,
 * the others can be left out one by one and nothing else changes: that is what shrinking does.
 *
 * What one firing is, for the faults that remember:
 *
 *   blackhole    the unit that silences its connection; what is swallowed after it follows from it
 *   bandwidth    one unit's wait; the bucket is paid by every unit, listed or not
 *   burst-loss   one lost unit; the states are not asked, the list is what they came to
 *   delay        with a correlation too, a unit's delay comes from its place, whoever else fires
 *   slow-close   one late end of a stream: attempt 0, and the number of the end as its message
 *   partition    one swallowed message
 */
import type { Firing } from "./spec.ts";
import type { Unit } from "./verdict.ts";

type Place = Pick<Unit, "sessionHigh" | "sessionLow" | "direction" | "attempt" | "copy">;

/** The units on which one fault fires. */
export class Firings {
  readonly #places = new Map<number, Place[]>();

  add({ session, direction, message, attempt, copy = 0 }: Firing): void {
    const sessionHigh = Number.parseInt(session.slice(0, 8), 16);
    const sessionLow = Number.parseInt(session.slice(8), 16);
    const place = { sessionHigh, sessionLow, direction, attempt, copy };
    const places = this.#places.get(message);
    if (places === undefined) this.#places.set(message, [place]);
    else places.push(place);
  }

  /** Whether the fault fires on this unit. */
  has(unit: Unit): boolean {
    const places = this.#places.get(unit.message);
    return places !== undefined && places.some((place) => isAt(place, unit));
  }
}

/** Of a fault that a schedule does not list. */
export const NO_FIRINGS: Firings = new Firings();

/** The schedule taken apart by fault id. */
export function firingsByFault(schedule: readonly Firing[]): Map<string, Firings> {
  const byFault = new Map<string, Firings>();
  for (const firing of schedule) {
    let firings = byFault.get(firing.fault);
    if (firings === undefined) byFault.set(firing.fault, (firings = new Firings()));
    firings.add(firing);
  }
  return byFault;
}

/** One text for each firing: equal for equal ones. */
export function firingKey(firing: Firing): string {
  const { fault, session, direction, message, attempt, copy = 0 } = firing;
  return `${fault} ${session.toLowerCase()} ${direction} ${message} ${attempt} ${copy}`;
}

function isAt(place: Place, unit: Unit): boolean {
  return (
    place.attempt === unit.attempt &&
    place.direction === unit.direction &&
    place.sessionLow === unit.sessionLow &&
    place.sessionHigh === unit.sessionHigh &&
    place.copy === unit.copy
  );
}
