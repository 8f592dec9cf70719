/**
 * What can be left out of a failing run: firings of faults, and outages of the server.
 *
 * An outage is a crash with the restart after it, or a pause with the resume after it. They go
 * together: a crash whose restart is left out is not a smaller fault but a larger one.
 */
import type { FullSpec, ScheduledFiring, ServerEvent } from "../spec/types.ts";

/** One thing to leave out, or to keep. */
export type Item =
  | { readonly kind: "firing"; readonly firing: ScheduledFiring }
  | { readonly kind: "outage"; readonly events: readonly ServerEvent[] };

/** The items of a run whose firings are these. */
export function itemsOf(
  firings: readonly ScheduledFiring[],
  events: readonly ServerEvent[],
): Item[] {
  return [
    ...outagesOf(events).map((outage) => ({ kind: "outage" as const, events: outage })),
    ...firings.map((firing) => ({ kind: "firing" as const, firing })),
  ];
}

/** The spec in which these items happen, and nothing else. */
export function withItems(spec: FullSpec, items: readonly Item[]): FullSpec {
  const schedule = items.flatMap((item) => (item.kind === "firing" ? [item.firing] : []));
  const events = items.flatMap((item) => (item.kind === "outage" ? item.events : []));
  return { ...spec, schedule, events: events.toSorted((a, b) => a.atMs - b.atMs) };
}

function outagesOf(events: readonly ServerEvent[]): ServerEvent[][] {
  const outages: ServerEvent[][] = [];
  let open: ServerEvent[] | undefined;
  for (const event of events.toSorted((a, b) => a.atMs - b.atMs)) {
    if (open !== undefined && ends(open[0]!, event)) {
      open.push(event);
      open = undefined;
      continue;
    }
    const outage = [event];
    outages.push(outage);
    if (event.kind === "crash" || event.kind === "pause") open = outage;
  }
  return outages;
}

/** A restart ends whatever went before, a resume only a pause. */
function ends(first: ServerEvent, event: ServerEvent): boolean {
  return event.kind === "restart" || (event.kind === "resume" && first.kind === "pause");
}
