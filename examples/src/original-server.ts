/**
 * The original server, as far as its clients can tell: an echo with faults, one thread a connection.
 *
 *   read -> one draw: `error_code` | sleep up to 10 s | a byte of the body inverted | nothing -> reply
 *        -> read once more, and throw that away -> from the beginning
 *
 * It reads once after every reply without looking at what came, so a retry that follows an error at once
 * is never answered. While it sleeps it reads nothing; what was sent meanwhile comes in one piece.
 */
import { keyedUint32 } from "@faultline/faults";
import type { Clock, Link } from "@faultline/protocol";
import { encodePipeError } from "@faultline/protocol";
import type { Accept } from "@faultline/simulation";

const RANGE = 2 ** 32;
const DELAY_US = 10_000_000;

/** Accepts connections as the original does. */
export function originalServer(seed: number): (clock: Clock) => Accept {
  let connections = 0;
  return (clock) => (link) => {
    const stream = connections++;
    const thread = new Thread(link, clock, (n) => keyedUint32(seed, stream, n) / RANGE);
    return {
      onOpen: () => {},
      onBytes: (bytes) => thread.received(bytes),
      onDrain: () => {},
      onEnd: () => link.end(),
      onClose: () => thread.stop(),
    };
  };
}

class Thread {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #chance: (n: number) => number;
  #draws = 0;
  #isAsleep = false;
  #isStopped = false;
  /** The next read is thrown away. */
  #ignores = false;
  #unread: Uint8Array[] = [];

  constructor(link: Link, clock: Clock, chance: (n: number) => number) {
    this.#link = link;
    this.#clock = clock;
    this.#chance = chance;
  }

  stop(): void {
    this.#isStopped = true;
  }

  received(bytes: Uint8Array): void {
    this.#unread.push(bytes.slice());
    this.#read();
  }

  #read(): void {
    if (this.#isAsleep || this.#unread.length === 0) return;
    const data = Uint8Array.from(this.#unread.flatMap((bytes) => [...bytes]));
    this.#unread = [];
    if (this.#ignores) this.#ignores = false;
    else this.#serve(data);
  }

  #serve(data: Uint8Array): void {
    const r = this.#next();
    if (r < 0.2) this.#reply(encodePipeError());
    else if (r < 0.4) this.#sleep(Math.floor(this.#next() * DELAY_US), data);
    else if (r < 0.6) this.#reply(this.#corrupted(data));
    else this.#reply(data);
  }

  #sleep(us: number, data: Uint8Array): void {
    this.#isAsleep = true;
    this.#clock.setTimer(this.#clock.nowUs() + us, () => {
      this.#isAsleep = false;
      this.#reply(data);
      this.#read();
    });
  }

  #reply(bytes: Uint8Array): void {
    if (this.#isStopped) return;
    this.#link.send(bytes);
    this.#ignores = true;
  }

  /** A byte of the body, but never its last, inverted. */
  #corrupted(data: Uint8Array): Uint8Array {
    const body = data.lastIndexOf("|".charCodeAt(0));
    const at = Math.floor(this.#next() * (body - 1));
    const corrupted = data.slice();
    corrupted[at] = corrupted[at]! ^ 0xff;
    return corrupted;
  }

  #next(): number {
    return this.#chance(this.#draws++);
  }
}
