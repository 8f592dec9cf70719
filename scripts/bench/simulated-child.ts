/**
 * The process behind simulated-size.ts: one run of so many messages, and the most memory it held.
 *
 * Looked at in the midst of the run, ten times, after a collection of garbage: what the system has
 * given the process says more of the collector's leisure than of the run.
 */
import process from "node:process";

import { lossyExchanges } from "./simulated.ts";

declare const gc: () => void;

const messages = Number(process.argv[2]);
let value = 0;
let tenth = 0;
await lossyExchanges(messages, {
  onProgress({ done }) {
    if (done < (tenth * messages) / 10 || done === messages) return;
    tenth += 1;
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    value = Math.max(value, heapUsed + arrayBuffers);
  },
});
process.send?.({ value });
process.disconnect?.();
