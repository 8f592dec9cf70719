/**
 * Every limit and default of this package with its reason, and the refusals of wrong settings.
 *
 * A wrong setting is a mistake in a program: it throws where it is given. What the world does
 * within its limits is an event; a run that outgrows them stops with a coded error.
 */
import { type Setting, settingRefusal } from "@faultline/protocol";

/** Longest virtual time of one event, and so of a run: integer microseconds stay exact far beyond. */
export const TIME_US_MAX: number = 2 ** 52;

/** When a run is stopped. */
export interface KernelLimits {
  /** Events of one run. @default 1_000_000_000: ten million messages of a hundred events each */
  readonly eventsMax: number;
  /** Virtual time. @default 2_592_000_000_000: thirty days, far beyond the longest run that is meant */
  readonly virtualTimeUsMax: number;
  /**
   * Events and deferred calls while the time stands still. @default 1_000_000: more than any real
   * burst, and reached in a second by a loop that never waits
   */
  readonly stalledEventsMax: number;
}

/** The limits of a run when none are given. */
export const KERNEL_LIMITS_DEFAULT: KernelLimits = {
  eventsMax: 1_000_000_000,
  virtualTimeUsMax: 30 * 86_400 * 1_000_000,
  stalledEventsMax: 1_000_000,
};

/** Why a run was stopped; match on `code`. */
export type SimulationErrorCode = "events-max" | "livelock" | "virtual-time-max";

/** A run that outgrew a limit. The simulation stays as it was, to be looked at. */
export class SimulationError extends Error {
  readonly code: SimulationErrorCode;

  constructor(code: SimulationErrorCode, message: string) {
    super(message);
    this.name = "SimulationError";
    this.code = code;
  }
}

/** @throws TypeError where it is no number, RangeError where it is no integer within the bounds. */
export function integerOf(setting: Setting, min: number, max: number): number {
  const { value } = setting;
  const rule = `an integer of ${min} to ${max}`;
  if (typeof value !== "number") throw new TypeError(settingRefusal(setting, rule));
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(settingRefusal(setting, rule));
  }
  return value;
}

/** @throws TypeError where it is no number, RangeError where it is no chance. */
export function chanceOf(setting: Setting): number {
  const { value } = setting;
  const rule = "a chance of 0 to 1";
  if (typeof value !== "number") throw new TypeError(settingRefusal(setting, rule));
  if (!(value >= 0 && value <= 1)) throw new RangeError(settingRefusal(setting, rule));
  return value;
}

/** @throws TypeError where it is none of the words. */
export function wordOf(setting: Setting, words: readonly string[]): void {
  if (words.includes(setting.value as string)) return;
  throw new TypeError(settingRefusal(setting, `one of ${words.join(", ")}`));
}

/** Checks the limits given and fills in the rest. */
export function kernelLimitsOf(given: Partial<KernelLimits> = {}): KernelLimits {
  const limits = { ...KERNEL_LIMITS_DEFAULT, ...given };
  for (const [name, value] of Object.entries(limits)) {
    integerOf({ doing: "simulate", name, value }, 1, TIME_US_MAX);
  }
  return limits;
}
