/**
 * What a capture costs while messages flow: the same experiment with and without it, 256 in flight.
 *
 * Measured from the first hundredth of the messages to the last: the file itself is made when the
 * run is over, and disturbs nobody.
 */
import { parseSpec, runExperiment } from "@faultline/experiment";

import type { BenchCase } from "./case.ts";

const MESSAGES = 150_000;
const IN_FLIGHT = 256;
/** Room for all of it, so that nothing is cheaper for being left out. */
const CAPTURE_BYTES = 268_435_456;

/** Messages a second. */
async function measure(capture: boolean): Promise<number> {
  const parsed = parseSpec({
    specVersion: 1,
    seed: 1,
    workload: { messages: MESSAGES, inFlightMax: IN_FLIGHT },
    capture,
    captureBytesMax: CAPTURE_BYTES,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const seen: { readonly done: number; readonly atMs: number }[] = [];
  const { result } = await runExperiment(parsed.spec, {
    onProgress: ({ done }) => void seen.push({ done, atMs: performance.now() }),
  });
  const [first, last] = [seen[0], seen.findLast(({ done }) => done < MESSAGES)];
  if (result.verdict !== "pass" || first === undefined || last === undefined) {
    throw new Error(`the run was no measurement: ${result.verdict}`);
  }
  if (capture && result.wire?.truncated !== false) throw new Error("the capture was cut short");
  return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
}

/** Throughput with a capture against that without. */
export const captureCase: BenchCase = {
  name: "capture-256",
  unit: "messages/s",
  runs: 5,
  promise: "ratio ≥ 0.7",
  prepare: async () => ({
    subject: () => measure(true),
    baseline: { name: "the same without a capture", measure: () => measure(false) },
    close: async () => {},
  }),
};
