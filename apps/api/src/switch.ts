/**
 * A variable that is on or off.
 *
 * Strict, since such switches open or close something: a word that cannot be understood is refused
 * and never taken for "off".
 */

const ON = ["1", "true", "yes", "on"];
const OFF = ["0", "false", "no", "off"];

/**
 * Reads a switch; one that is not set or empty is off.
 * @throws RangeError naming the variable and the words it takes
 */
export function readSwitch(name: string, text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? "";
  if (word === "" || OFF.includes(word)) return false;
  if (ON.includes(word)) return true;
  const given = JSON.stringify(word.slice(0, 40));
  throw new RangeError(`Cannot start as "${name}" must be 1 or 0: got ${given}`);
}
