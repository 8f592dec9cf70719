/**
 * The original client's policy: three attempts, three seconds each, one message at a time.
 *
 *   send `body|checksum`, wait for whatever comes next
 *     nothing within 3 s, or a reset      -> again
 *     no `|` in it (`error_code`)         -> again, at once
 *     the checksum does not fit           -> give up
 *     it does                             -> delivered, whichever attempt it may answer
 *
 * A program run sends one message over a connection of its own; so does this. What comes is looked at as
 * one reply, whatever it holds. The body is not compared with the one that was sent.
 */
import type { Clock, Dialer, Link, Timer } from "@faultline/protocol";
import { decodePipeDatagram, encodePipe } from "@faultline/protocol";

/** What became of a message. */
export interface OriginalOutcome {
  readonly delivered: boolean;
  readonly attempts: number;
  readonly reply: string | undefined;
  readonly tookUs: number;
}

const ATTEMPTS = 3;
const TIMEOUT_US = 3_000_000;
const ERROR = "error_code";

/** Sends one message, and says what became of it. */
export function sendAsOriginal(
  ports: { readonly clock: Clock; readonly dialer: Dialer },
  body: string,
  done: (outcome: OriginalOutcome) => void,
): void {
  new OriginalCall(ports, body, done).begin();
}

class OriginalCall {
  readonly #clock: Clock;
  readonly #dialer: Dialer;
  readonly #bytes: Uint8Array;
  readonly #done: (outcome: OriginalOutcome) => void;
  readonly #startedUs: number;
  #link: Link | undefined;
  #timer: Timer | undefined;
  #attempts = 0;

  constructor(
    { clock, dialer }: { readonly clock: Clock; readonly dialer: Dialer },
    body: string,
    done: (outcome: OriginalOutcome) => void,
  ) {
    this.#clock = clock;
    this.#dialer = dialer;
    this.#bytes = encodePipe(new TextEncoder().encode(body));
    this.#done = done;
    this.#startedUs = clock.nowUs();
  }

  begin(): void {
    this.#link = this.#dialer.dial({
      onOpen: () => this.#attempt(),
      onBytes: (bytes) => this.#received(bytes),
      onDrain: () => {},
      onEnd: () => this.#again(),
      onClose: () => {
        if (this.#link === undefined) return;
        this.#link = undefined;
        this.#timer?.cancel();
        if (this.#attempts < ATTEMPTS) this.begin();
        else this.#finish(undefined);
      },
    });
  }

  #attempt(): void {
    this.#attempts++;
    this.#link?.send(this.#bytes);
    const untilUs = this.#clock.nowUs() + TIMEOUT_US;
    this.#timer = this.#clock.setTimer(untilUs, () => this.#again());
  }

  #received(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    if (!text.includes("|") || text === ERROR) this.#again();
    else {
      const item = decodePipeDatagram(bytes);
      this.#finish(item.kind === "message" ? new TextDecoder().decode(item.body) : undefined);
    }
  }

  #again(): void {
    this.#timer?.cancel();
    if (this.#attempts < ATTEMPTS) this.#attempt();
    else this.#finish(undefined);
  }

  #finish(reply: string | undefined): void {
    const link = this.#link;
    this.#link = undefined;
    this.#timer?.cancel();
    link?.reset();
    const tookUs = this.#clock.nowUs() - this.#startedUs;
    this.#done({ delivered: reply !== undefined, attempts: this.#attempts, reply, tookUs });
  }
}
