/** What the tests of this package share: units, chains and a way to ask about many units. */
import {
  type Decision,
  FaultChain,
  type FaultPlan,
  type FaultSpec,
  type FaultStats,
  type Unit,
} from "../src/index.ts";

/** 64 bytes 0, 1, 2 … */
export const BYTES: Uint8Array = Uint8Array.from({ length: 64 }, (_, index) => index);

/** The first attempt of message 0, as a reply over TCP, unless told otherwise. */
export function unitOf(other: Partial<Unit> = {}): Unit {
  return {
    kind: "message",
    direction: "reply",
    sessionHigh: 0xdeadbeef,
    sessionLow: 0x12345678,
    message: 0,
    attempt: 1,
    copy: 0,
    bytes: BYTES,
    stream: true,
    ...other,
  };
}

/** The session of client 0, 1, 2 … as a plan names it and as a unit carries it. */
export function sessionOf(client: number): Pick<Unit, "sessionHigh" | "sessionLow"> & {
  readonly hex: string;
} {
  const sessionHigh = 0xa0000000 + client;
  const sessionLow = 0xb0000000 + client;
  return { sessionHigh, sessionLow, hex: sessionHigh.toString(16) + sessionLow.toString(16) };
}

export function planOf(faults: readonly FaultSpec[], other: Partial<FaultPlan> = {}): FaultPlan {
  return { seed: 42, composition: "independent", faults, ...other };
}

export function chainOf(...faults: readonly FaultSpec[]): FaultChain {
  return new FaultChain(planOf(faults));
}

/** Decisions for messages 0 … count-1, all else as in `unitOf`. */
export function decideMany(
  chain: FaultChain,
  count: number,
  other: Partial<Unit> = {},
): Decision[] {
  return Array.from({ length: count }, (_, message) =>
    chain.decide(unitOf({ ...other, message }), message),
  );
}

/** The stats of the one fault of a chain. */
export function onlyStats(chain: FaultChain): FaultStats {
  const [stats, ...others] = chain.stats();
  if (stats === undefined || others.length > 0) throw new Error("not one fault");
  return stats;
}

/** What a decision says was done, fault by fault. */
export function deeds(decision: Pick<Decision, "records">): string[] {
  return decision.records.map(({ fault, did }) => `${fault}: ${did}`);
}

/** A list in an order that a small generator of the test's own makes up. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const list = [...items];
  let state = seed;
  for (let left = list.length; left > 1; left -= 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = Math.floor((state / 2 ** 32) * left);
    [list[left - 1], list[other]] = [list[other]!, list[left - 1]!];
  }
  return list;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}
