/**
 * What the parts of a simulation see of each other: types only, so that no file needs the whole.
 */
import type { Draws } from "./draws.ts";
import type { Kernel } from "./kernel.ts";
import type { DirectedLink } from "./link.ts";
import type { SimulatedNode } from "./node.ts";
import type { DatagramOptions, StreamOptions } from "./transport-options.ts";

/** One simulated world. */
export interface World {
  readonly kernel: Kernel;
  readonly draws: Draws;
  readonly stream: StreamOptions;
  readonly datagram: DatagramOptions;
  /** The node of this name, if there is one. */
  find(name: string): SimulatedNode | undefined;
  /** The link from one node to another, made when first asked for. */
  link(source: string, target: string): DirectedLink;
}
