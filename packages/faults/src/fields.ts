/**
 * The rules of settings: what may stand in a field, in words and as a test.
 *
 * Each fault lists its settings with these, beside its code; `checkFault`, the README and a
 * generated page all read the same list, so a range is written down once.
 */

/** One setting of a fault. */
export interface FieldRule {
  /** Completes "must be …": `a number of 0 to 1`. */
  readonly rule: string;
  /** What the setting means, unit included. */
  readonly means: string;
  /** Whether it must be given. */
  readonly required: boolean;
  /** What stands in when it is left out; undefined where that depends on other settings. */
  readonly default: number | string | null | undefined;
  accepts(value: unknown): boolean;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly means: string;
  /** Left out: the setting must be given. */
  readonly default?: number | null;
}

/** A finite number in a closed range. */
export function numberField(range: Range): FieldRule {
  return {
    rule: `a number of ${range.min} to ${range.max}`,
    means: range.means,
    required: range.default === undefined,
    default: range.default,
    accepts: (value) => typeof value === "number" && value >= range.min && value <= range.max,
  };
}

/** A whole number in a closed range; null too where null is the default. */
export function integerField(range: Range): FieldRule {
  const nullable = range.default === null;
  const rule = `an integer of ${range.min} to ${range.max}`;
  return {
    rule: nullable ? `${rule}, or null` : rule,
    means: range.means,
    required: range.default === undefined,
    default: range.default,
    accepts: (value) =>
      (nullable && value === null) ||
      (Number.isSafeInteger(value) && Number(value) >= range.min && Number(value) <= range.max),
  };
}

/** One of a list of words. It may be left out, with or without a `default`. */
export function wordField(
  words: readonly string[],
  options: { readonly means: string; readonly default?: string },
): FieldRule {
  return {
    rule: `one of ${words.join(", ")}`,
    means: options.means,
    required: false,
    default: options.default,
    accepts: (value) => words.some((word) => word === value),
  };
}

/** The settings that every fault takes. */
export const COMMON_FIELDS: Readonly<Record<string, FieldRule>> = {
  direction: wordField(["request", "reply", "both"], {
    means: "which way it acts: client to server, server to client, or each for itself",
    default: "reply",
  }),
  probability: numberField({
    min: 0,
    max: 1,
    default: 1,
    means: "chance to act on an eligible unit",
  }),
  firstMessages: integerField({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: null,
    means: "only the first so many messages of the run are eligible, with all their attempts",
  }),
  everyMessages: integerField({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: null,
    means: "only every so-many-th message is eligible: 3 means the 3rd, 6th, 9th …",
  }),
  countMax: integerField({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: null,
    means: "acts at most so many times in the run",
  }),
};
