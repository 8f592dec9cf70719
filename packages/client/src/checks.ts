/**
 * Refusals of wrong options, all in one form: what cannot be done, which setting, which rule,
 * and the value that was given.
 *
 *   Cannot retry as "attemptsMax" must be an integer of at least 1: got 0
 *
 * A wrong option is a mistake in a program, so it throws, at construction and never later. A
 * schema library was the road not taken: a client should not bring one along.
 */

/** Longest duration a setting may ask for: a day, far below where integer microseconds or Node's timers end. */
export const DURATION_MS_MAX = 86_400_000;

/** What is checked: the doing that fails, the setting's name, its value. */
export interface Setting {
  readonly doing: string;
  readonly name: string;
  readonly value: unknown;
}

/**
 * An integer within bounds, both included.
 *
 * @throws TypeError where it is no number, RangeError where it is no integer or out of bounds.
 */
export function integerOf(setting: Setting, min: number, max: number): number {
  const { value } = setting;
  if (typeof value !== "number") throw new TypeError(refusal(setting, "an integer"));
  if (!Number.isSafeInteger(value)) throw new RangeError(refusal(setting, `an integer`));
  if (value < min) throw new RangeError(refusal(setting, `an integer of at least ${min}`));
  if (value > max) throw new RangeError(refusal(setting, `an integer of at most ${max}`));
  return value;
}

/**
 * A duration in milliseconds, given with or without a fraction, as integer microseconds.
 *
 * @throws TypeError where it is no number, RangeError where it is out of bounds.
 */
export function durationUsOf(setting: Setting, minMs = 0): number {
  const { value } = setting;
  if (typeof value !== "number") throw new TypeError(refusal(setting, "a number of milliseconds"));
  if (!(value >= minMs)) {
    throw new RangeError(refusal(setting, `a number of milliseconds of at least ${minMs}`));
  }
  if (value > DURATION_MS_MAX) {
    throw new RangeError(
      refusal(setting, `a number of milliseconds of at most ${DURATION_MS_MAX}`),
    );
  }
  return Math.round(value * 1000);
}

/**
 * A number within bounds, both included.
 *
 * @throws TypeError where it is no number, RangeError where it is out of bounds or not finite.
 */
export function numberOf(setting: Setting, min: number): number {
  const { value } = setting;
  if (typeof value !== "number") throw new TypeError(refusal(setting, "a number"));
  if (!(value >= min && value < Infinity)) {
    throw new RangeError(refusal(setting, `a finite number of at least ${min}`));
  }
  return value;
}

/**
 * One word of a list.
 *
 * @throws TypeError where it is not in the list.
 */
export function wordOf<Word extends string>(setting: Setting, words: readonly Word[]): Word {
  const found = words.find((word) => word === setting.value);
  if (found === undefined) {
    const list = words.map((word) => `"${word}"`).join(", ");
    throw new TypeError(refusal(setting, `one of ${list}`));
  }
  return found;
}

/** The message: `Cannot DO as "setting" must be RULE: got VALUE`. */
export function refusal(setting: Setting, rule: string): string {
  return `Cannot ${setting.doing} as "${setting.name}" must be ${rule}: got ${show(setting.value)}`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}
