/**
 * Is this an address or a name? A certificate says it in different fields.
 */
import { isIP } from "node:net";

/** Whether a host is an IP address of either version. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}
