/**
 * Two sealed ends over a memory network, and randomness that follows from a seed.
 *
 * What either end refused is written down, so that a test can say why and not only that.
 */
import type {
  Dialer,
  Link,
  LinkEvents,
  RandomBytes,
  SealCipher,
  SealDialerOptions,
  SealGateOptions,
  SealKey,
  SealRefusal,
} from "@faultline/protocol";
import { sealDialer, SealGate } from "@faultline/protocol";
import { FakeClock } from "./fake-clock.ts";
import type { MemoryNetworkOptions } from "./memory-network.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { LinkRecorder } from "./recorder.ts";
import { numbers } from "./seed.ts";

/** A key whose secret is the id, repeated. */
export function keyOf(id: string): SealKey {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => id.charCodeAt(at % id.length));
  return { id, secret };
}

/** Bytes that follow from a seed: never the same twice within one generator. */
export function randomOf(seed: number): RandomBytes {
  const next = numbers(seed);
  return (bytes) => Uint8Array.from({ length: bytes }, () => next());
}

/** The key that both ends have where nothing else is said. */
export const KEY: SealKey = keyOf("lab");

/** What differs from the default. */
export interface SealedWorldOptions {
  readonly network?: Omit<MemoryNetworkOptions, "clock">;
  readonly cipher?: SealCipher;
  readonly client?: Partial<SealDialerOptions>;
  readonly server?: Partial<SealGateOptions>;
}

/** A sealing dialer, a gate, and what both refused. */
export class SealedWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly gate: SealGate;
  readonly dialer: Dialer;
  readonly refusedByServer: SealRefusal[] = [];
  readonly refusedByClient: SealRefusal[] = [];
  readonly accepted: { readonly link: Link; readonly seen: LinkRecorder }[] = [];

  constructor({ network, cipher, client, server }: SealedWorldOptions = {}) {
    this.network = new MemoryNetwork({ ...network, clock: this.clock });
    this.gate = new SealGate({
      keys: [KEY],
      clock: this.clock,
      random: randomOf(1),
      plain: "refuse",
      accept: (link) => this.#accept(link),
      onRefusal: (refused) => this.refusedByServer.push(refused),
      ...server,
    });
    this.network.listen((link) => this.gate.enter(link));
    this.dialer = sealDialer(this.network, {
      keys: [KEY],
      clock: this.clock,
      random: randomOf(2),
      ...(cipher !== undefined && { cipher }),
      onRefusal: (refused) => this.refusedByClient.push(refused),
      ...client,
    });
  }

  dial(dialer: Dialer = this.dialer): { link: Link; seen: LinkRecorder } {
    const seen = new LinkRecorder();
    const link = dialer.dial(seen);
    return { link, seen };
  }

  /** Dials, and waits until both ends are open. */
  connect(): {
    client: { link: Link; seen: LinkRecorder };
    server: { link: Link; seen: LinkRecorder };
  } {
    const client = this.dial();
    this.clock.runUntil(() => this.accepted.length > 0 && client.seen.isOpen);
    this.clock.advance(0);
    return { client, server: this.accepted.at(-1)! };
  }

  #accept(link: Link): LinkEvents {
    const seen = new LinkRecorder();
    this.accepted.push({ link, seen });
    return seen;
  }
}
