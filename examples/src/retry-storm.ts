/**
 * An outage under load: what the attempts to get through add to it.
 *
 * Operations come at 100 a second; for 30 s of them, and for 20 s more, the server takes everything and
 * answers nothing. A client that repeats each of them a few times multiplies the load of a
 * server that cannot even bear it once; one whose retries are paid for does not. Half a second after
 * the server is back, operations must succeed as if nothing had been.
 */
import type { ClientOptions } from "@faultline/client";
import type { FaultSpec } from "@faultline/faults";
import { NaiveClient } from "@faultline/testkit/naive";
import type { Example, Report, Row } from "./example.ts";
import { Lab, mean, SECOND_US } from "./lab.ts";
import { sendAsOriginal } from "./original-client.ts";

const PER_SECOND = 100;
const OPERATIONS = 30 * PER_SECOND;
/** When operations come that are counted, and when the server is back. */
const OUTAGE_US = 10 * SECOND_US;
const BACK_US = 60 * SECOND_US;

const SILENCE: FaultSpec = { id: "outage", kind: "loss", direction: "request" };
const LOSSES: FaultSpec = { id: "losses", kind: "loss", probability: 0.05, answer: "error" };

/** What became of one operation. */
interface Ending {
  readonly ok: boolean;
  readonly sends: number;
}

type Send = (done: (ending: Ending) => void) => void;

function darkened(seed: number, codec: "frame" | "pipe" = "frame"): Lab {
  const lab = new Lab({ seed, server: { codec } });
  lab.setFaults(OUTAGE_US, [SILENCE]);
  lab.setFaults(BACK_US, []);
  return lab;
}

/** Sends so many operations from a time on, and waits for all of them. */
function steady(lab: Lab, fromUs: number, send: Send): Ending[] {
  const endings: Ending[] = [];
  for (let n = 0; n < OPERATIONS; n++) {
    const atUs = fromUs + (n * SECOND_US) / PER_SECOND;
    lab.at(atUs, () => send((ending) => endings.push(ending)));
  }
  lab.run(() => endings.length === OPERATIONS);
  return endings;
}

function naive(lab: Lab): Send {
  const client = new NaiveClient(lab.ports());
  return (done) => client.submit("x", ({ attempts, ok }) => done({ ok, sends: attempts }));
}

function original(lab: Lab): Send {
  return (done) =>
    sendAsOriginal(lab.ports(), "x", ({ attempts, delivered }) =>
      done({ ok: delivered, sends: attempts }),
    );
}

function ours(lab: Lab, options: Partial<ClientOptions> = {}): Send {
  const client = lab.client({ inFlightMax: 1024, queueMax: OPERATIONS, ...options });
  return (done) =>
    void client.submit("x", {}, ({ attempts, outcome }) =>
      done({ ok: outcome === "delivered", sends: attempts.length }),
    );
}

function rowOf(name: string, endings: readonly Ending[]): Row {
  const ok = endings.filter((ending) => ending.ok).length;
  const sends = mean(endings.map((ending) => ending.sends));
  return { name, figures: [endings.length, sends, (100 * ok) / endings.length] };
}

function run(seed: number): Report {
  const dark = darkened(seed);
  const send = ours(dark);
  const unbudgeted = darkened(seed);
  const lossy = new Lab({ seed, faults: [LOSSES] });
  const piped = darkened(seed, "pipe");
  const naiveLab = darkened(seed);
  const rows = [
    rowOf("naive, in the outage", steady(naiveLab, OUTAGE_US, naive(naiveLab))),
    rowOf("original, in the outage", steady(piped, OUTAGE_US, original(piped))),
    rowOf(
      "this one without its budget",
      steady(unbudgeted, OUTAGE_US, ours(unbudgeted, { retryBudget: null })),
    ),
    rowOf("this one, in the outage", steady(dark, OUTAGE_US, send)),
    rowOf("… and half a second after it", steady(dark, BACK_US + SECOND_US / 2, send)),
    rowOf("this one, 5 % of attempts lost", steady(lossy, 0, ours(lossy))),
  ];
  const [naiveSends, , , oursSends] = rows.map(({ figures }) => figures[1] ?? 0);
  const [, , , , after, losses] = rows.map(({ figures }) => figures[2] ?? 0);
  return {
    columns: [
      { title: "operations" },
      { title: "sends each", decimals: 3 },
      { title: "delivered %", decimals: 2 },
    ],
    rows,
    claims: [
      { says: "a naive client sends everything four times", holds: naiveSends === 4 },
      { says: "this one adds at most 5 %", holds: (oursSends ?? 2) <= 1.05 },
      { says: "everything is delivered once the outage is over", holds: after === 100 },
      {
        says: "with 5 % random failures at least 99.5 % are delivered",
        holds: (losses ?? 0) >= 99.5,
      },
    ],
  };
}

/** @see module */
export const retryStorm: Example = {
  name: "retry-storm",
  title: "Load in an outage: what retries add to it",
  text: `${PER_SECOND} operations a second, 30 s long, at a server that answers none of them.`,
  run,
};
