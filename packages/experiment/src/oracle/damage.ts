/**
 * Where damage falls in a frame, and so what the receiver can make of it.
 *
 *   | magic, version | rest of the header | payload, checksum |
 *   |     start      |       header       |       body        |     bytes 0-2, 3-39, 40-
 *
 * A frame cut short is a `stub` where not even its header is whole, else `short`. Every place
 * is drawn alike (faults' corrupt.ts), so the shares are those of the bytes. That 32 bits of
 * checksum miss a damage once in four milliards is left out: no count here can show it.
 */
import { FRAME_HEADER_BYTES } from "@faultline/protocol";
import type { FullFault } from "../spec/types.ts";

const START_BYTES = 3;

/** What damage hits. */
export type Damage = "start" | "header" | "body" | "stub" | "short";

/** Each damage with its share. */
export function damagesOf(
  how: Extract<FullFault, { readonly kind: "corrupt" }>["how"],
  bytes: number,
): readonly (readonly [Damage, number])[] {
  switch (how) {
    case "garbage":
      return [["start", 1]];
    case "truncate": {
      // 1 … bytes-1 are kept, all alike
      const stubs = Math.min(FRAME_HEADER_BYTES, bytes) - 1;
      return [
        ["stub", stubs / (bytes - 1)],
        ["short", 1 - stubs / (bytes - 1)],
      ];
    }
    case "bit":
    case "byte":
      return [
        ["start", START_BYTES / bytes],
        ["header", (FRAME_HEADER_BYTES - START_BYTES) / bytes],
        ["body", (bytes - FRAME_HEADER_BYTES) / bytes],
      ];
    default:
      return how satisfies never;
  }
}
