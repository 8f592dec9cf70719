/**
 * A machine: a name, a host whose stack keeps connections, and the process that runs on it.
 *
 * `crash` ends the process with all its memory; whether its peers hear of it is said with it.
 * `restart` begins a new one, through the same `boot`. What must survive (a disk) has to live
 * outside `boot`, where it can be seen.
 */
import { hashText } from "@faultline/faults";
import type { Clock } from "@faultline/protocol";
import { nodeNameOf, PORT_EPHEMERAL_MIN, PORTS_EPHEMERAL } from "./address.ts";
import type { ClockSkew } from "./clock.ts";
import { Skew } from "./clock.ts";
import type { ModeCode, Owner } from "./event.ts";
import { Mode } from "./event.ts";
import { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** Sets up a process that has just started. What it returns is called when the process crashes. */
export type Boot = (process: SimulatedProcess) => (() => void) | void;

/** What a node is made of. */
export interface NodeOptions {
  /** Called now and after every restart. @default nothing runs until somebody listens or dials */
  readonly boot?: Boot;
  /** @default none */
  readonly skew?: ClockSkew;
}

/** How a crash looks from outside. */
export interface CrashOptions {
  /**
   * `reset`: the process died, its host resets the connections and refuses new ones.
   * `silent`: the machine is off, and nothing comes back from it. @default "reset"
   */
  readonly connections?: "reset" | "silent";
}

/** One node of a simulation. */
export class SimulatedNode {
  readonly name: string;
  /** The name as 32 bits: part of the key of every draw for what this node dials. */
  readonly key: number;
  readonly #world: World;
  readonly #boot: Boot | undefined;
  readonly #skew: Skew;
  #process: SimulatedProcess;
  #host: Host;
  #tearDown: (() => void) | undefined;
  #isUp = true;
  #flows = 0;

  constructor(world: World, name: string, options: NodeOptions) {
    this.name = nodeNameOf(name);
    this.key = hashText(name);
    this.#world = world;
    this.#boot = options.boot;
    this.#skew = new Skew(options.skew);
    this.#host = new Host(name);
    this.#process = new SimulatedProcess(world, this, this.#skew);
  }

  /** The process that runs now, or that crashed last. */
  get process(): SimulatedProcess {
    return this.#process;
  }

  /** The clock of the process that runs now: it stops for good when that one crashes. */
  get clock(): Clock {
    return this.#process.clock;
  }

  /** The stack: it outlives a process that dies, but not a machine that goes off. */
  get host(): Owner {
    return this.#host;
  }

  /** False while the machine is off. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** True from a crash to the restart. */
  get isCrashed(): boolean {
    return this.#process.mode === Mode.dead;
  }

  /** Runs `boot`; called once, when the node is known to the world. */
  start(): void {
    this.#tearDown = this.#boot?.(this.#process) ?? undefined;
  }

  /** Ends the process; nothing happens where none runs. */
  crash(options: CrashOptions = {}): void {
    if (this.isCrashed) return;
    const connections = options.connections ?? "reset";
    this.#process.die(connections);
    if (connections === "silent") {
      this.#isUp = false;
      this.#host.mode = Mode.dead;
    }
    this.#tearDown?.();
    this.#tearDown = undefined;
  }

  /** Starts a new process, after crashing the one that may still run. */
  restart(): void {
    this.crash();
    if (!this.#isUp) this.#host = new Host(this.name);
    this.#isUp = true;
    this.#process = new SimulatedProcess(this.#world, this, this.#skew);
    this.start();
  }

  /** Stops the process where it is, until `resume`. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** The number of the next flow that begins here, and a port for it. */
  nextFlow(): { ordinal: number; port: number } {
    const ordinal = this.#flows++;
    return { ordinal, port: PORT_EPHEMERAL_MIN + (ordinal % PORTS_EPHEMERAL) };
  }
}

/** Owns the timers of a stack. */
class Host implements Owner {
  readonly name: string;
  mode: ModeCode = Mode.running;

  constructor(node: string) {
    this.name = `the stack of ${node}`;
  }

  /** Stacks are never paused. */
  hold(): void {}
}
