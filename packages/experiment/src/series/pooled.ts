/**
 * What the runs of a series come to together: counts and buckets added up, run after run.
 *
 * Pure. Runs must be added in the order of their index: sums of fractions (a fault's expectation)
 * depend on it in their last bit, and the result is hashed.
 */
import { type FaultStats, mergeFaultStats } from "@faultline/faults";
import type { Measured } from "../result/assemble.ts";
import type { Counts } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";
import { declaredFaults } from "../plan/faults.ts";
import { NOTHING_SETTLED } from "../run/tally.ts";
import { Slowest } from "./slowest.ts";
import { LatencySample } from "../statistics/latency.ts";
import type { View } from "../verdict/view.ts";
import type { PlainMeasured, PlainNumbers } from "./finished.ts";

/** Latencies that grow by whole runs. */
class Samples {
  readonly latency: LatencySample = new LatencySample();
  readonly service: LatencySample = new LatencySample();

  add({ latency, service }: PlainNumbers): void {
    this.latency.add(latency);
    this.service.add(service);
  }
}

/** One growing sum of runs. */
export class Pooled {
  readonly #run = new Samples();
  readonly #phases = new Map<string, { readonly samples: Samples; counts: View["counts"] }>();
  readonly #recoveries: Slowest[] = [];
  #counts: Counts = NOTHING;
  #faults: readonly FaultStats[];

  constructor(spec: FullSpec) {
    this.#faults = declaredFaults(spec).map(({ id, kind }) => {
      return { id, kind, eligible: 0, fired: 0, expected: 0, variance: 0 };
    });
  }

  /** Adds the next run. */
  add({ counts, run, phases, recovery, faults }: PlainMeasured): void {
    recovery?.forEach((one, index) => (this.#recoveries[index] ??= new Slowest()).add(one));
    this.#counts = addUp(this.#counts, counts);
    this.#run.add(run);
    this.#faults = this.#faults.map((sum, at) => {
      const more = faults[at];
      return more === undefined ? sum : mergeFaultStats(sum, more);
    });
    for (const [name, phase] of phases) {
      const known = this.#phases.get(name);
      const sum = known ?? { samples: new Samples(), counts: { messages: 0, delivered: 0 } };
      if (known === undefined) this.#phases.set(name, sum);
      sum.samples.add(phase);
      sum.counts = addUp(sum.counts, phase.counts);
    }
  }

  /** The sum so far, as if it were one run. */
  measured(): Pick<Measured, "counts" | "run" | "phases" | "recovery" | "faults"> {
    const phases = [...this.#phases].map(([name, { samples, counts }]) => {
      return [name, { counts, latency: samples.latency, service: samples.service }] as const;
    });
    return {
      counts: this.#counts,
      run: this.#run,
      phases: new Map(phases),
      recovery:
        this.#recoveries.length === 0 ? null : this.#recoveries.flatMap((one) => one.result()),
      faults: this.#faults,
    };
  }
}

const NOTHING: Counts = {
  ...NOTHING_SETTLED,
  reconnects: 0,
  corruptionsDetected: 0,
  duplicatesSuppressed: 0,
  staleReplies: 0,
  executions: 0,
  bytesSent: 0,
  bytesReceived: 0,
};

/** Every count that either has. */
function addUp<T extends Partial<Counts>>(one: T, other: T): T {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum as unknown as T;
}
