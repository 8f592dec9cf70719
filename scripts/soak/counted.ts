/**
 * A clock and a dialer that count what they have given and not got back.
 */
import type { Clock, Dialer, LinkEvents } from "@faultline/protocol";

/** The clock, and how many of its timers are set. */
export function countedClock(clock: Clock): { clock: Clock; timers: () => number } {
  const set = new Set<object>();
  return {
    timers: () => set.size,
    clock: {
      nowUs: () => clock.nowUs(),
      defer: (run) => clock.defer(run),
      setTimer(atUs, run) {
        const key = {};
        set.add(key);
        const timer = clock.setTimer(atUs, () => {
          set.delete(key);
          run();
        });
        return {
          cancel() {
            set.delete(key);
            timer.cancel();
          },
        };
      },
    },
  };
}

/** The dialer, and how many of its links are not closed. */
export function countedDialer(dialer: Dialer): { dialer: Dialer; links: () => number } {
  let open = 0;
  return {
    links: () => open,
    dialer: {
      kind: dialer.kind,
      dial(events) {
        open++;
        const counted: LinkEvents = {
          onOpen: () => events.onOpen(),
          onBytes: (bytes) => events.onBytes(bytes),
          onDrain: () => events.onDrain(),
          onEnd: () => events.onEnd(),
          onClose(error) {
            open--;
            events.onClose(error);
          },
        };
        return dialer.dial(counted);
      },
    },
  };
}
