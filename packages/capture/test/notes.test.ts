/**
 * What faults did, kept until the capture is made: as many notes as there is room for.
 */
import { expect, test } from "vitest";
import type { FaultNote } from "../src/build/notes.ts";
import { FaultNotes } from "../src/index.ts";
import { built } from "./support.ts";

const note = (message: number): FaultNote => ({
  remote: "127.0.0.1:4711",
  sequence: message,
  sessionHigh: 1,
  sessionLow: 2,
  message,
  attempt: 1,
  copy: 0,
  direction: "request",
  fault: "late",
  did: "delayed it",
  damages: false,
});

test.each([
  [3, undefined],
  [4, "a run; 1 of the faults are in no comment"],
  [5, "a run; 2 of the faults are in no comment"],
])("of %i faults where three have room, a capture says how many are missing", (faults, comment) => {
  const notes = new FaultNotes(3);
  for (let message = 0; message < faults; message++) notes.add(note(message));
  const { file } = built([], { comment: "a run", notes });
  const text = Buffer.from(file).toString("latin1");
  expect(text).toContain(comment ?? "a run");
  if (comment === undefined) expect(text).not.toContain("in no comment");
});
