/**
 * Into how many pieces `slice` cuts a frame: a renewal count, worked out exactly.
 *
 * Sizes are drawn evenly from 1 to 2m-1 until the frame is used up, the first never being the
 * whole. With share(l, j) the chance that l bytes need j more pieces:
 *
 *   share(l, j) = mean over s = 1 … 2m-1 of share(l - s, j - 1),   share(≤ 0, 0) = 1
 */
import { NoForm } from "./refusal.ts";
import type { StepsPart } from "./span.ts";

/** Bytes times pieces that are worked out: a few milliseconds' work. */
const CELLS_MAX = 2_000_000;
/** As in the fault: what remains is the last piece. */
const PIECES_MAX = 1_024;

/** The pauses between the pieces of a frame, as a part of a span. */
export function pausesOf(bytes: number, sliceBytes: number, delayUs: number): StepsPart {
  const widest = 2 * sliceBytes - 1;
  if (bytes * bytes > CELLS_MAX || bytes >= PIECES_MAX) {
    throw new NoForm(`"workload.payloadBytes" is too large to count the pieces of a slice`);
  }
  let shares = new Float64Array(bytes + 1);
  // after the first piece, which leaves at least one byte
  for (let size = 1; size <= widest; size += 1) {
    const left = bytes - Math.min(size, bytes - 1);
    shares[left] = shares[left]! + 1 / widest;
  }
  const ended: number[] = [0];
  while (shares.some((share) => share > 0)) {
    const next = new Float64Array(bytes + 1);
    let done = 0;
    for (let left = 1; left <= bytes; left += 1) {
      const each = shares[left]! / widest;
      if (each === 0) continue;
      for (let size = 1; size <= widest; size += 1) {
        if (size >= left) done += each;
        else next[left - size] = next[left - size]! + each;
      }
    }
    ended.push(done);
    shares = next;
  }
  return {
    kind: "steps",
    us: ended.map((_, pieces) => pieces * delayUs),
    weights: ended,
  };
}
