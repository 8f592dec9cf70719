/**
 * The catalog: every fault by its word.
 *
 * A plain list, in the order of the README. A new fault is one file in `fault/`, one type in
 * spec.ts and one line here. Nothing registers itself: what is not listed does not exist.
 */
import { bandwidth } from "./fault/bandwidth.ts";
import { blackhole } from "./fault/blackhole.ts";
import { burstLoss } from "./fault/burst-loss.ts";
import { corrupt } from "./fault/corrupt.ts";
import { corruptRecord } from "./fault/corrupt-record.ts";
import { cutRecord } from "./fault/cut-record.ts";
import { delay } from "./fault/delay.ts";
import { duplicate } from "./fault/duplicate.ts";
import { loss } from "./fault/loss.ts";
import { partition } from "./fault/partition.ts";
import { reorder } from "./fault/reorder.ts";
import { reset } from "./fault/reset.ts";
import { slice } from "./fault/slice.ts";
import { slowClose } from "./fault/slow-close.ts";
import type { FaultCatalog, FaultEntry } from "./fault.ts";
import type { FaultKind } from "./spec.ts";

/** Every fault kind with what it is, what it acts on and what it takes. */
export const faultCatalog: FaultCatalog = {
  delay,
  loss,
  corrupt,
  duplicate,
  reorder,
  "burst-loss": burstLoss,
  bandwidth,
  slice,
  reset,
  blackhole,
  "slow-close": slowClose,
  partition,
  "corrupt-record": corruptRecord,
  "cut-record": cutRecord,
};

/** The kinds, in the order of the catalog. */
export const FAULT_KINDS: readonly FaultKind[] = Object.keys(faultCatalog) as FaultKind[];

/** The entry of a kind, whatever the kind. */
export function entryOf(kind: FaultKind): FaultEntry {
  // Sound: the catalog pairs each kind with the entry of that kind's spec.
  return faultCatalog[kind] as unknown as FaultEntry;
}
