/**
 * The keys of a run, where its spec seals links or signs frames.
 *
 * A caller may give secrets of his own; else both ends are given one that follows from the seed. That
 * one protects nothing from who reads the result, and is for experiments about what sealing costs and
 * what faults do to it. Secrets are no part of a spec or a result.
 */
import type { SealKey } from "@faultline/protocol";
import { checksums } from "@faultline/protocol";
import type { FullSpec } from "../spec/types.ts";
import { labSecret } from "./streams.ts";

/** The keys of both ends; undefined: the spec needs none, and given ones are not used. */
export function keysOf(
  { checksum, seal, seed }: FullSpec,
  given: readonly SealKey[] | undefined,
): readonly SealKey[] | undefined {
  if (seal === null && !checksums[checksum].keyed) return undefined;
  return given ?? [{ id: "lab", secret: labSecret(seed) }];
}
