/**
 * What a built-in scenario is: a name, words for people, a spec and what it must come to.
 */
import type { FullSpec, TransportName } from "../spec/types.ts";
import type { RunVerdict } from "../result/types.ts";

/** A built-in experiment. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Where it makes sense, the first being its default. */
  readonly transports: readonly TransportName[];
  /** Complete, for the first transport. */
  readonly spec: FullSpec;
  /** The verdict a sound system comes to. */
  readonly expect: RunVerdict;
}
