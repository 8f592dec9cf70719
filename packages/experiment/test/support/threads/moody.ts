/**
 * A thread that finishes most runs, says which thread it is, and has its moods: run 2 crashes it,
 * run 4 fails, run 6 ends it without a word, run 9 never ends.
 */
import process from "node:process";
import { parentPort, threadId } from "node:worker_threads";

parentPort?.on("message", ({ index }: { readonly index: number }) => {
  if (index === 2) throw new Error("boom\nat a place nobody should read about");
  if (index === 6) process.exit(0);
  if (index === 9) return;
  if (index === 4) parentPort?.postMessage({ report: "failed", index, message: "no luck" });
  else parentPort?.postMessage({ report: "finished", run: { index, threadId } });
});
