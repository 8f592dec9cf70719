/**
 * The fuzzer itself: that it repeats, and that it would notice.
 */
import { encodeFrame, encodePipe, FrameType } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { drawsOf, inputOf } from "./fuzz/inputs.ts";
import type { Input } from "./fuzz/inputs.ts";
import { judge } from "./fuzz/judge.ts";
import { Siege } from "./fuzz/siege.ts";
import { tryInput } from "./fuzz/worker.ts";

const FRAME = encodeFrame({
  type: FrameType.data,
  checksum: "crc32c",
  flags: 0,
  status: 0,
  session: { high: 1, low: 2 },
  operation: 3,
  attempt: 1,
  remainingMs: 0,
  payload: Uint8Array.of(1, 2, 3),
});

function input(differences: Partial<Input>): Input {
  return { kind: "frames", bytes: FRAME, sent: [FRAME], isSound: true, cuts: [7], ...differences };
}

test("the first 20 000 inputs of seed 1 break no promise, and come in every kind", () => {
  const tally = { accepted: 0, refused: 0 };
  const kinds = new Set<string>();
  for (let number = 0; number < 20_000; number++) {
    expect(tryInput(1, number, tally)).toBeUndefined();
    if (number < 500) kinds.add(inputOf(drawsOf(1, number)).kind);
  }
  expect([...kinds].toSorted()).toEqual(["frames", "pipe", "random"]);
  expect(Math.min(tally.accepted, tally.refused)).toBeGreaterThan(5000);
});

test("an input follows from seed and number alone", () => {
  expect(inputOf(drawsOf(9, 77))).toEqual(inputOf(drawsOf(9, 77)));
  expect(inputOf(drawsOf(9, 77))).not.toEqual(inputOf(drawsOf(9, 78)));
});

describe("the judge notices", () => {
  const judged = (differences: Partial<Input>) => () =>
    judge(input(differences), { accepted: 0, refused: 0 });

  test("nothing where all is well", () => {
    expect(judged({})).not.toThrow();
  });

  test("a frame that was accepted and never sent", () => {
    expect(judged({ sent: [] })).toThrow("a frame was accepted that was not sent");
  });

  test("a sound frame that did not come out", () => {
    const isShort = { bytes: FRAME.subarray(0, 46) };
    expect(judged(isShort)).toThrow("a sound frame was lost");
  });

  test("a pipe message that was accepted and never sent", () => {
    const bytes = encodePipe(Uint8Array.of(65));
    expect(judged({ kind: "pipe", bytes, sent: [] })).toThrow("a pipe message was accepted");
  });
});

test("of 20 000 forged, replayed, truncated and late frames none is accepted, none answered", () => {
  const siege = new Siege(1);
  for (let attack = 0; attack < 20_000; attack++) siege.attack();
  const { attacks, exchanges } = siege.tally;
  expect(Object.keys(attacks).toSorted()).toEqual([
    "extended",
    "flipped",
    "flipped hello",
    "of another epoch",
    "reflected",
    "renumbered",
    "reordered beyond the window",
    "repeated hello",
    "replayed",
    "signed anew",
    "spliced",
    "truncated",
  ]);
  expect(exchanges).toBeGreaterThan(1000);
});
