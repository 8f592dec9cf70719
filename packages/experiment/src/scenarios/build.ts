/**
 * How a scenario is written: only what differs from the defaults.
 */
import { parseSpec } from "../spec/parse.ts";
import type { TransportName } from "../spec/types.ts";
import type { Scenario } from "./types.ts";

/** A scenario as its author writes it; `spec` is completed like any user's. */
export interface ScenarioText {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly transports: readonly TransportName[];
  readonly spec: Readonly<Record<string, unknown>>;
  /** What of the spec is otherwise over a transport. */
  readonly over?: Readonly<Partial<Record<TransportName, Readonly<Record<string, unknown>>>>>;
}

/** Where most scenarios run. */
export const ALL: readonly TransportName[] = ["tcp", "udp", "tls"];
/** What is about messages in the clear. */
export const CLEAR: readonly TransportName[] = ["tcp", "udp"];
/** For faults that only a byte stream has. */
export const STREAM: readonly TransportName[] = ["tcp", "tls"];

/** Completes a scenario. A built-in one that is not valid is a bug, so it throws. */
export function complete(text: ScenarioText): Scenario {
  const { name, title, description, transports } = text;
  const parsed = parseSpec({ specVersion: 1, name, transport: transports[0], ...text.spec });
  if (!parsed.ok) throw new Error(`Bug: scenario ${name}: ${JSON.stringify(parsed.errors)}`);
  return { name, title, description, transports, spec: parsed.spec, expect: "pass" };
}

/** Shorthand for an assertion on the observed value. */
export function must(
  metric: string,
  op: string,
  value: number,
  phase: string | null = null,
): object {
  return { metric, op, value, phase };
}

/** Shorthand for an assertion that the whole 95 % interval of the delivery ratio must clear. */
export function delivered(ratio: number): object {
  return { metric: "delivery.ratio", op: ">=", value: ratio, confidence: 0.95 };
}

/** Quick retries, so that a lossy scenario ends in seconds. */
export function eager(attemptsMax: number, attemptTimeoutMs = 300): object {
  return {
    attemptsMax,
    attemptTimeoutMs,
    deadlineMs: 20_000,
    backoff: { kind: "exponential", firstMs: 10, factor: 2, maxMs: 100, jitter: "full" },
  };
}
