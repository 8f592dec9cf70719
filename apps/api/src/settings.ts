/**
 * The environment as settings: where to listen, where to keep data, which limits.
 *
 * Pure: it is handed the variables. A variable that is empty counts as not set; one that cannot
 * be understood is refused by name, never replaced by the default behind the operator's back.
 */

import { LIMIT_NAMES, limitEnvName, LIMITS, type LimitName, type Limits } from "./limits.ts";

import { type LogThreshold, readLogLevel } from "./observe/log.ts";
import { readSwitch } from "./switch.ts";

/** What `main.ts` starts with. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Folder of the store, or `:memory:`. */
  readonly data: string;
  /** What runs in progress get to end after a signal, in milliseconds. */
  readonly graceMs: number;
  readonly limits: Partial<Limits>;
  readonly access: AccessSettings;
  readonly logLevel: LogThreshold;
  /** Whether lines may hold what messages and requests carry. */
  readonly logPayloads: boolean;
}

/** Who is let in. */
export interface AccessSettings {
  /** Tokens are asked for even where there are none yet. */
  readonly required: boolean;
  /** Names the service goes by, beside loopback's; lower case, without ports. */
  readonly hosts: readonly string[];
  /** Origins whose pages may use the service from a browser. */
  readonly origins: readonly string[];
}

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A short name beside the systematic one, for the limit that is set most. */
const ALIASES: Partial<Record<LimitName, string>> = { runsAtOnceMax: "RUNS_AT_ONCE" };

const PORT_MAX = 65_535;
const HOUR_MS = 3_600_000;

/** @throws RangeError naming the variable, its rule and its value */
export function readSettings(environment: Environment): Settings {
  return {
    host: read(environment, "HOST") ?? "127.0.0.1",
    port: readInteger(environment, "PORT", [0, PORT_MAX]) ?? 8080,
    data: read(environment, "FAULTLINE_DATA") ?? ".faultline",
    graceMs: readInteger(environment, "FAULTLINE_GRACE_MS", [0, HOUR_MS]) ?? 10_000,
    limits: readLimits(environment),
    access: {
      required: readSwitch("REQUIRE_TOKENS", environment["REQUIRE_TOKENS"]),
      hosts: readList(environment, "FAULTLINE_HOSTS", HOST_NAME).map((name) => name.toLowerCase()),
      origins: readList(environment, "FAULTLINE_ORIGINS", ORIGIN),
    },
    logLevel: readLogLevel(environment["LOG_LEVEL"], "info"),
    logPayloads: readSwitch("LOG_PAYLOADS", environment["LOG_PAYLOADS"]),
  };
}

/** What an entry of a list must look like, and how that is said. */
type EntryRule = readonly [pattern: RegExp, words: string];

const HOST_NAME: EntryRule = [
  /^(?:[a-z0-9_.-]{1,253}|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f.:]*)$/i,
  "host names without ports",
];
const ORIGIN: EntryRule = [
  /^https?:\/\/[a-z0-9_.-]{1,253}(?::\d{1,5})?$/,
  "origins such as https://lab.example",
];

function readList(environment: Environment, name: string, [pattern, words]: EntryRule): string[] {
  const entries = (read(environment, name) ?? "").split(",").map((entry) => entry.trim());
  const given = entries.filter((entry) => entry !== "");
  const wrong = given.find((entry) => !pattern.test(entry));
  if (wrong === undefined) return given;
  throw new RangeError(
    `Cannot start as "${name}" must be ${words}, separated by commas: got ${JSON.stringify(wrong)}`,
  );
}

function readLimits(environment: Environment): Partial<Limits> {
  const limits: Partial<Record<LimitName, number>> = {};
  for (const name of LIMIT_NAMES) {
    const { min, max } = LIMITS[name];
    for (const variable of [ALIASES[name], limitEnvName(name)]) {
      const value = variable && readInteger(environment, variable, [min, max]);
      if (typeof value === "number") limits[name] = value;
    }
  }
  return limits;
}

function readInteger(
  environment: Environment,
  name: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const text = read(environment, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new RangeError(
      `Cannot start as "${name}" must be an integer from ${min} to ${max}: got ${text}`,
    );
  }
  return value;
}

function read(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === "" ? undefined : text;
}
