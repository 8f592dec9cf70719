/**
 * The faults that the original server made, and what each client makes of them.
 *
 * The mix is drawn once for each attempt: 20 % an error reply, 20 % a delay of up to 10 s, 20 % a
 * damaged byte, 40 % nothing. Everybody sends every message on a connection of its own, as a run
 * of the original program does, so nobody's luck hangs on anybody else's.
 */
import type { ClientOptions } from "@faultline/client";
import type { FaultSpec } from "@faultline/faults";
import { FRAME_HEADER_BYTES } from "@faultline/protocol";
import type { Example, Report, Row } from "./example.ts";
import { fraction, numberOf, times } from "./fraction.ts";
import type { Fraction } from "./fraction.ts";
import { Lab, mean, MS_US, SECOND_US } from "./lab.ts";
import type { Kind } from "./late-law.ts";
import { deliveredWithLate } from "./late-law.ts";
import { sendAsOriginal } from "./original-client.ts";
import { originalServer } from "./original-server.ts";

const MESSAGES = 4000;
/** So many that a share of 99.95 % does not fall below 99.9 % by chance. */
const MESSAGES_MANY = 10_000;
const BODY_BYTES = 20;
const TRAILER_BYTES = 4;
/**
 * What the original client and server reach together: nothing happens (0.4), or a delay of up to
 * 9 s, since the second and the third attempt take a late reply for their own (0.2 * 0.9), or an
 * error; then the server ignores the retry, and the last attempt must succeed within its 3 s
 * (0.2 * (0.4 + 0.2 * 0.3)). Damage is the end at once.
 */
const ORIGINAL = 0.4 + 0.2 * 0.9 + 0.2 * (0.4 + 0.2 * 0.3);

const MIX: readonly FaultSpec[] = [
  { id: "drop", kind: "loss", probability: 0.2, answer: "error" },
  { id: "lag", kind: "delay", probability: 0.2, delayMs: 5000, jitterMs: 5000 },
  { id: "flip", kind: "corrupt", probability: 0.2, how: "byte" },
];

/** What became of one message. */
interface Ending {
  readonly delivered: boolean;
  readonly right: boolean;
  readonly attempts: number;
  readonly tookUs: number;
}

/** Text of message number n: as long as every other. */
function bodyOf(n: number): string {
  return `message ${n}`.padEnd(BODY_BYTES, ".");
}

/**
 * The chance that a message is delivered by at most three attempts of three seconds each. A damaged
 * header makes all that follows on a stream unreadable, so the link is dropped, and with it
 * what was still to come; a damaged payload is told by its checksum and costs nothing else.
 */
export function deliveredByThree(): Fraction {
  const frameBytes = FRAME_HEADER_BYTES + BODY_BYTES + TRAILER_BYTES;
  const fifth = fraction(1, 5);
  const roundTripUs = 100;
  const told = { stepUs: roundTripUs, isLate: false, cuts: false };
  const kinds: Kind[] = [
    { ...told, chance: fifth },
    { ...told, chance: times(fifth, fraction(frameBytes - FRAME_HEADER_BYTES, frameBytes)) },
    {
      chance: times(fifth, fraction(FRAME_HEADER_BYTES, frameBytes)),
      stepUs: 2 * roundTripUs, // and a new connection
      isLate: false,
      cuts: true,
    },
    { chance: fifth, stepUs: 3 * SECOND_US, isLate: true, cuts: false },
  ];
  const waitsUs = [100 * MS_US, 200 * MS_US];
  return deliveredWithLate({ kinds, waitsUs, roundTripUs, delayUsMax: 10 * SECOND_US });
}

/** Messages of the original client, each on a connection of its own, one after the other begun. */
function originals(lab: Lab): Ending[] {
  return together(lab, MESSAGES, (n, done) =>
    sendAsOriginal(lab.ports(), bodyOf(n), ({ attempts, delivered, reply, tookUs }) =>
      done({ delivered, attempts, tookUs, right: reply === bodyOf(n) }),
    ),
  );
}

