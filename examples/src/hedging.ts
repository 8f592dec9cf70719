/**
 * The tail of latency with and without hedging, and what hedging costs when all is slow.
 *
 * In calm weather one reply in thirty-three is slow, by chance: asking a second time nearly always finds
 * a quick one. In an outage every reply is slow, and a client that hedges by a fixed delay
 * doubles the load; one whose hedges are earned does not.
 */
import type { Hedge } from "@faultline/client";
import { createHedge } from "@faultline/client";
import type { FaultSpec } from "@faultline/faults";
import type { Example, Report, Row } from "./example.ts";
import { Lab, mean, MS_US, quantile, SECOND_US } from "./lab.ts";

const PER_SECOND = 100;
const MESSAGES = 10_000;
/** The first messages are there to learn from, and are not counted. */
const LEARNT = 500;

const SLOW: FaultSpec = {
  id: "slow",
  kind: "delay",
  probability: 0.03,
  delayMs: 300,
  jitterMs: 100,
};
const ALL_SLOW: FaultSpec = { id: "all-slow", kind: "delay", delayMs: 200 };

/** Sends a second attempt whenever a reply is later than this: the obvious way. */
function always(delayUs: number): Hedge {
  return { delayUs, earn: () => {}, spend: () => true, sample: () => {} };
}

/** The latencies and attempts of all messages but those to learn from. */
function measure(lab: Lab, hedge: Hedge | null): { latenciesUs: number[]; attempts: number } {
  const client = lab.client({ inFlightMax: 256, hedge });
  const latenciesUs: number[] = [];
  let [done, attempts] = [0, 0];
  for (let n = 0; n < MESSAGES; n++) {
    lab.at((n * SECOND_US) / PER_SECOND, () =>
      client.submit("x", {}, (outcome) => {
        done++;
        if (n < LEARNT) return;
        attempts += outcome.attempts.length;
        latenciesUs.push(outcome.endedUs - outcome.submittedUs);
      }),
    );
  }
  lab.run(() => done === MESSAGES);
  return { latenciesUs, attempts: attempts / (MESSAGES - LEARNT) };
}

function rowOf(name: string, { attempts, latenciesUs }: ReturnType<typeof measure>): Row {
  const ms = [0.5, 0.99, 0.999].map((share) => quantile(latenciesUs, share) / MS_US);
  return { name, figures: [mean(latenciesUs) / MS_US, ...ms, attempts] };
}

function run(seed: number): Report {
  const link = { delayUs: 5 * MS_US, jitterUs: 5 * MS_US };
  const calm = (): Lab => new Lab({ seed, link, faults: [SLOW] });
  const outage = (): Lab => {
    const lab = new Lab({ seed, link });
    lab.setFaults((LEARNT * SECOND_US) / PER_SECOND, [ALL_SLOW]);
    return lab;
  };
  const rows = [
    rowOf("3 % slow, not hedged", measure(calm(), null)),
    rowOf("3 % slow, hedged", measure(calm(), createHedge())),
    rowOf("all slow, not hedged", measure(outage(), null)),
    rowOf("all slow, hedged after 50 ms", measure(outage(), always(50 * MS_US))),
    rowOf("all slow, hedged", measure(outage(), createHedge())),
  ];
  const p99 = rows.map(({ figures }) => figures[2] ?? 0);
  const attempts = rows.map(({ figures }) => figures[4] ?? 0);
  return {
    columns: [
      { title: "mean ms", decimals: 1 },
      { title: "p50 ms", decimals: 1 },
      { title: "p99 ms", decimals: 1 },
      { title: "p99.9 ms", decimals: 1 },
      { title: "attempts", decimals: 3 },
    ],
    rows,
    claims: [
      { says: "hedging cuts the 99th percentile to a fifth", holds: p99[1]! <= p99[0]! / 5 },
      { says: "for at most 5 % more load", holds: attempts[1]! <= 1.05 },
      { says: "where all is slow, a fixed delay doubles the load", holds: attempts[3] === 2 },
      { says: "and this one adds 5 % at most", holds: attempts[4]! <= 1.052 },
    ],
  };
}

/** @see module */
export const hedging: Example = {
  name: "hedging",
  title: "Tail latency with and without hedging, and its price when all is slow",
  text: `${MESSAGES} messages at ${PER_SECOND} a second; a round trip of 10 to 20 ms.`,
  run,
};
