/**
 * The options of a script: `--help` prints its usage, a wrong one is one line and exit code 3.
 */
import process from "node:process";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** A script's exit code where it was called wrongly. */
export const WRONG_OPTION = 3;

type Values<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T }>
>["values"];

/** The options that the script was called with; ends the process where there is nothing to run. */
export function readOptions<T extends ParseArgsOptionsConfig>(
  usage: string,
  options: T,
): Values<T> {
  if (process.argv.slice(2).some((word) => word === "--help" || word === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // Behind the first sentence the parser explains its own syntax.
    const [message] = (error as Error).message.split(". ", 1);
    console.error(`${message ?? ""}; see --help`);
    process.exit(WRONG_OPTION);
  }
}

/** One option as it was written. */
export interface Written {
  /** What the script does, as in "Cannot fuzz". */
  readonly doing: string;
  readonly name: string;
  readonly text: string;
}

/** An option that is a whole number. @throws RangeError naming the option, its rule and its value */
export function wholeNumber(written: Written, min: number): number {
  const value = Number(written.text);
  const isWhole = written.text.trim() !== "" && Number.isSafeInteger(value);
  if (isWhole && value >= min) return value;
  throw wrongOption(written, `an integer of at least ${min}`);
}

/** What is said of an option that breaks its rule. */
export function wrongOption({ doing, name, text }: Written, rule: string): RangeError {
  return new RangeError(`Cannot ${doing} as "${name}" must be ${rule}: got ${text}`);
}
