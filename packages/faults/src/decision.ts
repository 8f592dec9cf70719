/**
 * Composition: from the verdicts of a chain to one decision.
 *
 *   pass       nothing                      drop, answer, reset, harm, silence    the end
 *   delay      adds up                      duplicate   copies add up
 *   replace    what the next fault sees     hold        gaps and waits add up
 *                                           slice       cuts of all slices, the longest pause
 */
import type { Decision, FaultRecord, Unit, Verdict } from "./verdict.ts";

/** The decision for a unit that no fault acted on: one shared, frozen object. */
export const PASS_DECISION: Decision = Object.freeze({
  fate: "deliver",
  delayUs: 0,
  bytes: undefined,
  replaced: false,
  copies: 0,
  hold: undefined,
  slice: undefined,
  records: Object.freeze([]),
});

/** A verdict that does something. */
export type Deed = Exclude<Verdict, { readonly do: "pass" }>;

type Slices = NonNullable<Decision["slice"]>;

/** Sums up verdicts, one unit after the other. */
export class Composer {
  #fate: Decision["fate"] = "deliver";
  #delayUs = 0;
  #bytes: Uint8Array | undefined;
  #copies = 0;
  #hold: Decision["hold"];
  #slice: Slices | undefined;
  #harm: Decision["harm"];
  #records: FaultRecord[] = [];

  /** Whether the unit goes nowhere, so that no more faults are asked. */
  get ended(): boolean {
    return this.#fate !== "deliver";
  }

  /** Takes in what a fault does, with the proof of it. */
  add(verdict: Deed, record: FaultRecord): void {
    this.#records.push(record);
    switch (verdict.do) {
      case "delay":
        this.#delayUs += verdict.delayUs;
        return;
      case "replace":
        this.#bytes = verdict.bytes;
        return;
      case "duplicate":
        this.#copies += verdict.copies;
        return;
      case "hold":
        this.#hold = {
          gap: verdict.gap + (this.#hold?.gap ?? 0),
          delayUs: verdict.delayUs + (this.#hold?.delayUs ?? 0),
        };
        return;
      case "slice":
        this.#slice = this.#slice === undefined ? verdict : mergeSlices(this.#slice, verdict);
        return;
      case "drop":
      case "answer":
      case "reset":
      case "silence":
        this.#fate = verdict.do;
        return;
      case "harm":
        this.#fate = "harm";
        this.#harm = verdict.harm;
        return;
      default:
        verdict satisfies never;
    }
  }

  /** The decision for `unit`; the composer starts over. */
  take(unit: Unit): Decision {
    if (this.#records.length === 0) return PASS_DECISION;
    const length = (this.#bytes ?? unit.bytes).length;
    const decision: Decision = {
      fate: this.#fate,
      delayUs: this.#delayUs,
      bytes: this.#bytes,
      replaced: this.#bytes !== undefined,
      copies: this.#copies,
      hold: this.#hold,
      slice: this.#slice === undefined ? undefined : clipSlices(this.#slice, length),
      ...(this.#harm && { harm: this.#harm }),
      records: this.#records,
    };
    this.#clear();
    return decision;
  }

  #clear(): void {
    this.#fate = "deliver";
    this.#delayUs = 0;
    this.#bytes = undefined;
    this.#copies = 0;
    this.#hold = undefined;
    this.#slice = undefined;
    this.#harm = undefined;
    this.#records = [];
  }
}

/** What a verdict does, in a few words with its figures. */
export function describe(verdict: Deed): string {
  switch (verdict.do) {
    case "delay":
      return `delayed ${verdict.delayUs} us`;
    case "drop":
      return "dropped";
    case "answer":
      return "dropped, answered with an error";
    case "replace":
    case "harm":
      return verdict.did;
    case "duplicate":
      return verdict.copies === 1 ? "sent 1 extra copy" : `sent ${verdict.copies} extra copies`;
    case "hold":
      return `held back for ${verdict.gap} later, at most ${verdict.delayUs} us`;
    case "slice":
      return `sliced into ${verdict.sizes.length} pieces, ${verdict.delayUs} us apart`;
    case "reset":
      return "reset the connection";
    case "silence":
      return "silenced the connection";
    default:
      return verdict satisfies never;
  }
}

/** Cuts wherever either cuts. */
function mergeSlices(one: Slices, other: Slices): Slices {
  const cuts = new Set([...cutsOf(one.sizes), ...cutsOf(other.sizes)]);
  const sizes: number[] = [];
  let from = 0;
  for (const cut of [...cuts].toSorted((a, b) => a - b)) {
    sizes.push(cut - from);
    from = cut;
  }
  return { sizes, delayUs: Math.max(one.delayUs, other.delayUs) };
}

/** Where each piece ends. */
function cutsOf(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.map((size) => (end += size));
}

/** Fits the pieces to bytes that a later fault has cut short; undefined when one piece is left. */
function clipSlices(slices: Slices, length: number): Slices | undefined {
  const sizes: number[] = [];
  let left = length;
  for (const size of slices.sizes) {
    if (left <= 0) break;
    sizes.push(Math.min(size, left));
    left -= size;
  }
  return sizes.length > 1 ? { sizes, delayUs: slices.delayUs } : undefined;
}