/** Messages of this client, likewise. */
function ours(lab: Lab, messages: number, options: Partial<ClientOptions>): Ending[] {
  const decoder = new TextDecoder();
  return together(lab, messages, (n, done) => {
    const client = lab.client(options);
    client.submit(bodyOf(n), {}, ({ attempts, endedUs, outcome, reply, submittedUs }) => {
      void client.close();
      done({
        delivered: outcome === "delivered",
        attempts: attempts.length,
        tookUs: endedUs - submittedUs,
        right: reply !== undefined && decoder.decode(reply) === bodyOf(n),
      });
    });
  });
}

function together(
  lab: Lab,
  messages: number,
  send: (n: number, done: (ending: Ending) => void) => void,
): Ending[] {
  const endings: Ending[] = [];
  for (let n = 0; n < messages; n++) {
    lab.at(n * 10 * MS_US, () => send(n, (ending) => endings.push(ending)));
  }
  lab.run(() => endings.length === messages);
  return endings;
}

function rowOf(name: string, endings: readonly Ending[], expected: number | null): Row {
  const good = endings.filter(({ delivered }) => delivered);
  const wrong = good.filter(({ right }) => !right).length;
  const attempts = mean(endings.map((ending) => ending.attempts));
  const seconds = mean(good.map(({ tookUs }) => tookUs)) / SECOND_US;
  const percent = expected === null ? null : 100 * expected;
  return {
    name,
    figures: [(100 * good.length) / endings.length, percent, wrong, attempts, seconds],
  };
}

/** Whether a share of the messages is as a chance lets one expect: within four standard deviations. */
function fits(percent: number, chance: number): boolean {
  const deviation = Math.sqrt((chance * (1 - chance)) / MESSAGES);
  return Math.abs(percent / 100 - chance) <= 4 * deviation;
}

function run(seed: number): Report {
  // As on loopback, nothing so short is ever cut in two: the original reads a piece for the whole.
  const world = { seed, stream: { cut: 0 } } as const;
  const mixed = { ...world, faults: MIX, composition: "exclusive" } as const;
  const three = numberOf(deliveredByThree());
  const rows = [
    rowOf(
      "original, at its own server",
      originals(new Lab({ ...world, accept: originalServer(seed) })),
      ORIGINAL,
    ),
    rowOf(
      "original, at this server",
      originals(new Lab({ ...mixed, server: { codec: "pipe" } })),
      null,
    ),
    rowOf("this one, 3 attempts of 3 s", ours(new Lab(mixed), MESSAGES, { attemptsMax: 3 }), three),
    rowOf(
      "this one, as it comes, 60 s",
      ours(new Lab(mixed), MESSAGES_MANY, { deadlineMs: 60_000 }),
      null,
    ),
  ];
  const at = (row: number, column: number): number => rows[row]?.figures[column] ?? 0;
  return {
    columns: [
      { title: "delivered %", decimals: 2 },
      { title: "by theory %", decimals: 2 },
      { title: "wrong bodies" },
      { title: "attempts", decimals: 2 },
      { title: "mean s", decimals: 2 },
    ],
    rows,
    claims: [
      { says: "the original delivers two messages of three", holds: fits(at(0, 0), ORIGINAL) },
      { says: "with three attempts, as many as theory allows", holds: fits(at(2, 0), three) },
      { says: "with its defaults and a minute, at least 99.9 %", holds: at(3, 0) >= 99.9 },
      { says: "and never a wrong body", holds: at(2, 2) + at(3, 2) === 0 },
    ],
  };
}

/** @see module */
export const originalMix: Example = {
  name: "original-mix",
  title: "The original's faults: 20 % errors, 20 % delays of up to 10 s, 20 % damage",
  text: `One draw for every attempt, a connection for every message; ${MESSAGES} messages in each of the
first three rows, ${MESSAGES_MANY} in the last.`,
  run,
};
