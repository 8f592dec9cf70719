/** A run's thread that reports some progress, then neither stops nor ends. */

import { parentPort } from "node:worker_threads";

parentPort?.postMessage({ kind: "progress", progress: { done: 1, total: 2 } });
parentPort?.on("message", () => {});
