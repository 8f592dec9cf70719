/**
 * How a run fails, by a name that stays the same while the run is made smaller.
 *
 * A broken assertion of the spec is one way; the others hold in every experiment and need not be
 * asked for. Shrinking keeps to one signature: without it, a smaller run that fails in another way
 * would be taken for the same bug.
 */
import type { Assertion } from "../spec/types.ts";

/**
 * What holds in every run:
 *
 * `executed-once`       no operation is executed twice
 * `executed`            what was delivered was executed
 * `right-replies`       a delivered body is what had to come back, where a checksum is on
 * `deadline-kept`       no message takes longer than `client.deadlineMs`
 * `settled-once`        each message has one outcome, and the outcomes add up
 * `settled`             nothing is open when nothing is left to happen
 * `sealed`              nothing under test uses real time, real chance or the world outside
 * `no-exception`        nothing under test throws
 */
export const INVARIANTS = [
  "sealed",
  "no-exception",
  "settled",
  "settled-once",
  "executed-once",
  "executed",
  "right-replies",
  "deadline-kept",
] as const;

/** The name of an invariant. */
export type Invariant = (typeof INVARIANTS)[number];

/** A message by client and number, both from 0. */
export interface MessagePlace {
  readonly client: number;
  readonly message: number;
}

/** One thing that did not hold. */
export interface Failure {
  /** `invariant executed-once`, or `assertion delivery.ratio >= 0.99`. */
  readonly signature: string;
  /** What was seen, in a sentence. */
  readonly message: string;
  /** The first message it was seen on, where it was one. */
  readonly place: MessagePlace | null;
}

/** The signature of a broken invariant. */
export function invariantSignature(invariant: Invariant): string {
  return `invariant ${invariant}`;
}

/** The signature of a broken assertion. */
export function assertionSignature({
  metric,
  op,
  value,
  phase,
}: Pick<Assertion, "metric" | "op" | "value" | "phase">): string {
  return `assertion ${metric}${phase === null ? "" : ` in phase ${phase}`} ${op} ${value}`;
}

/** What should have held, as a clause: "no operation is executed twice". */
export function shouldHave(signature: string): string {
  const name = signature.replace(/^invariant /, "");
  return CLAUSES[name as Invariant] ?? signature.replace(/^assertion /, "");
}

const CLAUSES: Readonly<Record<Invariant, string>> = {
  "executed-once": "no operation is executed twice",
  executed: "every delivered message was executed",
  "right-replies": "every delivered message brings the reply to itself, byte for byte",
  "deadline-kept": "no message takes longer than its deadline",
  "settled-once": "every message has exactly one outcome",
  settled: "every message comes to an outcome",
  sealed: "nothing under test uses real time, real chance or the world outside",
  "no-exception": "nothing under test throws",
};
