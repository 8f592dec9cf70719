/**
 * Links and events that pass everything on, but for what is changed.
 *
 * What a middleman overrides is all there is to read of it. A link's addresses change when it opens, so they
 * are asked for each time, never copied.
 */
import type { Link, LinkEvents } from "@faultline/protocol";

/** A link that does as `link` does, but for `changes`. */
export function linkWith(link: Link, changes: Partial<Link>): Link {
  return {
    kind: link.kind,
    get remote() {
      return link.remote;
    },
    get local() {
      return link.local;
    },
    send: (bytes) => link.send(bytes),
    pause: () => link.pause(),
    resume: () => link.resume(),
    end: () => link.end(),
    reset: () => link.reset(),
    ...changes,
  };
}

/** Events that go where `events` go, but for `changes`. */
export function eventsWith(events: LinkEvents, changes: Partial<LinkEvents>): LinkEvents {
  return {
    onOpen: () => events.onOpen(),
    onBytes: (bytes) => events.onBytes(bytes),
    onDrain: () => events.onDrain(),
    onEnd: () => events.onEnd(),
    onClose: (error) => events.onClose(error),
    ...changes,
  };
}
