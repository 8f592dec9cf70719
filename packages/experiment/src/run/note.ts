/**
 * What the digest takes in beside the kernel's events: how messages ended, and what faults did.
 *
 * Both follow from events, so two runs that agree in every event agree here too, as long as nothing
 * else has a say. This is what makes sure of it.
 */
import type { Attempt, Outcome } from "@faultline/client";
import { hashText } from "@faultline/faults";
import type { ServerFaultRecord } from "@faultline/server";
import type { Settled } from "./driver.ts";
import type { World } from "./port.ts";

type Notebook = Pick<World, "note">;

const HIGH = 0x1_0000_0000;

const OUTCOMES: Readonly<Record<Outcome["outcome"], number>> = {
  delivered: 1,
  failed: 2,
  indeterminate: 3,
  rejected: 4,
};

const ENDS: Readonly<Record<Attempt["ended"], number>> = {
  reply: 1,
  "late-reply": 2,
  corrupt: 3,
  "error-reply": 4,
  timeout: 5,
  reset: 6,
  refused: 7,
  aborted: 8,
};

/** Notes a message that has its outcome, with its attempts. */
export function noteSettled(notebook: Notebook, settled: Settled): void {
  const { client, message, plannedUs, right, outcome } = settled;
  notebook.note(client);
  noteInteger(notebook, message);
  noteInteger(notebook, plannedUs);
  noteInteger(notebook, outcome.endedUs);
  notebook.note(OUTCOMES[outcome.outcome] * 2 + (right ? 1 : 0));
  notebook.note(outcome.attempts.length);
  for (const { sentUs, endedUs, ended } of outcome.attempts) {
    noteInteger(notebook, sentUs);
    noteInteger(notebook, endedUs);
    notebook.note(ENDS[ended]);
  }
}

/** Notes what faults did, in the server's order. */
export function noteRecords(notebook: Notebook, records: readonly ServerFaultRecord[]): void {
  for (const record of records) {
    notebook.note(record.sessionHigh);
    notebook.note(record.sessionLow);
    noteInteger(notebook, record.message);
    notebook.note(record.attempt);
    notebook.note(record.copy);
    noteInteger(notebook, record.atUs);
    notebook.note(hashText(`${record.fault} ${record.direction} ${record.did}`));
  }
}

/** An integer of 0 … 2^53-1. */
function noteInteger(notebook: Notebook, value: number): void {
  notebook.note(value);
  notebook.note(value / HIGH);
}
