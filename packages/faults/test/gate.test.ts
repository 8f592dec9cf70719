/** firstMessages, everyMessages and countMax: which messages, and how many. */
import { expect, test } from "vitest";
import type { FaultSpec } from "../src/index.ts";
import { FaultChain } from "../src/index.ts";
import { chainOf, onlyStats, planOf, sessionOf, unitOf } from "./helpers.ts";

/** A run of three clients whose messages are dealt in turn. */
const CLIENTS = 3;

function runOf(fault: FaultSpec, sessionsMax = 100): FaultChain {
  const sessions = Array.from({ length: CLIENTS }, (_, client) => sessionOf(client).hex);
  return new FaultChain(planOf([fault], { sessions }), { sessionsMax });
}

/** Run-wide numbers of the messages that a fault acted on, of the first `count` of the run. */
function struck(chain: FaultChain, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index).filter((index) => {
    const { sessionHigh, sessionLow } = sessionOf(index % CLIENTS);
    const unit = unitOf({ sessionHigh, sessionLow, message: Math.floor(index / CLIENTS) });
    return chain.decide(unit, 0).records.length > 0;
  });
}

test("firstMessages means the first of the run, dealt over its clients", () => {
  expect(struck(runOf({ id: "f", kind: "loss", firstMessages: 4 }), 20)).toEqual([0, 1, 2, 3]);
});

test("firstMessages means all attempts of such a message", () => {
  const chain = chainOf({ id: "f", kind: "loss", firstMessages: 2 });
  for (const attempt of [1, 2, 9]) {
    expect(chain.decide(unitOf({ message: 1, attempt }), 0).fate).toBe("drop");
    expect(chain.decide(unitOf({ message: 2, attempt }), 0).fate).toBe("deliver");
  }
});

test("firstMessages of 0 means none", () => {
  expect(struck(runOf({ id: "f", kind: "loss", firstMessages: 0 }), 20)).toEqual([]);
});

test("everyMessages of 4 means the 4th, 8th and 12th of the run", () => {
  expect(struck(runOf({ id: "f", kind: "loss", everyMessages: 4 }), 14)).toEqual([3, 7, 11]);
});

test("a session that the run does not know counts for itself", () => {
  const chain = runOf({ id: "f", kind: "loss", firstMessages: 2, everyMessages: 2 });
  const fates = [0, 1, 2, 3].map((message) => chain.decide(unitOf({ message }), 0).fate);
  expect(fates).toEqual(["deliver", "drop", "deliver", "deliver"]);
});

test("countMax acts at most so often in the run, each client having its share", () => {
  const chain = runOf({ id: "f", kind: "loss", countMax: 4 });
  // Client 0 has two of the four, clients 1 and 2 one each.
  expect(struck(chain, 30)).toEqual([0, 1, 2, 3]);
  expect(onlyStats(chain)).toMatchObject({ fired: 4, eligible: 4, expected: 4 });
});

test("countMax does not depend on which client is faster", () => {
  const spec: FaultSpec = { id: "f", kind: "loss", countMax: 4 };
  const inTurn = struck(runOf(spec), 30);
  const chain = runOf(spec);
  const slowest = [2, 1, 0].flatMap((client) =>
    Array.from({ length: 10 }, (_, message) => ({ client, message })).filter(
      ({ message }) =>
        chain.decide(unitOf({ ...sessionOf(client), message }), 0).records.length > 0,
    ),
  );
  const indexes = slowest.map(({ client, message }) => message * CLIENTS + client);
  expect(indexes.toSorted((a, b) => a - b)).toEqual(inTurn);
});

test("countMax counts firings, not messages: what was spared is not spent", () => {
  const chain = chainOf({ id: "f", kind: "loss", probability: 0.1, countMax: 5 });
  for (let message = 0; message < 500; message += 1) chain.decide(unitOf({ message }), 0);
  const stats = onlyStats(chain);
  expect(stats.fired).toBe(5);
  // Eligible only while it could still act, so the expectation stays honest.
  expect(stats.eligible).toBeLessThan(200);
});

test("countMax is one count for both directions", () => {
  const chain = chainOf({ id: "f", kind: "loss", direction: "both", countMax: 3 });
  const fates = [0, 1, 2].flatMap((message) =>
    (["request", "reply"] as const).map(
      (direction) => chain.decide(unitOf({ message, direction }), 0).fate,
    ),
  );
  expect(fates).toEqual(["drop", "drop", "drop", "deliver", "deliver", "deliver"]);
});

test("countMax of a session not of the run is its own, and 0 means never", () => {
  const chain = runOf({ id: "f", kind: "loss", countMax: 1 });
  for (const sessionLow of [7, 8]) {
    expect(chain.decide(unitOf({ sessionLow }), 0).fate).toBe("drop");
    expect(chain.decide(unitOf({ sessionLow }), 0).fate).toBe("deliver");
  }
  expect(struck(runOf({ id: "f", kind: "loss", countMax: 0 }), 9)).toEqual([]);
});

test("as many sessions as sessionsMax keep their count; one more and the oldest begins anew", () => {
  const fateOf = (chain: FaultChain, sessionLow: number): string =>
    chain.decide(unitOf({ sessionLow }), 0).fate;
  const chain = runOf({ id: "f", kind: "loss", countMax: 1 }, 3);
  expect([1, 2, 3, 1, 2, 3].map((session) => fateOf(chain, session))).toEqual([
    "drop",
    "drop",
    "drop",
    "deliver",
    "deliver",
    "deliver",
  ]);
  // The fourth pushes out session 1, seen longest ago; session 3 is still known.
  expect([4, 3, 1].map((session) => fateOf(chain, session))).toEqual(["drop", "deliver", "drop"]);
});

test("gates combine: only every second of the first six, three at most", () => {
  const chain = chainOf({
    id: "f",
    kind: "loss",
    firstMessages: 8,
    everyMessages: 2,
    countMax: 3,
  });
  const hit = [...Array.from({ length: 20 }).keys()].filter(
    (message) => chain.decide(unitOf({ message }), 0).fate === "drop",
  );
  expect(hit).toEqual([1, 3, 5]);
});
