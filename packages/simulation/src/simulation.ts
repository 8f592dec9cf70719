/**
 * One simulated world: a kernel, nodes, and the links between them.
 *
 * The object owns everything; there is no state beside it, so two simulations cannot meet. It is
 * driven from outside and answers through the ports that sockets have too: a client gets a
 * dialer and a clock, a server accepts links, and neither can tell.
 */
import type { Dialer, Timer } from "@faultline/protocol";
import { settingRefusal } from "@faultline/protocol";
import type { Address, LinkKind } from "./address.ts";
import { nodeNameOf } from "./address.ts";
import { Draws } from "./draws.ts";
import type { RunEnd, RunUntil } from "./kernel.ts";
import { Kernel } from "./kernel.ts";
import type { KernelLimits } from "./limits.ts";
import { integerOf } from "./limits.ts";
import { DirectedLink } from "./link.ts";
import type { LinkOptions } from "./link-options.ts";
import { LINK_OPTIONS_DEFAULT, linkOptionsOf } from "./link-options.ts";
import type { NodeOptions } from "./node.ts";
import { SimulatedNode } from "./node.ts";
import type { Accept, Listener, ListenOptions } from "./process.ts";
import type { Trace } from "./trace.ts";
import type { DatagramOptions, StreamOptions } from "./transport-options.ts";
import { datagramOptionsOf, streamOptionsOf } from "./transport-options.ts";
import type { World } from "./world.ts";

/** What a world is made of. */
export interface SimulationOptions {
  /** 0 … 2^53-1. All chance comes from it. */
  readonly seed: number;
  /** Every link starts with these. */
  readonly link?: Partial<LinkOptions>;
  readonly stream?: Partial<StreamOptions>;
  readonly datagram?: Partial<DatagramOptions>;
  readonly limits?: Partial<KernelLimits>;
  /** Writes down what happens. @default nothing is kept but the digest */
  readonly trace?: Trace;
}

/** Which way between two nodes: both, or only from the first to the second. */
export type PartitionWay = "both" | "one-way";

/** A world with a virtual clock. */
export class Simulation {
  readonly seed: number;
  readonly kernel: Kernel;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #links = new Map<string, DirectedLink>();
  readonly #linkOptions: LinkOptions;
  readonly #world: World;

  /** @throws TypeError, RangeError where an option is out of its bounds. */
  constructor(options: SimulationOptions) {
    const seed = { doing: "simulate", name: "seed", value: options.seed };
    this.seed = integerOf(seed, 0, Number.MAX_SAFE_INTEGER);
    this.kernel = new Kernel({ limits: options.limits, trace: options.trace });
    this.kernel.note(this.seed);
    this.kernel.note(Math.floor(this.seed / 0x1_0000_0000));
    this.#linkOptions = linkOptionsOf(options.link ?? {}, LINK_OPTIONS_DEFAULT);
    this.#world = {
      kernel: this.kernel,
      draws: new Draws(this.seed),
      stream: streamOptionsOf(options.stream),
      datagram: datagramOptionsOf(options.datagram),
      find: (name) => this.#nodes.get(name),
      link: (source, target) => this.#link(source, target),
    };
  }

  /** Virtual microseconds since the start. */
  get nowUs(): number {
    return this.kernel.nowUs;
  }

  /** 16 hex digits over every event so far: the same for the same seed and program, anywhere. */
  get digest(): string {
    return this.kernel.digest;
  }

  /** The nodes, in the order they were made. */
  get nodes(): readonly SimulatedNode[] {
    return [...this.#nodes.values()];
  }

  /** The links that were asked for or used, in that order. */
  get links(): readonly DirectedLink[] {
    return [...this.#links.values()];
  }

  /**
   * Makes a node and boots it.
   *
   * @throws RangeError where the name is taken, empty, or holds a blank, a colon or `>`.
   */
  addNode(name: string, options: NodeOptions = {}): SimulatedNode {
    if (this.#nodes.has(name)) {
      throw new RangeError(
        settingRefusal({ doing: "add a node", name: "name", value: name }, "new"),
      );
    }
    const node = new SimulatedNode(this.#world, nodeNameOf(name), options);
    this.#nodes.set(name, node);
    node.start();
    return node;
  }

  /** @throws RangeError where there is no such node. */
  node(name: string): SimulatedNode {
    const node = this.#nodes.get(name);
    if (node !== undefined) return node;
    const rule = "the name of a node of this simulation";
    throw new RangeError(settingRefusal({ doing: "find a node", name: "name", value: name }, rule));
  }

  /** One direction between two nodes, to be set, cut, repaired and counted. @throws as `node` */
  link(source: string, target: string): DirectedLink {
    return this.#link(this.node(source).name, this.node(target).name);
  }

  /** Cuts two nodes off from each other, or only the way from the first to the second. */
  partition(source: string, target: string, way: PartitionWay = "both"): void {
    this.link(source, target).cut();
    if (way === "both") this.link(target, source).cut();
  }

  /** Joins two nodes again, in both directions. */
  heal(source: string, target: string): void {
    this.link(source, target).repair();
    this.link(target, source).repair();
  }

  /** Accepts links at a port of a node, for as long as its process lives. @throws as `SimulatedProcess.listen` */
  listen(node: string, options: ListenOptions, accept: Accept): Listener {
    return this.node(node).process.listen(options, accept);
  }

  /** Dials an address from a node, for as long as its process lives. */
  dialer(node: string, address: Address & { readonly kind: LinkKind }): Dialer {
    return this.node(node).process.dialer(address);
  }

  /** Does something to the world at a time, before anything else that happens then. */
  at(timeUs: number, run: () => void): Timer {
    return this.kernel.setControl(timeUs, run);
  }

  /**
   * Lets things happen, until nothing is left, the time is up, or it is said to be done.
   *
   * @throws SimulationError `events-max`, `virtual-time-max`, `livelock`
   */
  run(until: RunUntil = {}): RunEnd {
    return this.kernel.run(until);
  }

  #link(source: string, target: string): DirectedLink {
    const name = `${source}>${target}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new DirectedLink({ source, target }, this.#linkOptions, this.#world.draws);
      this.#links.set(name, link);
    }
    return link;
  }
}
