/**
 * A failing run in plain words: who sent what, which message met which fault when, what followed,
 * and what should have held. One paragraph, for somebody who has never seen the spec.
 */
import type { ExchangeLine } from "../result/types.ts";
import type { FullSpec, ServerEvent } from "../spec/types.ts";
import { type Failure, type MessagePlace, shouldHave } from "./failure.ts";
import type { Firing } from "./firings.ts";
import type { Trial } from "./trial.ts";

/** Messages whose fate is told one by one. */
const TOLD_MAX = 5;
/** Faults that are told one by one. */
const FIRINGS_TOLD_MAX = 12;
const US_PER_MS = 1_000;

/** The paragraph. */
export function tell(spec: FullSpec, trial: Trial, failure: Failure): string {
  const happened = [...trial.firings.map(firingEntry(spec)), ...spec.events.map(eventEntry)]
    .toSorted((a, b) => a.atUs - b.atUs)
    .map(({ atUs, text }) => `At ${ms(atUs)} ms ${text}.`);
  const told = happened.slice(0, FIRINGS_TOLD_MAX);
  const more = happened.length - told.length;
  return [
    opening(spec),
    ...(happened.length === 0 ? ["No fault is needed."] : told),
    ...(more > 0 ? [`${more} more faults follow.`] : []),
    ...fates(trial, failure),
    `So it fails: ${failure.message}.`,
    `What should have held: ${shouldHave(failure.signature)}.`,
  ].join(" ");
}

function opening({ seed, transport, workload }: FullSpec): string {
  const { clients, messages, inFlightMax } = workload;
  const who = clients === 1 ? "one client sends" : `${clients} clients send`;
  const what = messages === 1 ? "one message" : `${messages} messages`;
  const how = inFlightMax === 1 ? "one at a time" : `up to ${inFlightMax} at once`;
  return `With seed ${seed}, ${who} ${what} over ${transport}, ${how}.`;
}

interface Entry {
  readonly atUs: number;
  readonly text: string;
}

function firingEntry(spec: FullSpec): (firing: Firing) => Entry {
  return ({ fault, client, message, attempt, direction, copy, did, atUs }) => {
    const end = attempt === 0;
    const which = `${copy > 0 ? `copy ${copy} of ` : ""}the ${direction}`;
    const unit = end
      ? `the end of the stream of client ${client} (${direction})`
      : `${which} of ${nameOf({ client, message }, spec)}, attempt ${attempt},`;
    return { atUs, text: `${unit} meets ${fault}: ${did}` };
  };
}

const DEEDS: Readonly<Record<ServerEvent["kind"], string>> = {
  crash: "the server crashes",
  restart: "the server restarts, its memory empty",
  pause: "the server stops where it is",
  resume: "the server goes on",
};

function eventEntry({ atMs, kind, connections }: ServerEvent): Entry {
  const how =
    kind === "crash"
      ? connections === "reset"
        ? ", its connections are reset"
        : ", its connections fall silent"
      : "";
  return { atUs: Math.round(atMs * US_PER_MS), text: DEEDS[kind] + how };
}

/** What became of the messages that met a fault, and of the one it was seen on. */
function fates({ lines, firings }: Trial, { place }: Failure): string[] {
  const wanted = new Set(firings.map(keyOf));
  if (place !== null) wanted.add(keyOf(place));
  const concerned = lines.filter((line) => wanted.has(keyOf(line)));
  return concerned.slice(0, TOLD_MAX).map((line) => {
    const attempts = line.attempts.map(attemptText).join(", ");
    const tries = attempts === "" ? "was never sent" : `went ${attempts}`;
    return `Message ${line.message} of client ${line.client} ${tries}: ${line.outcome}.`;
  });
}

function attemptText({
  attempt,
  sentUs,
  endedUs,
  ended,
}: ExchangeLine["attempts"][number]): string {
  return `attempt ${attempt} out at ${ms(sentUs)} ms and ended at ${ms(endedUs)} ms (${ended})`;
}

function nameOf({ client, message }: MessagePlace, spec: FullSpec): string {
  return spec.workload.clients === 1
    ? `message ${message}`
    : `message ${message} of client ${client}`;
}

function keyOf({ client, message }: MessagePlace): string {
  return `${client}/${message}`;
}

function ms(us: number): string {
  return String(us / US_PER_MS);
}
