/**
 * A client on a link that listens for "you may write again" only a moment after it was told to wait.
 *
 * Right as long as nothing is ever full, and where the wait is long. Where the link has room again
 * within that moment, nobody hears of it, and the client waits for a word that has been said.
 */
import { createClient } from "@faultline/client";
import type { Clock, Dialer, LinkEvents } from "@faultline/protocol";
import { eventsWith, linkWith } from "./forward.ts";
import type { CreateParts } from "./parts.ts";

const MOMENT_US = 2_000;

function deafDialer(dialer: Dialer, clock: Clock, momentUs: number): Dialer {
  return {
    kind: dialer.kind,
    dial(events: LinkEvents) {
      let listening = momentUs === 0;
      const onDrain = (): void => {
        if (!listening) return;
        listening = momentUs === 0;
        events.onDrain();
      };
      const link = dialer.dial(eventsWith(events, { onDrain }));
      return linkWith(link, {
        send(bytes) {
          const more = link.send(bytes);
          if (!more && !listening)
            clock.setTimer(clock.nowUs() + momentUs, () => (listening = true));
          return more;
        },
      });
    },
  };
}

function partsWith(momentUs: number): CreateParts {
  return () => ({
    createClient: (options) =>
      createClient({ ...options, dialer: deafDialer(options.dialer, options.clock, momentUs) }),
  });
}

const createParts: CreateParts = partsWith(MOMENT_US);
export default createParts;

/** The same, listening from the beginning. */
export const sound: CreateParts = partsWith(0);
