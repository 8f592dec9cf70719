/**
 * One link of a client and its life: down, dialling, open, closing.
 *
 *   want() -> (waiting for a turn) -> dial -> open -> lost -> (wanted again) -> dial -> ...
 *
 * However many messages need it, there is one dial under way at most, and all of them share its
 * success or failure. A link that is given up is cut off from its owner at once: what it still
 * says goes nowhere. When to give it up is decided by liveness.ts and the codecs.
 */
import type { Clock, Dialer, Link, LinkError } from "@faultline/protocol";
import type { Deadlines, Due } from "./deadlines.ts";
import type { AttemptFailure } from "./failure.ts";
import { LineEvents } from "./line-events.ts";
import type { LineFailure } from "./line-failure.ts";
import { dialFailure, ENDED, lostBy } from "./line-failure.ts";
import type { Caller, Reconnect } from "./reconnect.ts";
import type { Reporter } from "./reporter.ts";
import type { Counters } from "./stats.ts";

/** Is told what becomes of the line. */
export interface LineOwner {
  /** The line takes bytes: it has just opened, or drained. */
  onLineReady(): void;
  onLineBytes(bytes: Uint8Array, nowUs: number): void;
  /** An attempt to open it failed. */
  onDialFailed(failure: AttemptFailure): void;
  /** It is open, and is about to be dropped from here. */
  onLineDropping(): void;
  /** It was open and is gone. */
  onLineLost(failure: AttemptFailure): void;
}

/** What a line is made of. */
export interface LineParts {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly counters: Counters;
  readonly reporter: Reporter;
  /** What a pool calls where it leads. */
  readonly endpoint: string | undefined;
  /** Says when to dial; null: whenever a link is wanted. */
  readonly reconnect: Reconnect | null;
  readonly connectTimeoutUs: number;
  readonly closeTimeoutUs: number;
}

/** The line. */
export class Line implements Due, Caller {
  readonly #parts: LineParts;
  readonly #owner: LineOwner;
  #at: "down" | "waiting" | "dialling" | "open" | "closing" = "down";
  #events: LineEvents | undefined;
  #link: Link | undefined;
  #full = false;
  #opened = 0;
  #closed: (() => void) | undefined;
  /** When the dial under way, or the last one, began. */
  dialledUs = 0;
  /** When bytes last came in on this link; -Infinity: never. */
  heardUs: number = -Infinity;
  /** When it last stopped taking bytes. */
  filledUs = 0;
  /** This end, as `host:port`. */
  local = "";
  /** Messages sent on this link. */
  sequence = 0;
  dueUs = 0;
  dueOrder = 0;
  dueIndex = -1;

