/**
 * Puts somebody between a client, or a server, and its link, who sees every frame.
 *
 *   owner ─► send ─► (sent) ─► link            real bytes on both sides of it
 *   owner ◄─ onBytes ◄─ (received) ◄─ link
 *
 * Frames that are damaged go through as they are, and so does everything after them on a stream:
 * who cannot read does not meddle.
 */
import type { Dialer, Frame, Link, LinkEvents } from "@faultline/protocol";
import { encodeFrame, FrameDecoder, isRefusal } from "@faultline/protocol";
import { eventsWith, linkWith } from "./forward.ts";

/** Sees the frames of one link. */
export interface Middleman {
  /** A frame on its way out; it cannot be changed. */
  sent?(frame: Frame): void;
  /** A frame that came in. @returns what the owner gets instead; undefined: nothing */
  received(frame: Frame): Frame | undefined;
}

/** Splits bytes into frames until something is damaged. */
class Splitter {
  readonly #decoder = new FrameDecoder();
  #blind = false;

  /** Calls `see` with each frame, `pass` with bytes that are none. */
  split(bytes: Uint8Array, see: (frame: Frame) => void, pass: (bytes: Uint8Array) => void): void {
    if (this.#blind) return pass(bytes);
    this.#decoder.push(bytes);
    for (;;) {
      const item = this.#decoder.next();
      if (item === undefined) return;
      if (!isRefusal(item)) see(item);
      else {
        this.#blind = item.fatal;
        pass(this.#decoder.raw().slice());
      }
    }
  }
}

/** A link whose frames somebody sees. */
export function overhear(link: Link, middleman: Middleman): Link {
  const splitter = new Splitter();
  return linkWith(link, {
    send(bytes) {
      splitter.split(
        bytes,
        (frame) => middleman.sent?.(frame),
        () => {},
      );
      return link.send(bytes);
    },
  });
}

/** Events of a link whose frames somebody may change. */
export function intercept(events: LinkEvents, middleman: Middleman): LinkEvents {
  const splitter = new Splitter();
  return eventsWith(events, {
    onBytes(bytes) {
      const see = (frame: Frame): void => {
        const changed = middleman.received(frame);
        if (changed !== undefined) events.onBytes(encodeFrame(changed));
      };
      splitter.split(bytes, see, (damaged) => events.onBytes(damaged));
    },
  });
}

/** A dialer on each of whose links a new middleman sits. */
export function dialThrough(dialer: Dialer, create: () => Middleman): Dialer {
  return {
    kind: dialer.kind,
    dial(events) {
      const middleman = create();
      return overhear(dialer.dial(intercept(events, middleman)), middleman);
    },
  };
}
