/**
 * The process behind simulated-size.ts: one run of so many messages, and the most memory it held.
 */
import process from "node:process";

import { lossyExchanges } from "./simulated.ts";

await lossyExchanges(Number(process.argv[2]));
// In KiB, whatever the system counts in.
process.send?.({ value: process.resourceUsage().maxRSS * 1024 });
process.disconnect?.();
