/**
 * Tells a tap what a wire carries, and lets it pass: the encrypted bytes, as they leave and come.
 *
 * What goes is told before it goes and what came before the engine hears of it, so that the order
 * told is the order in which things were caused.
 */
import type { Clock, WireTap, WireWatcher } from "@faultline/protocol";
import type { Wire, WireGate } from "./wire.ts";

/** Whom to tell, and what of the connection is known already. */
export interface TapGateOptions {
  readonly tap: WireTap;
  readonly clock: Pick<Clock, "nowUs">;
  /** Whether this end began. */
  readonly dialled: boolean;
  readonly startedUs: number;
  /** This end, as `host:port`. */
  readonly local: string;
}

/** @see module */
export class TapGate implements WireGate {
  readonly #wire: Wire;
  readonly #clock: TapGateOptions["clock"];
  readonly #watcher: WireWatcher;
  #hasEnded = false;
  #peerHasEnded = false;

  constructor(wire: Wire, { tap, clock, dialled, startedUs, local }: TapGateOptions) {
    const { remoteAddress, remotePort } = wire.socket;
    const remote = `${remoteAddress}:${remotePort}`;
    const openedUs = clock.nowUs();
    this.#wire = wire;
    this.#clock = clock;
    this.#watcher = tap.open({ kind: "stream", local, remote, dialled, startedUs, openedUs });
  }

  received(bytes: Uint8Array): void {
    this.#watcher.received(bytes, this.#clock.nowUs());
    this.#wire.deliver(bytes);
  }

  sent(bytes: Uint8Array): void {
    this.#watcher.sent(bytes, this.#clock.nowUs());
    this.#wire.transmit(bytes);
  }

  ended(): void {
    this.#peerHasEnded = true;
    this.#watcher.ended("remote", this.#clock.nowUs());
    this.#wire.deliverEnd();
  }

  finished(): void {
    this.#hasEnded = true;
    this.#watcher.ended("local", this.#clock.nowUs());
    this.#wire.transmitEnd();
  }

  closed(): void {
    if (this.#hasEnded && this.#peerHasEnded) return;
    this.#watcher.reset(this.#wire.isReset ? "local" : "remote", this.#clock.nowUs());
  }
}
