/**
 * Slice: a unit is written in pieces, with a pause between two of them.
 *
 * The receiver gets every byte, but not in one read: this is what finds decoders that believe a
 * read is a message. Sizes are drawn evenly from 1 to 2 · sliceBytes - 1, so their mean is
 * `sliceBytes`; the first piece never is the whole.
 *
 *   100 bytes, sliceBytes 32:   [17] pause [60] pause [23]
 */
import type { Draws } from "../draws.ts";
import type { FaultEntry } from "../fault.ts";
import { integerField, numberField } from "../fields.ts";
import { BYTES_MAX, DELAY_MS_MAX, SLICE_PIECES_MAX, US_PER_MS } from "../limits.ts";
import type { SliceFault } from "../spec.ts";

const SLICE_BYTES_DEFAULT = 16;
const DELAY_MS_DEFAULT = 1;

/** Slice: a unit arrives in pieces. */
export const slice: FaultEntry<SliceFault> = {
  kind: "slice",
  title: "Slice",
  description: "The message arrives in small pieces instead of one.",
  units: ["message", "chunk"],
  transports: ["tcp", "tls"],
  directionDefault: "reply",
  fields: {
    sliceBytes: integerField({
      min: 1,
      max: BYTES_MAX,
      default: SLICE_BYTES_DEFAULT,
      means: "mean size of a piece in bytes; a message no longer than this is not eligible",
    }),
    delayMs: numberField({
      min: 0,
      max: DELAY_MS_MAX,
      default: DELAY_MS_DEFAULT,
      means: "pause between two pieces, in ms",
    }),
  },
  create(spec) {
    const sliceBytes = spec.sliceBytes ?? SLICE_BYTES_DEFAULT;
    const delayUs = Math.round((spec.delayMs ?? DELAY_MS_DEFAULT) * US_PER_MS);
    return {
      ask: (unit, draws) => ({
        do: "slice",
        sizes: drawSizes(unit.bytes.length, sliceBytes, draws),
        delayUs,
      }),
      accepts: (unit) => unit.bytes.length > sliceBytes,
    };
  },
};

function drawSizes(length: number, mean: number, draws: Draws): number[] {
  const sizes: number[] = [];
  let left = length;
  while (left > 0 && sizes.length < SLICE_PIECES_MAX - 1) {
    const drawn = 1 + draws.below(2 * mean - 1, 1 + sizes.length);
    const size = Math.min(drawn, sizes.length === 0 ? length - 1 : left);
    sizes.push(size);
    left -= size;
  }
  if (left > 0) sizes.push(left);
  return sizes;
}
