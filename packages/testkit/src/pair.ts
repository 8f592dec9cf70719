/**
 * The shortest way to two joined ends: one network, one connection, both sides recorded.
 */
import { FakeClock } from "./fake-clock.ts";
import type { MemoryLink } from "./memory-link.ts";
import type { MemoryNetworkOptions } from "./memory-network.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { LinkRecorder } from "./recorder.ts";

/** One end of a pair: its link, and what its owner was told. */
export interface PairEnd {
  readonly link: MemoryLink;
  readonly seen: LinkRecorder;
}

/** Two open ends and the clock that drives them. */
export interface Pair {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly client: PairEnd;
  readonly server: PairEnd;
}

/** Opens one connection. A datagram pair has exchanged one empty datagram, which is not recorded. */
export function pair(options: Omit<MemoryNetworkOptions, "clock"> = {}): Pair {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ ...options, clock });
  const client = new LinkRecorder();
  const server = new LinkRecorder();
  network.listen(() => server);
  const link = network.dial(client);
  if (network.kind === "datagram") link.send(new Uint8Array(0));
  clock.runUntilIdle();
  server.forget();
  const connection = network.connections[0];
  if (connection === undefined) throw new Error("The pair did not come to be.");
  return {
    clock,
    network,
    client: { link: connection.client, seen: client },
    server: { link: connection.server, seen: server },
  };
}
