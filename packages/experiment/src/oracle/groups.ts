/**
 * Which faults concern which messages: `firstMessages` and `everyMessages` sort a run into groups.
 *
 * Both look at the number of a message and at nothing else, so how many messages each group has
 * is exact, whatever chance does. What goes on from there treats a group as a run of its own.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { NoForm } from "./refusal.ts";

/** Messages that the same faults concern. */
export interface Group {
  readonly messages: number;
  readonly faults: readonly FullFault[];
}

/** Longest pattern of `everyMessages` that is looked at residue by residue. */
const PERIOD_MAX = 10_000;

/** The groups of a run, none of them empty. */
export function groupsOf({ faults, workload }: FullSpec): readonly Group[] {
  for (const { id, countMax } of faults) {
    if (countMax !== null) throw new NoForm(`fault "${id}" has a countMax, which chance uses up`);
  }
  const { messages } = workload;
  const period = faults.reduce((all, { everyMessages }) => multiple(all, everyMessages ?? 1), 1);
  if (period > PERIOD_MAX)
    throw new NoForm(`"everyMessages" of the faults make too long a pattern`);
  const starts = [0, ...faults.flatMap(({ firstMessages }) => firstMessages ?? [])]
    .filter((at) => at < messages)
    .toSorted((a, b) => a - b);
  const groups = new Map<string, Group>();
  for (const [index, from] of starts.entries()) {
    const to = starts[index + 1] ?? messages;
    for (let at = from; at < Math.min(to, from + period); at += 1) {
      const count = Math.ceil((to - at) / period);
      const active = faults.filter((fault) => concerns(fault, at));
      const key = active.map(({ id }) => id).join(" ");
      const before = groups.get(key)?.messages ?? 0;
      groups.set(key, { messages: before + count, faults: active });
    }
  }
  return [...groups.values()];
}

function concerns({ firstMessages, everyMessages }: FullFault, index: number): boolean {
  return (
    (firstMessages === null || index < firstMessages) &&
    (everyMessages === null || (index + 1) % everyMessages === 0)
  );
}

function multiple(one: number, other: number): number {
  return (one / divisor(one, other)) * other;
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
