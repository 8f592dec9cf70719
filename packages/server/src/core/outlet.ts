/**
 * What leaves a link, and how reading keeps step with it.
 *
 * Replies collect while an event is handled and leave when it is over: those on the short way in
 * one write, out of the writer that all links share; those that faults have handled one by one. A
 * stream, or a link of packets, is not read from while its peer does not read, or while faults hold
 * back too much: else memory would grow as long as the peer sends.
 */
import type { Link } from "@faultline/protocol";
import type { CoreContext } from "./context.ts";

/** @see module */
export class Outlet {
  readonly #link: Link;
  readonly #context: CoreContext;
  #posted: Uint8Array[] | undefined;
  #full = false;
  #paused = false;

  constructor(link: Link, context: CoreContext) {
    this.#link = link;
    this.#context = context;
  }

  /** Whether the peer does not take what is sent. */
  get isFull(): boolean {
    return this.#full;
  }

  /** Whether the link has been asked to bring nothing more. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** Keeps bytes until the event is over. They are given away. */
  post(bytes: Uint8Array): void {
    (this.#posted ??= []).push(bytes);
  }

  /** The event is over: everything goes, once what it tells of is safe. */
  flush(): void {
    const batch = this.#context.writer.take();
    const posted = this.#posted;
    if (batch === undefined && posted === undefined) return;
    this.#context.sessions.commit();
    if (batch !== undefined) this.#send(batch);
    if (posted === undefined) return;
    this.#posted = undefined;
    for (const bytes of posted) this.#send(bytes);
  }

  /** The link can take more. */
  drained(): void {
    this.#full = false;
  }

  /** Stops or resumes reading. */
  steer(heldBytes: number): void {
    const held = heldBytes > this.#context.limits.heldBytesMax;
    const stop = this.#full || held;
    if (stop === this.#paused || !this.#canWait) return;
    this.#paused = stop;
    if (!stop) {
      this.#link.resume();
      return;
    }
    this.#context.atLimit(held ? "heldBytesMax" : "sendQueueBytesMax");
    this.#link.pause();
  }

  /** Bare datagrams cannot be asked to wait. */
  get #canWait(): boolean {
    return this.#link.kind === "stream" || this.#link.messageBytesMax !== undefined;
  }

  #send(bytes: Uint8Array): void {
    this.#context.counters.bytesOut += bytes.length;
    if (!this.#link.send(bytes)) this.#full = true;
  }
}
