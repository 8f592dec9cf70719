/**
 * The handshake: SYN there, SYN-ACK back, and a first segment that tells the listener it came.
 *
 *   dial ── SYN ──► listener? ── SYN-ACK ──► onOpen ── open ──► accept, onOpen
 *                      └─ nobody: RST ──► onClose(refused)
 *
 * A lost SYN or SYN-ACK is repeated with doubling waits, until the dial fails as `timeout`.
 * A node of the world that is off does not answer; one that never was is `unreachable`.
 */
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import type { Address } from "../address.ts";
import { addressText } from "../address.ts";
import { flowOf } from "../draws.ts";
import { EventClass, EventKind, KernelEvent, Mode, WORLD } from "../event.ts";
import type { DirectedLink } from "../link.ts";
import { LOST, noteLost } from "../link.ts";
import type { SimulatedNode } from "../node.ts";
import type { Accept, SimulatedProcess } from "../process.ts";
import type { World } from "../world.ts";
import { StreamEnd } from "./end.ts";
import { sendReset } from "./reset.ts";

/** Where the numbers of packets outside the order of the bytes begin: the handshake. */
const ORDINAL_HANDSHAKE = 2 ** 42;

/** A dialer of streams from this process to that address. */
export function streamDialer(world: World, process: SimulatedProcess, address: Address): Dialer {
  return {
    kind: "stream",
    dial: (events) => new Dialling(world, process, address).start(events),
  };
}

/** One connection being made. */
class Dialling {
  readonly #world: World;
  readonly #address: Address;
  readonly #end: StreamEnd;
  readonly #flowBack: number;
  #attempt = 0;
  #departedUs = 0;
  /** The listener's end, once a SYN has come through. */
  #answerer: StreamEnd | undefined;

  constructor(world: World, process: SimulatedProcess, address: Address) {
    const { node } = process;
    const { ordinal, port } = node.nextFlow();
    this.#world = world;
    this.#address = address;
    this.#flowBack = flowOf(node.key, ordinal, "back");
    this.#end = new StreamEnd({
      world,
      process,
      address: addressText(node.name, port),
      remote: addressText(address.host, address.port),
      remoteHost: address.host,
      flow: flowOf(node.key, ordinal, "there"),
    });
  }

  start(events: LinkEvents): Link {
    this.#end.owner = events;
    const { host } = this.#address;
    if (this.#end.process.mode === Mode.dead) this.#end.vanish("silent");
    else if (this.#world.find(host) !== undefined) this.#synchronise();
    else this.#end.fail({ code: "unreachable", message: `There is no node "${host}".` });
    return this.#end;
  }

  #synchronise(): void {
    this.#attempt++;
    this.#departedUs = this.#world.kernel.nowUs;
    const { outward, sender } = this.#end;
    this.#send(outward, sender.flow, new Handshake("SYN", this.#end, () => this.#arrived()));
  }

  /** A SYN has come to the other end of the link, or not. */
  #arrived(): void {
    const node = this.#world.find(this.#address.host) as SimulatedNode;
    if (!this.#end.outward.lets() || !node.isUp) {
      this.#repeat();
      return;
    }
    const accept = node.process.listeners.get(this.#address.port);
    if (accept !== undefined) this.#answerer ??= this.#newAnswerer(node, accept);
    const word = this.#answerer === undefined ? "RST" : "SYN-ACK";
    const answer = new Handshake(word, this.#end, () => this.#answered());
    this.#send(this.#end.inward, this.#flowBack, answer);
  }

  #newAnswerer(node: SimulatedNode, accept: Accept): StreamEnd {
    const end = new StreamEnd({
      world: this.#world,
      process: node.process,
      address: this.#end.remote,
      remote: this.#end.address,
      remoteHost: this.#end.node.name,
      flow: this.#flowBack,
      accept,
    });
    end.peer = this.#end;
    return end;
  }

  /** The answer has come back to the one who dialled, or not. */
  #answered(): void {
    const end = this.#end;
    const answerer = this.#answerer;
    if (!end.inward.lets()) this.#repeat();
    else if (answerer === undefined) {
      end.fail({ code: "refused", message: `Nobody listens at ${end.remote}.` });
    } else if (!end.isGone) end.opened(answerer);
    else if (end.node.isUp) sendReset(end, answerer);
  }

  #send(link: DirectedLink, flow: number, handshake: Handshake): void {
    const { kernel } = this.#world;
    const packet = { flow, ordinal: ORDINAL_HANDSHAKE, attempt: this.#attempt, size: 0 };
    const atUs = link.depart(packet, kernel.nowUs);
    if (atUs !== LOST && !link.damages(packet)) {
      kernel.schedule(handshake, atUs, EventClass.arrival);
      return;
    }
    noteLost(kernel, packet);
    this.#repeat();
  }

  /** Waits for an answer that will not come, and asks again. */
  #repeat(): void {
    const end = this.#end;
    if (end.isOver) return;
    const { kernel, stream } = this.#world;
    const waitUs = stream.connectRtoUs * 2 ** (this.#attempt - 1);
    const atUs = Math.max(kernel.nowUs, this.#departedUs + waitUs);
    const again = (): void => {
      if (this.#attempt <= stream.connectRetriesMax) this.#synchronise();
      else end.fail({ code: "timeout", message: `${end.remote} does not answer.` });
    };
    end.connecting = kernel.setTimer(atUs, again, end.host);
  }
}

/** A packet of the handshake arrives. */
class Handshake extends KernelEvent {
  readonly #word: string;
  readonly #end: StreamEnd;
  readonly #run: () => void;

  constructor(word: "RST" | "SYN" | "SYN-ACK", end: StreamEnd, run: () => void) {
    super(WORLD, EventKind.handshake);
    this.#word = word;
    this.#end = end;
    this.#run = run;
  }

  fire(): void {
    this.#end.world.kernel.note(this.#end.sender.flow);
    this.#run();
  }

  describe(): string {
    return `${this.#word}, ${this.#end.address} dials ${this.#end.remote}`;
  }
}
