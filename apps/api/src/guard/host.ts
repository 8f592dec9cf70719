/**
 * Names of hosts: which address is this machine's own, and which name a request may call us by.
 *
 * A page from elsewhere can point its own name at 127.0.0.1 (DNS rebinding) and then talk to a
 * service that trusts loopback; its requests still carry the page's name in `Host`. So where
 * loopback is trusted, only loopback's own names are answered to. The port is not looked at: it
 * changes with every forwarding, and no attack needs another one.
 */

import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an address, or the name `localhost`, means this machine and cannot mean another. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  if (bare === "localhost") return true;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1] ?? bare;
  const family = isIP(mapped);
  return family !== 0 && LOOPBACK.check(mapped, family === 4 ? "ipv4" : "ipv6");
}

/** The host of a `Host` header or an authority, without its port, in lower case; "" if it is none. */
export function hostOf(authority: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{0,5})?$/i.exec(authority.trim());
  return bareHost(match?.[1] ?? match?.[2] ?? "");
}

/** Whether the name is loopback's own, or one of those that were allowed. */
export function isOwnName(host: string, allowed: readonly string[]): boolean {
  return isLoopback(host) || host.endsWith(".localhost") || allowed.includes(host);
}

/** Without brackets and the root's dot. */
function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
