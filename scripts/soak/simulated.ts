/**
 * The soak in the simulated world: increments through faults, partitions and restarts, in runs of
 * seeds that follow each other. Nothing real is held for long, so there is nothing to look at but
 * the outcomes: no operation may be executed twice, and none that has an effect may be reported as
 * failed.
 */
import process from "node:process";
import { increments, type IncrementsFindings } from "./increments.ts";
import type { SoakCounts, SoakFindings, SoakOptions } from "./soak.ts";

/** As many as meet a restart every few hundred messages. */
const MESSAGES_A_RUN = 25_000;

/** @see module */
export async function simulatedSoak(options: SoakOptions): Promise<SoakFindings> {
  const { messages, onLook, seed, signal, transport } = options;
  const startedMs = process.uptime() * 1000;
  const runs: IncrementsFindings[] = [];
  const all = Math.ceil(messages / MESSAGES_A_RUN);
  for (let run = 0; run < all && !signal.aborted; run++) {
    const share = Math.round((messages * (run + 1)) / all) - Math.round((messages * run) / all);
    runs.push(await increments({ messages: share, seed: seed + run, signal, transport }));
    onLook({
      messages: Math.round((messages * (run + 1)) / all),
      elapsedMs: process.uptime() * 1000 - startedMs,
      heapBytes: process.memoryUsage().heapUsed,
      residentBytes: process.memoryUsage.rss(),
      timers: 0,
      links: 0,
      serverLinks: 0,
    });
  }
  return { ...told(runs), looks: [], left: { timers: 0, links: 0 } };
}

function told(runs: readonly IncrementsFindings[]) {
  const sum = (of: (run: IncrementsFindings) => number): number =>
    runs.reduce((all, run) => all + of(run), 0);
  const countOf = (name: keyof IncrementsFindings["result"]["counts"]): number =>
    sum(({ result }) => result.counts[name] ?? 0);
  const counts: SoakCounts = {
    delivered: countOf("delivered"),
    failed: countOf("failed"),
    indeterminate: countOf("indeterminate"),
    rejected: countOf("rejected"),
    attempts: countOf("attempts"),
    reconnects: countOf("reconnects"),
    executions: countOf("executions"),
    wrong: countOf("corruptionsUndetected"),
  };
  const kinds = new Map<string, number>();
  for (const { kind, fired } of runs.flatMap(({ result }) => result.faults)) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + fired);
  }
  kinds.set(
    "restart that keeps",
    sum((run) => run.restarts - run.memoriesLost),
  );
  kinds.set(
    "restart that forgets",
    sum((run) => run.memoriesLost),
  );
  const faults = [...kinds].map(([kind, fired]) => ({ kind, fired }));
  return { counts, faults, problems: problemsIn(sum) };
}

function problemsIn(sum: (of: (run: IncrementsFindings) => number) => number): string[] {
  return [
    [sum((run) => run.twice), "operations were executed twice"],
    [sum((run) => run.failedWithEffect), "operations were reported as failed, and executed"],
    [sum((run) => run.deliveredInVain), "operations were delivered, and not executed"],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
}
