/**
 * A server core on a memory network with a fake clock, and clients that speak raw bytes to it.
 *
 * Deliberately not the client library: what a test sends and receives is exactly what stands on
 * the wire, damage included.
 */
import type { FaultPlan, FaultSpec } from "@faultline/faults";
import type { Frame, Link, LinkEvents, Refusal } from "@faultline/protocol";
import { encodeFrame, FrameDecoder, isRefusal } from "@faultline/protocol";
import { FakeClock, LinkRecorder, MemoryNetwork } from "@faultline/testkit";
import type { ServerCoreOptions } from "../../src/core/core-options.ts";
import type { ServerCore } from "../../src/core/core.ts";
import { createServerCore } from "../../src/core/core.ts";
import type { ServerEvent } from "../../src/event.ts";

export type WorldOptions = Omit<ServerCoreOptions, "clock" | "onEvent"> & {
  readonly kind?: "stream" | "datagram";
  readonly queueBytesMax?: number;
  readonly latencyUs?: number;
};

export const SESSION = { high: 0x01020304, low: 0x05060708 };

/** Faults under one seed; left out, an independent plan with seed 1. */
export function plan(...faults: readonly FaultSpec[]): FaultPlan {
  return { seed: 1, composition: "independent", faults };
}

export function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

export function words(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A data frame, unless told otherwise. */
export function frame(fields: Partial<Frame> = {}): Frame {
  return {
    type: 2,
    checksum: "crc32c",
    flags: 0,
    status: 0,
    session: SESSION,
    operation: 0,
    attempt: 1,
    remainingMs: 0,
    payload: text("Hey"),
    ...fields,
  };
}

export class CoreWorld {
  readonly clock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly core: ServerCore;
  readonly events: ServerEvent[] = [];
  /** The server's ends, with what was done to them. */
  readonly links: Link[] = [];

  constructor(options: WorldOptions = {}) {
    const { kind = "stream", queueBytesMax = 65_536, latencyUs = 0 } = options;
    this.network = new MemoryNetwork({ clock: this.clock, kind, queueBytesMax, latencyUs });
    this.core = createServerCore({
      events: "all",
      ...options,
      clock: this.clock,
      onEvent: (event) => this.events.push(event),
    });
    this.network.listen((link) => this.accept(link));
  }

  accept(link: Link): LinkEvents {
    this.links.push(link);
    return this.core.accept(link);
  }

  /** A client that is connected. */
  dial(): Talker {
    const talker = new Talker(this.network);
    this.advanceUs(0);
    return talker;
  }

  advanceUs(us: number): void {
    this.clock.advance(us);
  }

  advanceMs(ms: number): void {
    this.clock.advance(ms * 1000);
  }

  /** The events of one kind. */
  told<K extends ServerEvent["event"]>(event: K): Extract<ServerEvent, { event: K }>[] {
    return this.events.filter(
      (one): one is Extract<ServerEvent, { event: K }> => one.event === event,
    );
  }
}

/** One raw client. */
export class Talker {
  readonly seen = new LinkRecorder();
  readonly link: Link;
  readonly #decoder = new FrameDecoder();
  #read = 0;
  readonly #frames: (Frame | Refusal)[] = [];

  constructor(network: MemoryNetwork) {
    this.link = network.dial(this.seen);
  }

  send(...frames: readonly Partial<Frame>[]): void {
    const all = frames.map((fields) => encodeFrame(frame(fields)));
    if (this.link.kind === "datagram") for (const bytes of all) this.link.send(bytes);
    else this.link.send(join(all));
  }

  sendBytes(bytes: Uint8Array): void {
    this.link.send(bytes);
  }

  /** Everything received so far, decoded; payloads are copies. */
  get received(): (Frame | Refusal)[] {
    for (; this.#read < this.seen.pieces.length; this.#read++) {
      this.#decoder.push(this.seen.pieces[this.#read]!);
      for (let item = this.#decoder.next(); item !== undefined; item = this.#decoder.next()) {
        this.#frames.push(isRefusal(item) ? item : { ...item, payload: item.payload.slice() });
      }
    }
    return this.#frames;
  }

  /** Received frames; a refusal among them fails the test. */
  get frames(): Frame[] {
    return this.received.map((item) => {
      if (isRefusal(item)) throw new Error(`Received what is no frame: ${item.message}`);
      return item;
    });
  }

  /** Operation and payload of every reply, as `0:Hey`; an error reply as `0!1`. */
  get replies(): string[] {
    return this.frames.map(({ type, operation, status, payload }) =>
      type === 5 || type === 4 ? `${operation}!${status}` : `${operation}:${words(payload)}`,
    );
  }

  /** Received bytes as text: for the pipe codec. */
  get text(): string {
    return words(this.seen.received());
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
