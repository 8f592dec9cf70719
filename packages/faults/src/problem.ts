/**
 * What is wrong with a value, and where: the words of every refusal of this package.
 *
 * A problem is a value, not an error: whoever asked decides whether to throw it, to answer with
 * it or to show it beside a field.
 */

/** One thing that is wrong. */
export interface FaultProblem {
  /** JSON pointer (RFC 6901) into what was checked: `/probability`, `/faults/0/delayMs`. */
  readonly path: string;
  /** Names the setting, the rule and the value. */
  readonly message: string;
}

/** An object whose fields may hold anything. */
export type Settings = Readonly<Record<string, unknown>>;

/** Characters of a value that a message shows. */
const SHOWN_CHARACTERS_MAX = 60;
const SESSION = /^[0-9a-f]{16}$/i;

/** Whether a value is an object with fields, and no list. */
export function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a session id: 16 hex digits. */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && SESSION.test(value);
}

/** Whether a value is a list that is not too long. */
export function isListUpTo(lengthMax: number, value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= lengthMax;
}

/** What a message shows of a list that is too long: how long it is. */
export function lengthOf(value: unknown): unknown {
  return Array.isArray(value) ? `${value.length} of them` : value;
}

/** A field as a JSON pointer. */
function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

interface Finding {
  /** The setting that is wrong. */
  readonly setting: string;
  /** Where it stands. @default the setting as a pointer */
  readonly path?: string;
  /** Completes "must be …". */
  readonly rule: string;
  readonly got: unknown;
}

/** Puts a finding into words. */
export function problem(what: "fault" | "plan", finding: Finding): FaultProblem {
  const { setting, path = pointerTo(setting), rule, got } = finding;
  return { path, message: `Cannot use ${what} as "${setting}" must be ${rule}: got ${show(got)}` };
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