  constructor(parts: LineParts, owner: LineOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Whether there is a link that takes bytes now. */
  get isReady(): boolean {
    return this.#at === "open" && !this.#full;
  }

  /** The link itself; undefined: there is none. */
  get link(): Link | undefined {
    return this.#link;
  }

  get isOpen(): boolean {
    return this.#at === "open";
  }

  /** Whether there is no link yet, and an attempt to have one. */
  get isDialling(): boolean {
    return this.#at === "dialling" || this.#at === "waiting";
  }

  /** Whether there is no link, nor an attempt to have one. */
  get isDown(): boolean {
    return this.#at === "down";
  }

  /** Whether there is a link that takes no bytes now. */
  get isFull(): boolean {
    return this.#at === "open" && this.#full;
  }

  get kind(): "stream" | "datagram" {
    return this.#parts.dialer.kind;
  }

  /** Which link this is, counted from 1. */
  get generation(): number {
    return this.#opened;
  }

  /** Dials, as soon as it may, where there is no link and no dial under way. */
  want(): void {
    if (this.#at !== "down") return;
    const { reconnect } = this.#parts;
    this.#at = "waiting";
    if (reconnect === null) this.dial();
    else reconnect.wait(this);
  }

  /** It is its turn. */
  dial(): void {
    const { clock, connectTimeoutUs, deadlines, dialer } = this.#parts;
    this.#at = "dialling";
    this.dialledUs = clock.nowUs();
    deadlines.set(this, this.dialledUs + connectTimeoutUs);
    const events = new LineEvents(this);
    this.#events = events;
    const link = dialer.dial(events);
    this.#link = link;
    const { endpoint, reporter } = this.#parts;
    if (!reporter.isOn) return;
    reporter.emit({ event: "dial", atUs: this.dialledUs, remote: link.remote, endpoint });
  }

  /** Hands bytes to the link. */
  send(bytes: Uint8Array): void {
    if (this.#at !== "open" || this.#link === undefined) return;
    this.#parts.counters.bytesSent += bytes.length;
    if (this.#link.send(bytes) || this.#full) return;
    this.#full = true;
    this.filledUs = this.#parts.clock.nowUs();
  }

  /** Drops an open link at once: it is of no use any more. */
  drop(failure: LineFailure): void {
    if (this.#at !== "open") return;
    this.#owner.onLineDropping();
    this.#release()?.reset();
    this.#lost(failure);
  }

  /** Dials no more: nobody needs the link that it would bring. */
  giveUp(): void {
    if (!this.isDialling) return;
    this.#release()?.reset();
    this.#parts.reconnect?.leave(this);
  }

  /** Ends the line for good; `closed` is called when nothing is left of it, maybe at once. */
  finish(closed: () => void): void {
    const { clock, closeTimeoutUs, deadlines } = this.#parts;
    const wasOpen = this.#at === "open";
    // Neither a dial nor what a full link still holds is worth waiting for.
    if (this.isDialling) this.giveUp();
    else if (this.#full) this.#release()?.reset();
    if (this.#at !== "open") {
      if (wasOpen) this.#tellClosed();
      closed();
      return;
    }
    this.#at = "closing";
    this.#closed = closed;
    deadlines.set(this, clock.nowUs() + closeTimeoutUs);
    this.#link?.end();
  }

  /** Connecting, or closing, took too long. */
  onDue(): void {
    const closed = this.#closed;
    const wasDialling = this.#at === "dialling";
    this.#release()?.reset();
    if (!wasDialling) this.#tellClosed();
    const message = `no connection within ${this.#parts.connectTimeoutUs / 1000} ms`;
    if (wasDialling) this.#failed({ code: "refused", status: "dial-timeout", message });
    closed?.();
  }

  opened(): void {
    if (this.#at !== "dialling") return;
    const { clock, counters, deadlines, endpoint, reconnect, reporter } = this.#parts;
    const { local = "", remote = "" } = this.#link ?? {};
    this.#at = "open";
    this.#opened++;
    const isAgain = this.#opened > 1;
    if (isAgain) counters.reconnects++;
    deadlines.delete(this);
    this.heardUs = -Infinity;
    this.local = local;
    this.sequence = 0;
    if (reporter.isOn) {
      const link = { local, remote, reconnect: isAgain, endpoint };
      reporter.emit({ event: "open", atUs: clock.nowUs(), ...link });
    }
    reconnect?.opened(this);
    this.#owner.onLineReady();
  }

  heard(bytes: Uint8Array): void {
    if (this.#at !== "open") return;
    this.#parts.counters.bytesReceived += bytes.length;
    this.heardUs = this.#parts.clock.nowUs();
    this.#owner.onLineBytes(bytes, this.heardUs);
  }

  drained(): void {
    this.#full = false;
    if (this.#at === "open") this.#owner.onLineReady();
  }

  /** The peer ends its side: no reply will come any more, so this side ends too. */
  peerEnded(): void {
    if (this.#at !== "open") return;
    const full = this.#full;
    const link = this.#release();
    // What a full link still holds would never leave it.
    if (full) link?.reset();
    else link?.end();
    this.#lost(ENDED);
  }

  linkClosed(error: LinkError | undefined): void {
    const at = this.#at;
    const closed = this.#closed;
    this.#release();
    if (at === "dialling") this.#failed(dialFailure(error));
    else if (at === "open") this.#lost(error === undefined ? ENDED : lostBy(error));
    else if (at === "closing") this.#tellClosed();
    closed?.();
  }

  /** Its own dial has failed: all who waited for it hear of it, this line first. */
  #failed(failure: LineFailure): void {
    const { reconnect } = this.#parts;
    if (reconnect === null) this.dialFailed(failure);
    else reconnect.failed(this, failure);
  }

  /** A dial has failed, its own or one that it waited for. */
  dialFailed(failure: LineFailure): void {
    this.#at = "down";
    this.#report("dial-failed", failure);
    this.#owner.onDialFailed(failure);
  }

  #lost(failure: LineFailure): void {
    this.#report("lost", failure);
    this.#owner.onLineLost(failure);
  }

  #report(event: "dial-failed" | "lost", { status, message }: LineFailure): void {
    const { clock, endpoint, reporter } = this.#parts;
    if (!reporter.isOn) return;
    reporter.emit({ event, atUs: clock.nowUs(), status, message, endpoint });
  }

  #tellClosed(): void {
    const { clock, endpoint, reporter } = this.#parts;
    if (reporter.isOn) reporter.emit({ event: "closed", atUs: clock.nowUs(), endpoint });
  }

  /** Lets go of the link, whatever it was doing. */
  #release(): Link | undefined {
    const link = this.#link;
    this.#events?.cut();
    this.#events = undefined;
    this.#link = undefined;
    this.#closed = undefined;
    this.#full = false;
    this.#at = "down";
    this.#parts.deadlines.delete(this);
    return link;
  }
}
