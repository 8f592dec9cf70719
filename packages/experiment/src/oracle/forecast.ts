/**
 * What theory says of a run before it is run, from its spec alone: the choice of a model.
 *
 *   bandwidth ──► queues      black hole, partition ──► silences      burst ──► bursts
 *   countMax ──► quotas       all else ──► independent, and where replies may be late: stragglers
 *
 * Each model has its file, its formulae and its conditions; where none holds there is a reason
 * instead of a number, which names the setting. A guess would be worse than silence. On sockets,
 * times belong to the machine, and so the oracles of time are silent there.
 */
import type { FullSpec } from "../spec/types.ts";
import { burstsForecast } from "./bursts.ts";
import { independentForecast } from "./independent.ts";
import { queuesForecast } from "./queues.ts";
import { quotasForecast } from "./quotas.ts";
import { attempt, NoForm } from "./refusal.ts";
import { silencesForecast } from "./silences.ts";
import { stragglersForecast } from "./stragglers.ts";
import type { Forecast } from "./terms.ts";
import { waitSums } from "./waits.ts";

/** A link that is silent for longer is closed by the server (its idle timeout, less a margin). */
const PAUSE_MS_MAX = 200_000;
const MS_PER_SECOND = 1_000;

/** What theory says of a run. */
export function forecastOf(spec: FullSpec): Forecast {
  const forecast = attempt(() => {
    checkCommon(spec);
    return modelOf(spec)(spec);
  });
  if (typeof forecast !== "string") {
    return spec.mode === "simulated" ? forecast : { ...forecast, latency: REAL, service: REAL };
  }
  const times = spec.mode === "simulated" ? forecast : REAL;
  const counts = new Map<string, never>();
  return { delivered: forecast, counts, otherwise: forecast, latency: times, service: times };
}

/** The closed form of the delivery ratio for this spec, or null. */
export function expectedDelivery(spec: FullSpec): number | null {
  const { delivered } = forecastOf(spec);
  return typeof delivered === "string" ? null : delivered.mean / spec.workload.messages;
}

const REAL = `"mode" is real: how long things take belongs to the machine`;

function modelOf({ faults }: FullSpec): (spec: FullSpec) => Forecast {
  const has = (kind: string): boolean => faults.some((fault) => fault.kind === kind);
  if (has("bandwidth")) return queuesForecast;
  if (has("blackhole")) return silencesForecast;
  const cuts = faults.some((fault) => {
    const { kind, probability, firstMessages, everyMessages, countMax } = fault;
    const gated = (firstMessages ?? everyMessages ?? countMax) !== null;
    return kind === "partition" && probability === 1 && !gated;
  });
  if (cuts) return silencesForecast;
  if (has("burst-loss")) return burstsForecast;
  if (faults.some(({ countMax }) => countMax !== null)) return quotasForecast;
  return aloneOrLate;
}

/** Where replies cannot be late, messages are simple; else see whether their races are. */
function aloneOrLate(spec: FullSpec): Forecast {
  const alone = attempt(() => independentForecast(spec));
  if (typeof alone !== "string") return alone;
  if (spec.mode === "real") throw new NoForm(alone);
  const late = attempt(() => stragglersForecast(spec));
  if (typeof late !== "string") return late;
  throw new NoForm(alone.includes("attemptTimeoutMs") ? late : alone);
}

/** Conditions of every model. */
function checkCommon(spec: FullSpec): void {
  const { phases, workload, codec, client, faults, schedule, events, network } = spec;
  if (schedule !== null) throw new NoForm(`"schedule" says what happens, so nothing is drawn`);
  if (events.length > 0) throw new NoForm(`"events" strike the server at their time`);
  if (network !== null) throw new NoForm(`"network" delays and loses packets, not messages`);
  if (phases !== null) throw new NoForm(`"phases" change the faults by the clock`);
  if (codec !== "frame") throw new NoForm(`"codec" is pipe, whose messages have no identity`);
  if (workload.bodies !== null) throw new NoForm(`"workload.bodies" are the spec's own`);
  if (client.retryBudget !== null) throw new NoForm(`"client.retryBudget" may refuse retries`);
  if (client.datagrams !== "plain")
    throw new NoForm(`"client.datagrams" are packets, with times of their own`);
  const { attemptTimeoutMs, attemptsMax, backoff } = client;
  const waitMs = waitSums(backoff, attemptsMax - 1).at(-1)!.lastMostUs / MS_PER_SECOND;
  const holdMs = faults.map((fault) => ("delayMs" in fault ? fault.delayMs : 0));
  const { ratePerSecond, clients } = workload;
  const gapMs = ratePerSecond === null ? 0 : (clients * MS_PER_SECOND) / ratePerSecond;
  if (Math.max(attemptTimeoutMs, waitMs, gapMs, ...holdMs) > PAUSE_MS_MAX) {
    throw new NoForm(
      `"client", "faults" or "workload.ratePerSecond" may leave a link idle for over ${PAUSE_MS_MAX} ms, which closes it`,
    );
  }
}
