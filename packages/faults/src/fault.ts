/**
 * What a fault is made of: one method that answers, and an entry that describes it.
 *
 * A fault is only asked about units it can act on, when its gates are open and its probability
 * was drawn; so most faults are a verdict and nothing else. Start reading at fault/pass.ts.
 */
import type { Draws } from "./draws.ts";
import type { FieldRule } from "./fields.ts";
import type { FaultKind, FaultSpec } from "./spec.ts";
import type { Direction, Unit, UnitKind, Verdict } from "./verdict.ts";

/** One fault in force. */
export interface Fault {
  /** The answer for one unit. `draws` stands at the unit's key; index 0 is the probability's. */
  ask(unit: Unit, draws: Draws, nowUs: number): Verdict;
  /** False for a unit too small to act on: it is not eligible. Left out: every unit will do. */
  accepts?(unit: Unit): boolean;
  /** The answer where a schedule says that it fires; only for faults whose `ask` may still pass. */
  fire?(unit: Unit, draws: Draws, nowUs: number): Verdict;
  /** Its state moves with every unit: it is asked even where a schedule keeps it from acting. */
  readonly follows?: true;
  /** Where firing is not one independent draw a unit: how the firings hang together. */
  readonly series?: Series;
}

/** A correlated series of firings along the messages: covariance at distance k is swing · memory^k. */
export interface Series {
  /** Chance to fire on any one message. */
  readonly mean: number;
  readonly swing: number;
  /** -1 … 1. */
  readonly memory: number;
}

/** What a fault may need from the chain that makes it. */
export interface FaultTools {
  /** Sessions a stateful fault remembers; the one not seen for longest is forgotten first. */
  readonly sessionsMax: number;
}

/** How traffic can be carried, as a spec says it. */
export type Transport = "tcp" | "udp" | "tls";

/** A fault as the catalog lists it. */
export interface FaultEntry<S extends FaultSpec = FaultSpec> {
  readonly kind: S["kind"];
  readonly title: string;
  readonly description: string;
  /** Units it acts on; empty for a fault that acts on the end of a stream. */
  readonly units: readonly UnitKind[];
  /** Without "udp" it acts on streams only; "tls" alone means encrypted records. */
  readonly transports: readonly Transport[];
  /** The way it acts when its spec names none. */
  readonly directionDefault: Direction | "both";
  /** Its own settings; what every fault takes stands in `COMMON_FIELDS`. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  create(spec: S, tools: FaultTools): Fault;
}

/** Each kind with its own entry type. */
export type FaultCatalog = {
  readonly [K in FaultKind]: FaultEntry<Extract<FaultSpec, { kind: K }>>;
};
