/**
 * Refusals of wrong settings, all in one form, here and in the packages above: what cannot be done,
 * which setting, which rule, and the value that was given.
 *
 *   Cannot carry packets as "datagramBytesMax" must be an integer of 256 … 65507: got 10
 *
 * A wrong setting is a mistake in a program, so it throws, where it is given and never later.
 */

/** Longest duration a setting may ask for: a day, far below where integer microseconds or Node's timers end. */
const DURATION_MS_MAX = 86_400_000;

/** What is checked: the doing that fails, the setting's name, its value. */
export interface Setting {
  readonly doing: string;
  readonly name: string;
  readonly value: unknown;
}

/** @throws TypeError where it is no number, RangeError where it is no integer within the bounds. */
export function integerOf(setting: Setting, min: number, max: number): number {
  const { value } = setting;
  const rule = `an integer of ${min} … ${max}`;
  if (typeof value !== "number") throw new TypeError(settingRefusal(setting, rule));
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(settingRefusal(setting, rule));
  }
  return value;
}

/**
 * A duration in milliseconds, given with or without a fraction, as integer microseconds.
 *
 * @throws TypeError where it is no number, RangeError where it is out of bounds.
 */
export function durationUsOf(setting: Setting, minMs = 0): number {
  const { value } = setting;
  const rule = "a number of milliseconds";
  if (typeof value !== "number") throw new TypeError(settingRefusal(setting, rule));
  if (!(value >= minMs))
    throw new RangeError(settingRefusal(setting, `${rule} of at least ${minMs}`));
  if (value > DURATION_MS_MAX) {
    throw new RangeError(settingRefusal(setting, `${rule} of at most ${DURATION_MS_MAX}`));
  }
  return Math.round(value * 1000);
}

/** The message: `Cannot DO as "setting" must be RULE: got VALUE`. */
export function settingRefusal({ doing, name, value }: Setting, rule: string): string {
  return `Cannot ${doing} as "${name}" must be ${rule}: got ${show(value)}`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}
