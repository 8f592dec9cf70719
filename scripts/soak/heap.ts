/**
 * The heap after collecting garbage. Both runtimes give the collector away when asked by its flag.
 */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that are in use once nothing can be collected any more. */
export function heapBytes(): number {
  // What the first round finalizes, the second collects.
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
