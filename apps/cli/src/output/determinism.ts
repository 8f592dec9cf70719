/**
 * Two runs of one spec in words: that they agree, or the first event in which they do not.
 *
 * Events that both saw alike are shown once; from the first that differs on, each run's own stands
 * beside the other's. Words of events come from the simulation and hold no name that a spec gave.
 */
import type { DeterminismCheck, EventDifference } from "@faultline/experiment";

import { count } from "./numbers.ts";

type Event = EventDifference["first"][number];

/** The line for two runs that agree. */
export function sameLine({ digests, events }: DeterminismCheck): string {
  const size = events === null ? "every run" : `${count(events[0])} events`;
  return `same digest twice: ${digests[0]}, ${size}, the second time in a fresh thread`;
}

/** What two runs differ in, a line each, for a person who looks for the leak. */
export function differenceLines(check: DeterminismCheck): string[] {
  const { digests, bodyHashes, events, difference, pointers } = check;
  const after = events === null ? "" : `, after ${events.map(count).join(" and ")} events`;
  const lines = [`digests ${digests.join(" and ")}${after}`];
  if (bodyHashes[0] === bodyHashes[1]) lines.push("the results are the same");
  else lines.push(`the results differ at ${pointers.join(", ") || "no field that is shown"}`);
  if (difference !== undefined) lines.push(...eventLines(difference));
  else if (digests[0] === digests[1]) lines.push("every event is the same");
  else if (events !== null)
    lines.push("the first event that differs lies beyond the log of 16 777 216 events");
  return lines;
}

function eventLines({ index, first, second }: EventDifference): string[] {
  const lines = [`the first event that differs is number ${count(index)}:`];
  if (first.length === 0)
    lines.push("1  seen by the second run only: the first could not be met again");
  const both = [...first, ...second].map((event) => event.index);
  for (let at = Math.min(...both); at <= Math.max(...both); at += 1) {
    const one = first.find((event) => event.index === at);
    const other = second.find((event) => event.index === at);
    if (one !== undefined && other !== undefined && isSame(one, other)) {
      lines.push(`   ${words(one)}`);
    } else if (first.length === 0) lines.push(`2  ${words(other)}`);
    else lines.push(`1  ${words(one)}`, `2  ${words(other)}`);
  }
  return lines;
}

function isSame(one: Event, other: Event): boolean {
  return one.timeUs === other.timeUs && one.what === other.what && one.digest === other.digest;
}

function words(event: Event | undefined): string {
  if (event === undefined) return "nothing: this run had ended";
  return `${event.index}  at ${event.timeUs} us  ${event.what}  ${event.digest}`;
}
