/** All examples, in the order in which they are listed. */
import type { Example } from "./example.ts";
import { hedging } from "./hedging.ts";
import { originalMix } from "./original-mix.ts";
import { retryStorm } from "./retry-storm.ts";
import { udpOrTcp } from "./udp-or-tcp.ts";

/** @see module */
export const examples: readonly Example[] = [originalMix, retryStorm, hedging, udpOrTcp];
