/**
 * Refusals of wrong options, all in one form: what cannot be done, which setting, which rule,
 * and the value that was given.
 *
 *   Cannot retry as "attemptsMax" must be an integer of at least 1: got 0
 *
 * A wrong option is a mistake in a program, so it throws, at construction and never later. A
 * schema library was the road not taken: a client should not bring one along.
 */

import { durationUsOf, type Setting, settingRefusal as refusal } from "@faultline/protocol";

export { durationUsOf, refusal };

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
