/**
 * What a rate does to the times: messages that are planned while others are open wait in a queue.
 *
 * With an even rate nobody waits where even the longest course of a message is over before its place
 * in flight is wanted again. Otherwise latency has no form here (but see queues.ts), and the rest has
 * one only where the queue is short beside the deadline, which runs from the plan.
 */
import type { FullSpec } from "../spec/types.ts";
import { NoForm } from "./refusal.ts";
import { usOf } from "./wire.ts";

const US_PER_SECOND = 1_000_000;
/** Load up to which a queue is certainly short. */
const LOAD_MAX = 0.5;
/** So many of the longest courses fit before the deadline. */
const COURSES_MIN = 20;

/**
 * Whether latency is all a message's own, no course being longer than `longestUs`.
 *
 * @throws NoForm where messages may wait past their deadline
 */
export function isUnhindered({ workload, client }: FullSpec, longestUs: number): boolean {
  const { ratePerSecond, clients, inFlightMax, arrivals } = workload;
  if (ratePerSecond === null) return true;
  const spareUs = (clients * inFlightMax * US_PER_SECOND) / ratePerSecond;
  if (arrivals === "uniform" && longestUs < spareUs) return true;
  if (longestUs < spareUs * LOAD_MAX && longestUs * COURSES_MIN < usOf(client.deadlineMs)) {
    return false;
  }
  throw new NoForm(`"workload.ratePerSecond" may have messages wait past "client.deadlineMs"`);
}

/** Why latency has no form where messages wait. */
export const HINDERED = `"workload.ratePerSecond" has messages wait for one another`;

/** A client's messages that ask for its first link together. */
export function firstsOf(
  { inFlightMax, ratePerSecond }: FullSpec["workload"],
  own: number,
): number {
  return Math.min(own, ratePerSecond === null ? inFlightMax : 1);
}

/**
 * What a connect before so many first messages adds to the variance of a mean time: whether each of
 * them is among the delivered.
 */
export function luckOfFirsts(
  connect: number,
  firsts: number,
  { messages, delivered }: { readonly messages: number; readonly delivered: number },
): number {
  const chance = delivered / messages;
  return (connect * connect * firsts * chance * Math.max(0, 1 - chance)) / (delivered * delivered);
}
