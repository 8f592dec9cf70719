/**
 * Loaded before everything else, in every thread of a process whose memory is measured: collects
 * garbage when asked to, so that what is measured is what is held and not what nobody has
 * collected yet. Needs `--expose-gc`.
 */
import { BroadcastChannel } from "node:worker_threads";

type Collector = { gc?: (how: { type: string; execution: string; flavor: string }) => void };

/** Gives back all that this thread does not hold. */
export function collect(): void {
  (globalThis as Collector).gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Where to ask. */
const channel = new BroadcastChannel("faultline-bench-collect");

channel.onmessage = collect;
channel.unref();
