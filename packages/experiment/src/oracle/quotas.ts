/**
 * Runs with one fault that always strikes, so many times and no more: nothing is left to chance.
 *
 * Its quota is dealt over the clients in turn (faults' gate.ts). A client whose share is c fails its
 * first c attempts: ⌊c / n⌋ messages fail with all their n attempts, what is left over makes
 * retries of the next one, and from then on nothing happens.
 */
import type { FullFault, FullSpec } from "../spec/types.ts";
import { messagesOf } from "../plan/schedule.ts";
import { endingsOf } from "./attempts.ts";
import { messageLaw } from "./message.ts";
import { NoForm } from "./refusal.ts";
import type { Forecast, Sum } from "./terms.ts";

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function quotasForecast(spec: FullSpec): Forecast {
  const fault = quotaOf(spec);
  const { attemptsMax } = spec.client;
  const { clients, messages } = spec.workload;
  const quota = fault.countMax!;
  let [fired, failed] = [0, 0];
  for (let client = 0; client < clients; client += 1) {
    const share = Math.floor(quota / clients) + (client < quota % clients ? 1 : 0);
    const own = Math.min(share, messagesOf(spec.workload, client) * attemptsMax);
    fired += own;
    failed += Math.floor(own / attemptsMax);
  }
  const sure = (mean: number): Sum => ({ mean, variance: 0 });
  const delivered = messages - failed;
  const reason = `fault "${fault.id}" has a countMax, so the first messages take longer than the rest`;
  return {
    delivered: sure(delivered),
    counts: new Map([
      ["counts.attempts", sure(fired + delivered)],
      ["counts.retries", sure(fired + delivered - messages)],
      [`faults.${fault.id}.fired`, sure(fired)],
    ]),
    otherwise: `fault "${fault.id}" has a countMax, and fails attempts in several ways`,
    service: reason,
    latency: reason,
  };
}

function quotaOf(spec: FullSpec): FullFault {
  const { faults, workload } = spec;
  const [fault, other] = faults;
  if (fault === undefined || other !== undefined) {
    throw new NoForm(`"countMax" stands beside other faults`);
  }
  const { id, probability, firstMessages, everyMessages, direction } = fault;
  if (probability < 1) throw new NoForm(`fault "${id}" has a countMax, which chance uses up`);
  if ((firstMessages ?? everyMessages) !== null || direction === "both") {
    throw new NoForm(`fault "${id}" has a countMax beside other conditions`);
  }
  if (workload.inFlightMax > 1) {
    throw new NoForm(
      `"workload.inFlightMax" is above 1, so messages share a countMax in any order`,
    );
  }
  if (workload.ratePerSecond !== null) {
    throw new NoForm(`"workload.ratePerSecond" has messages wait for one another`);
  }
  const endings = endingsOf(spec, [fault]);
  if (endings.some(({ ended }) => ended === "reply")) {
    throw new NoForm(`fault "${id}" has a countMax and fails no attempt`);
  }
  // finds out whether the deadline leaves all attempts their time
  messageLaw(spec, endings, []);
  return fault;
}
