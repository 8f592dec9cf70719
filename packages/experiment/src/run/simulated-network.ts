/**
 * The network of a simulated run as its spec wants it: links, and when they are cut.
 *
 * Between two nodes there is a link each way, `client-3` to `server` and back. Partitions may
 * overlap: a link is whole again when the last one that holds it is over.
 */
import { LINK_OPTIONS_DEFAULT, type LinkOptions, type Simulation } from "@faultline/simulation";
import type { FullSpec, Network, NetworkPartition } from "../spec/types.ts";
import { SERVER } from "./simulated-server.ts";

const US_PER_MS = 1_000;

/** The name of a client's node. */
export function clientNode(client: number): string {
  return `client-${client}`;
}

/** The options of every link. */
export function linkOptions(network: Network | null): LinkOptions {
  if (network === null) return LINK_OPTIONS_DEFAULT;
  const { delayMs, jitterMs, bytesPerSecond, queuePacketsMax } = network;
  const { loss, duplicate, reorder, corrupt } = network;
  return {
    ...LINK_OPTIONS_DEFAULT,
    delayUs: inUs(delayMs),
    jitterUs: inUs(jitterMs),
    bytesPerSecond: bytesPerSecond ?? 0,
    queuePacketsMax,
    loss,
    duplicate,
    reorder,
    corrupt,
  };
}

/** Cuts links and joins them again, at their times. */
export function schedulePartitions(spec: FullSpec, simulation: Simulation): void {
  const holds = new Map<string, number>();
  for (const partition of spec.network?.partitions ?? []) {
    const ways = waysOf(partition, spec.workload.clients);
    const change = (by: 1 | -1) => (): void => {
      for (const [source, target] of ways) {
        const key = `${source}>${target}`;
        const held = (holds.get(key) ?? 0) + by;
        holds.set(key, held);
        const link = simulation.link(source, target);
        if (held > 0) link.cut();
        else link.repair();
      }
    };
    simulation.at(inUs(partition.fromMs), change(1));
    simulation.at(inUs(partition.toMs), change(-1));
  }
}

/** Source and target of each link that is cut. */
function waysOf({ client, way }: NetworkPartition, clients: number): [string, string][] {
  const concerned = client === null ? Array.from({ length: clients }, (_, at) => at) : [client];
  return concerned.flatMap((one): [string, string][] => {
    const name = clientNode(one);
    const ways: [string, string][] = [];
    if (way !== "reply") ways.push([name, SERVER.host]);
    if (way !== "request") ways.push([SERVER.host, name]);
    return ways;
  });
}

function inUs(ms: number): number {
  return Math.round(ms * US_PER_MS);
}
