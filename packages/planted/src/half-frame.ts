/**
 * A client that writes piece by piece, and goes on after a reconnect where it was interrupted.
 *
 * Right as long as the connection lasts. Where it is lost in the middle of a frame, the new one
 * begins with the second half of it, which no server can read.
 */
import { createClient, type ClientOptions } from "@faultline/client";
import type { Clock, Dialer, Link, LinkEvents } from "@faultline/protocol";
import { eventsWith, linkWith } from "./forward.ts";
import type { CreateParts } from "./parts.ts";

const PIECE_BYTES = 512;
const PAUSE_US = 200;

/** What connections leave to the next one. */
interface Leftover {
  bytes: Uint8Array | undefined;
}

/** Sends pieces with pauses between them. */
class PieceWriter {
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #waiting: Uint8Array[] = [];
  #at = 0;
  #busy = false;
  #closed = false;
  #ending = false;

  constructor(clock: Clock, link: Link) {
    this.#clock = clock;
    this.#link = link;
  }

  write(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    if (!this.#busy) this.#next();
  }

  end(): void {
    this.#ending = true;
    if (!this.#busy) this.#link.end();
  }

  /** Stops, and tells what is left of a write that has begun. */
  close(): Uint8Array | undefined {
    this.#closed = true;
    return this.#at === 0 ? undefined : this.#waiting[0]?.slice(this.#at);
  }

  #next(): void {
    const [bytes] = this.#waiting;
    this.#busy = bytes !== undefined && !this.#closed;
    if (bytes === undefined && this.#ending && !this.#closed) this.#link.end();
    if (!this.#busy || bytes === undefined) return;
    this.#link.send(bytes.slice(this.#at, this.#at + PIECE_BYTES));
    this.#at += PIECE_BYTES;
    if (this.#at >= bytes.length) {
      this.#waiting.shift();
      this.#at = 0;
    }
    this.#clock.setTimer(this.#clock.nowUs() + PAUSE_US, () => this.#next());
  }
}

function pieceDialer(dialer: Dialer, clock: Clock, leftover: Leftover | undefined): Dialer {
  return {
    kind: dialer.kind,
    dial(events: LinkEvents): Link {
      const changes: Partial<LinkEvents> = {
        onOpen() {
          if (leftover?.bytes !== undefined) writer.write(leftover.bytes);
          if (leftover !== undefined) leftover.bytes = undefined;
          events.onOpen();
        },
        onClose(error) {
          close();
          events.onClose(error);
        },
      };
      const link = dialer.dial(eventsWith(events, changes));
      const writer = new PieceWriter(clock, link);
      const close = (): void => {
        const rest = writer.close();
        if (leftover !== undefined) leftover.bytes ??= rest;
      };
      return pieceLink(link, writer, close);
    },
  };
}

function pieceLink(link: Link, writer: PieceWriter, close: () => void): Link {
  return linkWith(link, {
    send(bytes) {
      writer.write(bytes);
      return true;
    },
    end: () => writer.end(),
    reset() {
      close();
      link.reset();
    },
  });
}

function partsWith(createLeftover: () => Leftover | undefined): CreateParts {
  return () => ({
    createClient: (options: ClientOptions) =>
      createClient({
        ...options,
        dialer: pieceDialer(options.dialer, options.clock, createLeftover()),
      }),
  });
}

const createParts: CreateParts = partsWith(() => ({ bytes: undefined }));
export default createParts;

/** The same, and what was half sent is forgotten with its connection. */
export const sound: CreateParts = partsWith(() => undefined);
