/**
 * The client that everybody writes first, and that every pitfall is there for.
 *
 * It retries what fails, after a wait that doubles; it matches replies by order, since they come in
 * order, and takes what one read brings for one reply, since it always was; it gives every attempt
 * a fresh id, a fresh timeout and a listener on the caller's signal.
 * Each of these is sensible by itself. No line of it was made worse than it is found in the wild.
 */
import type { Clock, Dialer, Frame, Link, SessionId, Timer } from "@faultline/protocol";
import { encodeFrame, FRAME_HEADER_BYTES, FrameType } from "@faultline/protocol";

/** What a naive client is made of. */
export interface NaiveOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly session?: SessionId;
  /** @default 4 */
  readonly attemptsMax?: number;
  /** @default 3000 */
  readonly timeoutMs?: number;
  /** Doubles after every attempt. @default 100 */
  readonly backoffMs?: number;
}

/** What a naive client says of a message. */
export interface NaiveOutcome {
  readonly ok: boolean;
  readonly reply: Uint8Array | undefined;
  readonly error: unknown;
  readonly attempts: number;
  readonly endedUs: number;
}

interface Call {
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly done: (outcome: NaiveOutcome) => void;
  attempts: number;
  isOver: boolean;
  timer: Timer | undefined;
}

const TYPE_AT = 3;
const CHECKSUM_BYTES = 4;

/** The wait after so many attempts. */
export function naiveBackoffMs(firstMs: number, attempts: number): number {
  return firstMs * 2 ** (attempts - 1);
}

/** A client that retries. */
export class NaiveClient {
  readonly #options: NaiveOptions;
  /** Who waits for the next reply: the one that asked first. */
  readonly #waiting: Call[] = [];
  /** What could not be written yet. There is always room for more. */
  readonly #unsent: Uint8Array[] = [];
  #link: Link | undefined;
  #isOpen = false;
  #isFull = false;
  #nextId = 0;
  sent = 0;

  constructor(options: NaiveOptions) {
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0);
  }

  submit(
    body: Uint8Array | string,
    done: (outcome: NaiveOutcome) => void,
    signal?: AbortSignal,
  ): void {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const call = { body: bytes, signal, done, attempts: 0, isOver: false, timer: undefined };
    this.#attempt(call);
  }

  #attempt(call: Call): void {
    call.attempts++;
    if (call.signal?.aborted === true) {
      this.#finish(call, undefined, call.signal.reason);
      return;
    }
    call.signal?.addEventListener("abort", () => this.#fail(call, call.signal?.reason));
    const { clock, timeoutMs = 3000 } = this.#options;
    const timeout = new Error("timeout");
    call.timer = clock.setTimer(clock.nowUs() + timeoutMs * 1000, () => this.#fail(call, timeout));
    this.#waiting.push(call);
    this.#write(this.#frame(call));
    this.sent++;
  }

  #fail(call: Call, error: unknown): void {
    if (call.isOver) return;
    call.timer?.cancel();
    const { attemptsMax = 4, backoffMs = 100, clock } = this.#options;
    if (call.attempts >= attemptsMax) {
      this.#finish(call, undefined, error);
      return;
    }
    const delayUs = naiveBackoffMs(backoffMs, call.attempts) * 1000;
    clock.setTimer(clock.nowUs() + delayUs, () => this.#attempt(call));
  }

  #finish(call: Call, reply: Uint8Array | undefined, error: unknown): void {
    if (call.isOver) return;
    call.isOver = true;
    call.timer?.cancel();
    const index = this.#waiting.indexOf(call);
    if (index >= 0) this.#waiting.splice(index, 1);
    const { attempts } = call;
    const endedUs = this.#options.clock.nowUs();
    call.done({ ok: error === undefined, reply, error, attempts, endedUs });
  }

  #frame({ body }: Call): Frame {
    return {
      type: FrameType.data,
      checksum: "crc32c",
      flags: 0,
      status: 0,
      session: this.#options.session ?? { high: 0, low: 1 },
      operation: this.#nextId++,
      attempt: 1,
      remainingMs: 0,
      payload: body,
    };
  }

  #write(frame: Frame): void {
    const bytes = encodeFrame(frame);
    if (this.#isOpen && !this.#isFull) this.#isFull = this.#link?.send(bytes) === false;
    else this.#unsent.push(bytes);
    if (this.#link === undefined) this.#dial();
  }

  #dial(): void {
    this.#link = this.#options.dialer.dial({
      onOpen: () => this.#opened(),
      onBytes: (bytes) => this.#arrived(bytes),
      onDrain: () => this.#opened(),
      onEnd: () => this.#ended(),
      onClose: (error) => this.#closed(error ?? new Error("closed")),
    });
  }

  #opened(): void {
    this.#isOpen = true;
    this.#isFull = false;
    while (!this.#isFull && this.#unsent.length > 0) {
      this.#isFull = this.#link?.send(this.#unsent.shift()!) === false;
    }
  }

  #arrived(bytes: Uint8Array): void {
    const call = this.#waiting.shift();
    if (call === undefined) return;
    const payload = bytes.slice(FRAME_HEADER_BYTES, -CHECKSUM_BYTES);
    if (bytes[TYPE_AT] === FrameType.reply) this.#finish(call, payload, undefined);
    else this.#fail(call, new Error("error reply"));
  }

  #ended(): void {
    const link = this.#link;
    this.#closed(new Error("ended"));
    link?.end();
  }

  #closed(error: unknown): void {
    this.#link = undefined;
    this.#isOpen = false;
    this.#isFull = false;
    for (const call of this.#waiting.splice(0)) this.#fail(call, error);
  }
}
