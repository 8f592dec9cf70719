/**
 * Every fault there is, each seldom enough that messages still get through, and often enough that
 * it acts many times in half a million of them.
 */
import type { FaultPlan, FaultSpec } from "@faultline/faults";

const STREAM_ONLY: ReadonlySet<FaultSpec["kind"]> = new Set(["slice", "reset", "slow-close"]);

const FAULTS: readonly FaultSpec[] = [
  { id: "delay", kind: "delay", direction: "both", probability: 0.01, delayMs: 2, jitterMs: 2 },
  { id: "loss", kind: "loss", direction: "both", probability: 0.001 },
  { id: "corrupt", kind: "corrupt", direction: "both", probability: 0.001 },
  { id: "duplicate", kind: "duplicate", direction: "both", probability: 0.005 },
  { id: "reorder", kind: "reorder", direction: "both", probability: 0.005, delayMs: 2 },
  { id: "burst-loss", kind: "burst-loss", direction: "both", p: 0.0005, r: 0.5 },
  { id: "bandwidth", kind: "bandwidth", direction: "both", bytesPerSecond: 4e6, burstBytes: 8192 },
  { id: "slice", kind: "slice", direction: "both", probability: 0.001 },
  { id: "reset", kind: "reset", direction: "both", probability: 0.000_05 },
  { id: "blackhole", kind: "blackhole", probability: 0.000_03 },
  { id: "slow-close", kind: "slow-close", direction: "both", delayMs: 5 },
];

const PARTITION: FaultSpec = { id: "partition", kind: "partition" };

/** The faults that are in force all the time, and with a partition on top. */
export function soakPlans(
  transport: "tcp" | "udp",
  seed: number,
): { readonly usual: FaultPlan; readonly parted: FaultPlan } {
  const isFit = ({ kind }: FaultSpec): boolean => transport === "tcp" || !STREAM_ONLY.has(kind);
  const faults = FAULTS.filter(isFit);
  const common = { seed, composition: "independent" } as const;
  return {
    usual: { ...common, faults },
    parted: { ...common, faults: [...faults, PARTITION] },
  };
}
