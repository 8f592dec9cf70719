/** A thread whose runs end at once: number 3 in an error, the others with their number as seed. */

import { parentPort } from "node:worker_threads";
import type { ThreadCommand } from "../../../src/runner/messages.ts";

parentPort?.on("message", ({ number }: ThreadCommand) => {
  if (number === 3) parentPort?.postMessage({ kind: "error", message: "three\nis too many" });
  else parentPort?.postMessage({ kind: "end", result: { seed: number }, whole: true });
});
