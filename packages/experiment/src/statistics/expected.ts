/**
 * The delivery ratio a spec promises, where a closed form exists; null everywhere else.
 *
 * With f the chance that one attempt fails and n attempts that all fit before the deadline, a
 * message is delivered with 1 - f^n. Burst loss is the same over a two-state chain. It holds
 * where attempts fail alone: one message in flight, no phases, no fault that counts messages.
 * A guess would be worse than null, so everything doubtful (bandwidth, slicing, black holes, a
 * duplicate beside a loss, a truncated frame that eats its successor on a stream) is null.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { worstCaseMs } from "./waiting.ts";

/** How much of a time limit may be used up before chance on the machine decides: the rest is slack. */
const SLACK = 0.8;

/** The closed form for this spec, or null. */
export function expectedDelivery(spec: FullSpec): number | null {
  if (spec.schedule !== null || spec.events.length > 0) return null;
  if (spec.phases !== null || spec.workload.bodies !== null || spec.codec !== "frame") return null;
  const { faults } = spec;
  if (!faults.every((fault) => isPlain(fault) && isTame(fault, spec))) return null;
  const failing = faults.filter(({ kind }) => FAILING.has(kind));
  if (
    failing.length > 0 &&
    (spec.workload.inFlightMax !== 1 || faults.some(({ kind }) => kind === "duplicate"))
  ) {
    return null;
  }
  const n = spec.client.attemptsMax;
  if (failing.some((fault) => isSilent(fault)) && !fits(spec)) return null;
  const burst = failing.find((fault) => fault.kind === "burst-loss");
  if (burst === undefined) return 1 - power(attemptFailure(failing, spec.composition), n);
  return failing.length === 1 ? burstDelivery(burst, n) : null;
}

const FAILING: ReadonlySet<string> = new Set(["loss", "corrupt", "reset", "burst-loss"]);

/** A fault that treats every message alike. */
function isPlain(fault: FullFault): boolean {
  return fault.firstMessages === null && fault.everyMessages === null && fault.countMax === null;
}

/** A fault whose effect on one attempt is known: it fails, or it does not. */
function isTame(fault: FullFault, spec: FullSpec): boolean {
  const timeoutMs = spec.client.attemptTimeoutMs * SLACK;
  switch (fault.kind) {
    case "loss":
    case "duplicate":
      return true;
    case "corrupt":
      return spec.checksum !== "none" && (spec.transport === "udp" || fault.how !== "truncate");
    case "reset":
      return true;
    case "burst-loss":
      return (
        fault.direction !== "both" && fault.probability === 1 && spec.composition === "independent"
      );
    case "reorder":
      return 2 * fault.delayMs < timeoutMs;
    case "delay": {
      const bounded = fault.distribution === "constant" || fault.distribution === "uniform";
      return bounded && 2 * (fault.delayMs + fault.jitterMs) < timeoutMs;
    }
    default:
      return false;
  }
}

/** Whether the client may learn of the failure only by its timeout. */
function isSilent(fault: FullFault): boolean {
  return fault.kind !== "loss" || fault.answer === "silence";
}

/** Whether every attempt, each failing as late as it can, still starts well before the deadline. */
function fits({ client }: FullSpec): boolean {
  return worstCaseMs(client) < client.deadlineMs * SLACK;
}

/** Chance that one attempt fails. */
function attemptFailure(
  failing: readonly FullFault[],
  composition: FullSpec["composition"],
): number {
  if (composition === "exclusive")
    return failing.reduce((sum, fault) => sum + fault.probability, 0);
  const passing = failing.reduce((product, { probability, direction }) => {
    const once = 1 - probability;
    return product * (direction === "both" ? once * once : once);
  }, 1);
  return 1 - passing;
}

type BurstLoss = Extract<FullFault, { readonly kind: "burst-loss" }>;

/** 1 - P(n attempts in a row are lost), started in the stationary distribution (Gilbert 1960, Elliott 1963). */
function burstDelivery({ p, r, lossInBad, lossInGood }: BurstLoss, n: number): number {
  let bad = p + r === 0 ? 0 : p / (p + r);
  let good = 1 - bad;
  let lost = 1;
  for (let attempt = 0; attempt < n; attempt += 1) {
    const badLost = bad * lossInBad;
    const goodLost = good * lossInGood;
    lost = badLost + goodLost;
    bad = badLost * (1 - r) + goodLost * p;
    good = badLost * r + goodLost * (1 - p);
  }
  return 1 - lost;
}

function power(base: number, exponent: number): number {
  let product = 1;
  for (let n = 0; n < exponent; n += 1) product *= base;
  return product;
}
