/**
 * Runs whose messages have nothing to do with each other: the law of one, times their number.
 *
 * Sums of independent figures: means add, variances add. The mean latency is a ratio of two sums
 * (times of delivered messages over delivered messages); about its expectation m it varies like
 * the mean of (T - m) over the delivered ones. One thing binds messages together: who gives up
 * with a broken link leaves the next one a connect to pay, which the times account for.
 */
import type { FullSpec } from "../spec/types.ts";
import { messagesOf } from "../plan/schedule.ts";
import { endingsOf } from "./attempts.ts";
import { type Group, groupsOf } from "./groups.ts";
import { type MessageLaw, messageLaw } from "./message.ts";
import { mixtureOf, type Way } from "./mixture.ts";
import { firstsOf, HINDERED, isUnhindered, luckOfFirsts } from "./pace.ts";
import { attempt, NoForm } from "./refusal.ts";
import type { Forecast, Sum, TimeLaw } from "./terms.ts";
import { connectUs } from "./wire.ts";

interface Share {
  readonly group: Group;
  readonly law: MessageLaw;
}

/**
 * What theory says of such a run.
 *
 * @throws NoForm
 */
export function independentForecast(spec: FullSpec): Forecast {
  const shares = groupsOf(spec).map((group) => ({
    group,
    law: messageLaw(spec, endingsOf(spec, group.faults), spec.faults),
  }));
  const longestUs = shares.reduce((most, { law }) => Math.max(most, law.longestUs), 0);
  const unhindered = isUnhindered(spec, longestUs);
  return {
    delivered: total(shares, ({ delivered }) => ({ mean: delivered, square: delivered })),
    counts: countsOf(shares),
    otherwise: `"kind" is slow-close, which acts on ends of streams and not on messages`,
    service: attempt(() => timeLaw(shares)),
    latency: unhindered ? attempt(() => latencyLaw(spec, shares)) : HINDERED,
  };
}

function total(
  shares: readonly Share[],
  of: (law: MessageLaw) => { readonly mean: number; readonly square: number },
): Sum {
  let [mean, variance] = [0, 0];
  for (const { group, law } of shares) {
    const figure = of(law);
    mean += group.messages * figure.mean;
    variance += group.messages * Math.max(0, figure.square - figure.mean * figure.mean);
  }
  return { mean, variance };
}

function countsOf(shares: readonly Share[]): Map<string, Sum> {
  const names = [...(shares[0]?.law.figures.keys() ?? [])];
  return new Map(names.map((name) => [name, total(shares, ({ figures }) => figures.get(name)!)]));
}

/** From the first sending: the ratio of sums, its variance by the delta method. */
function timeLaw(shares: readonly Share[], connect: Connect = NO_CONNECT): TimeLaw {
  const reason = shares.map(({ law }) => law.time).find((time) => typeof time === "string");
  if (reason !== undefined) throw new NoForm(reason);
  let [delivered, times] = [0, 0];
  for (const { group, law } of shares) {
    delivered += group.messages * law.delivered;
    times += group.messages * (law.time as { mean: number }).mean;
  }
  if (delivered === 0) throw new NoForm(`"faults" let nothing be delivered`);
  const ownUs = times / delivered;
  let spread = 0;
  for (const { group, law } of shares) {
    const { mean, square } = law.time as { mean: number; square: number };
    const off = mean - ownUs * law.delivered;
    const offSquare = square - 2 * ownUs * mean + ownUs * ownUs * law.delivered;
    spread += group.messages * Math.max(0, offSquare - off * off);
  }
  const { us, share, chance, firsts } = connect;
  const messages = shares.reduce((sum, { group }) => sum + group.messages, 0);
  return {
    meanUs: ownUs + us * share,
    varianceOfMean:
      spread / (delivered * delivered) +
      (chance * (1 - chance) * us * us) / delivered +
      luckOfFirsts(us, firsts, { messages, delivered }),
    spread: attempt(() => mixtureOf(waysOf(shares, connect))),
  };
}

/** What a message may have to wait for before it is first sent. */
interface Connect {
  readonly us: number;
  /** Share of messages that wait so. */
  readonly share: number;
  /** How much of that share is chance. */
  readonly chance: number;
  /** Messages that wait so for sure: the first of each client. */
  readonly firsts: number;
}

const NO_CONNECT: Connect = { us: 0, share: 0, chance: 0, firsts: 0 };

function latencyLaw(spec: FullSpec, shares: readonly Share[]): TimeLaw {
  const us = connectUs(spec);
  const chance = shares[0]?.law.breaks ?? 0;
  if (us > 0 && shares.length > 1 && shares.some(({ law }) => law.breaks > 0)) {
    throw new NoForm(`"firstMessages" or "everyMessages" decide whom a broken link delays`);
  }
  const { messages, clients } = spec.workload;
  let firsts = 0;
  for (let client = 0; client < clients; client += 1) {
    firsts += firstsOf(spec.workload, messagesOf(spec.workload, client));
  }
  const share = us === 0 ? 0 : (firsts + (messages - firsts) * chance) / messages;
  return timeLaw(shares, { us, share, chance: us === 0 ? 0 : chance, firsts });
}

function waysOf(shares: readonly Share[], { us, share }: Connect): Way[] {
  return shares.flatMap(({ group, law }) => {
    if (typeof law.ways === "string") throw new NoForm(law.ways);
    return law.ways.flatMap(({ weight, span }) => {
      const later = { ...span, fixedUs: span.fixedUs + us };
      return [
        { weight: weight * group.messages * (1 - share), span },
        { weight: weight * group.messages * share, span: later },
      ];
    });
  });
}
