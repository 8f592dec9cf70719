/**
 * Small zod builders whose messages name the rule and the value: `must be RULE: got VALUE`.
 *
 * Each value has one rule text, used for a wrong type and for a wrong range alike, so a number
 * that breaks two checks is reported once. zod's own English is not used: it names types, not
 * what the user should write.
 */
import { z } from "zod";

const SHOWN_CHARACTERS_MAX = 60;

/** A value as it stands in a message: JSON, cut to a line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = toText(value);
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}

/** JSON where there is one; a cycle, a bigint or a thousand levels have none. */
function toText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? `a ${typeof value}`;
  } catch {
    return `a ${typeof value}`;
  }
}

/** What `error` of a zod schema or check is set to. */
export interface RuleMessage {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** `must be TEXT: got VALUE`. */
export function rule(text: string): RuleMessage {
  return { error: (issue) => `must be ${text}: got ${show(issue.input)}` };
}

/** A whole number from min to max. */
export function integer(min: number, max: number): z.ZodNumber {
  const text = rule(`a whole number from ${min} to ${max}`);
  return z.number(text).int(text).min(min, text).max(max, text);
}

/** Any finite number from min to max. */
export function number(min: number, max: number): z.ZodNumber {
  const text = rule(`a number from ${min} to ${max}`);
  return z.number(text).min(min, text).max(max, text);
}

/** A number above 0, at most max. */
export function positive(max: number): z.ZodNumber {
  const text = rule(`a number above 0, at most ${max}`);
  return z.number(text).gt(0, text).max(max, text);
}

/** A text of min to max characters that is sound Unicode (no lone surrogate, which JSON cannot hash). */
export function text(min: number, max: number): z.ZodString {
  const message = rule(
    min === 0 ? `a text of at most ${max} characters` : `a text of ${min} to ${max} characters`,
  );
  return z
    .string(message)
    .min(min, message)
    .max(max, message)
    .refine((value) => value.isWellFormed(), rule("a text without lone surrogates"));
}

/** One of these words. */
export function words<const Words extends readonly [string, ...string[]]>(
  list: Words,
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return z.enum(list, rule(`one of ${list.join(", ")}`));
}

/** A truth value. */
export function flag(): z.ZodBoolean {
  return z.boolean(rule("true or false"));
}

/** What an object of the spec says when it is given something else. */
export const OBJECT_RULE: RuleMessage = rule("an object");

/** What a list says when it is given something else, or too much of it. */
export function listRule(what: string, max: number): RuleMessage {
  return { error: (issue) => `must be a list of at most ${max} ${what}: got ${size(issue.input)}` };
}

function size(input: unknown): string {
  return Array.isArray(input) ? `${input.length}` : show(input);
}
