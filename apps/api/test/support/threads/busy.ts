/** A run's thread that never comes back to its event loop. */

import { parentPort } from "node:worker_threads";

parentPort?.postMessage({ kind: "progress", progress: { done: 1, total: 2 } });
for (;;);
