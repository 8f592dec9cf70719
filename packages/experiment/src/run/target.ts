/**
 * Whom a run may send to: this machine, and nobody else unless listed here.
 *
 * No field of a spec names a host, so today every run talks to the server it started itself. This
 * is the second lock on that door, at the one place where dialers are made: whatever a spec learns
 * to say one day, a laboratory of faults must not be aimed at a third party.
 */
import { BlockList, isIP } from "node:net";
import { RunError } from "./error.ts";

/** Hosts beside loopback that runs may send to. */
const TARGETS_ALLOWED: readonly string[] = [];

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Refuses a host that is neither loopback nor allowed. Names are not looked up: what a name means
 * may have changed by the time it is dialed.
 *
 * @throws RunError `target-refused`
 */
export function checkTarget(host: string, allowed: readonly string[] = TARGETS_ALLOWED): void {
  const family = isIP(host);
  const isLoopback = family !== 0 && LOOPBACK.check(host, family === 4 ? "ipv4" : "ipv6");
  if (isLoopback || allowed.includes(host)) return;
  throw new RunError(
    "target-refused",
    `Cannot run against ${JSON.stringify(host)}: runs send to this machine only`,
  );
}
