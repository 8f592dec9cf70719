/** What a client tells of itself: every kind of event happens when it should, and an error tells it all. */
import { RETRY_AFTER_STOP } from "@faultline/protocol";
import { describe, expect, test, vi } from "vitest";
import type { ClientEvent, ClientOptions, NotDelivered } from "../src/index.ts";
import {
  AttemptError,
  ClientError,
  createBreaker,
  createHedge,
  createRetryBudget,
  errorOf,
  listeners,
} from "../src/index.ts";
import { Reporter } from "../src/reporter.ts";
import type { Request } from "./support/world.ts";
import { troubled, World } from "./support/world.ts";

const QUICK = { firstMs: 1, jitter: "none" } as const;

function eventsOf(world: World, ...names: ClientEvent["event"][]): ClientEvent[] {
  return world.events.filter(({ event }) => names.includes(event));
}

describe("the events", () => {
  test("of a message tell its course from the door to the outcome", () => {
    const world = troubled();
    world.submit("one");
    world.submit("two");
    world.clock.runUntilIdle();
    expect(world.eventNames("dial", "open")).toEqual([
      "submitted",
      "submitted",
      "queued",
      "sent",
      "attempt-ended",
      "backoff",
      "ping",
      "sent",
      "attempt-ended",
      "backoff",
      "sent",
      "attempt-ended",
      "settled",
      "placed",
      "sent",
      "attempt-ended",
      "backoff",
      "ping",
      "sent",
      "attempt-ended",
      "backoff",
      "sent",
      "attempt-ended",
      "settled",
    ]);
    const tookUs = 50_000 + 10_000 + 5000 + 20_000 + 5000;
    expect(eventsOf(world, "submitted", "queued", "placed")).toEqual([
      { event: "submitted", atUs: 0, operation: 0, bytes: 3 },
      { event: "submitted", atUs: 0, operation: 1, bytes: 3 },
      { event: "queued", atUs: 0, operation: 1, waiting: 1 },
      { event: "placed", atUs: tookUs, operation: 1, waitedUs: tookUs },
    ]);
    expect(eventsOf(world, "attempt-ended").slice(0, 3)).toMatchObject([
      { attempt: 1, ended: "timeout", tookUs: 50_000 },
      { attempt: 2, ended: "error-reply", status: "lost", tookUs: 5000 },
      { attempt: 3, ended: "reply", tookUs: 5000 },
    ]);
  });

  test("tell an attempt's end once, and a reply that came after it as what it is", () => {
    const world = new World({
      client: { attemptTimeoutMs: 50, backoff: QUICK },
      serve: (request) => (request.frame.attempt === 1 ? request.echo(80) : undefined),
    });
    expect(world.send("Hey").attempts.map(({ ended }) => ended)).toEqual(["late-reply", "aborted"]);
    expect(eventsOf(world, "attempt-ended", "late-reply")).toMatchObject([
      { event: "attempt-ended", attempt: 1, ended: "timeout" },
      { event: "late-reply", attempt: 1, tookUs: 80_000 },
      { event: "attempt-ended", attempt: 2, ended: "aborted" },
    ]);
  });

  test("tell what the server asks for, and that it asks to stop", () => {
    const asks = (retryAfterMs: number) => (request: Request) =>
      request.index === 0 ? request.error("overloaded", 0, retryAfterMs) : request.echo();
    const world = new World({ serve: asks(200) });
    world.send("Hey");
    const push = { event: "push-back", operation: 0, attempt: 1 };
    expect(eventsOf(world, "push-back")).toMatchObject([{ ...push, retryAfterUs: 200_000 }]);
    const stopped = new World({ serve: asks(RETRY_AFTER_STOP) });
    stopped.send("Hey");
    expect(eventsOf(stopped, "push-back")).toMatchObject([{ ...push, retryAfterUs: Infinity }]);
  });

  test("tell who refused an attempt: the budget or the breaker", () => {
    const poor = troubled({ retryBudget: createRetryBudget({ tokensMax: 0 }) });
    poor.send("Hey");
    expect(eventsOf(poor, "attempt-refused")).toMatchObject([{ operation: 0, by: "budget" }]);
    const barred = troubled({ breaker: createBreaker({ callsMin: 1, openMs: 5000 }) });
    barred.send("Hey");
    expect(eventsOf(barred, "attempt-refused")).toMatchObject([{ operation: 0, by: "breaker" }]);
  });

  test("tell a hedge from a retry, and why a hedge was not sent", () => {
    const hedge = createHedge({ samplesMin: 1, quantile: 0.5, extraLoadMax: 1 });
    hedge.sample(2000);
    const late = (request: Request): void => request.echo(10);
    const world = new World({ client: { hedge }, serve: late });
    world.send("hedged");
    expect(eventsOf(world, "sent")).toMatchObject([
      { attempt: 1, hedge: false },
      { attempt: 2, hedge: true },
    ]);
    const whyNot = (client: Partial<ClientOptions>, spend: () => boolean): unknown => {
      const policy = { delayUs: 2000, earn: () => {}, sample: () => {}, spend };
      const other = new World({ client: { hedge: policy, ...client }, serve: late });
      other.send("Hey");
      return eventsOf(other, "hedge-refused").map((event) => "by" in event && event.by);
    };
    expect(whyNot({}, () => false)).toEqual(["load"]);
    expect(whyNot({ attemptsMax: 1 }, () => true)).toEqual(["attempts"]);
    const empty = createRetryBudget({ tokensMax: 0 });
    expect(whyNot({ retryBudget: empty }, () => true)).toEqual(["budget"]);
  });

  test("balance: as many links are opened as are lost or closed", async () => {
    const world = new World({
      serve: (request) => (request.index === 1 ? request.link.reset() : request.echo()),
    });
    world.send("one");
    world.send("two");
    const closed = world.client.close();
    world.clock.runUntilIdle();
    await closed;
    expect(world.eventNames().filter((name) => ["open", "lost", "closed"].includes(name))).toEqual([
      "open",
      "lost",
      "open",
      "closed",
    ]);
  });

  test("are not even made where nobody listens", () => {
    const emit = vi.spyOn(Reporter.prototype, "emit");
    try {
      const hedge = createHedge({ samplesMin: 1, quantile: 0.5, extraLoadMax: 1 });
      const breaker = createBreaker({ failureRatio: 1 });
      const world = troubled({ onEvent: undefined!, breaker, hedge });
      for (let message = 0; message < 20; message++) world.submit("Hey");
      world.clock.runUntilIdle();
      expect(world.client.stats().attempts).toBeGreaterThan(20);
      expect(emit).not.toHaveBeenCalled();
    } finally {
      emit.mockRestore();
    }
  });

  test("are heard by every listener, whatever another one throws", () => {
    const heard: string[] = [];
    const all = listeners(
      () => {
        throw new Error("mine");
      },
      ({ event }) => heard.push(event),
    );
    expect(() => all({ event: "ping", atUs: 1 })).toThrow("mine");
    expect(heard).toEqual(["ping"]);
  });
});

describe("the error of an outcome", () => {
  function failed(): NotDelivered {
    const outcome = new World({
      client: { attemptTimeoutMs: 50, backoff: QUICK, attemptsMax: 3 },
      serve: (request) => (request.index === 1 ? request.error("lost") : undefined),
    }).send("Hey");
    if (outcome.outcome === "delivered") throw new Error("It was delivered.");
    return outcome;
  }

  test("has all attempts in its cause, the last one first", () => {
    const error = errorOf(failed());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      name: "ClientError",
      code: "attempts-exhausted",
      outcome: "failed",
      attempts: 3,
      operation: 0,
    });
    const chain: unknown[] = [];
    for (let at: unknown = error.cause; at instanceof AttemptError; at = at.cause) {
      chain.push([at.attempt, at.code, at.status, at.message]);
    }
    expect(chain).toEqual([
      [3, "timeout", undefined, "attempt 3 ended as timeout after 50 ms"],
      [2, "error-reply", "lost", "attempt 2 ended as error-reply, lost, after 0 ms"],
      [1, "timeout", undefined, "attempt 1 ended as timeout after 50 ms"],
    ]);
  });

  test("of one that the caller gave up has the caller's own reason as cause", () => {
    const caller = new AbortController();
    const world = new World({ serve: () => {} });
    const sent = world.submit("Hey", { signal: caller.signal });
    const reason = new Error("mine");
    caller.abort(reason);
    world.clock.runUntilIdle();
    expect(errorOf(sent.outcome!)?.cause).toBe(reason);
  });

  test("is none where it was delivered", () => {
    expect(errorOf(new World().send("Hey"))).toBeUndefined();
  });
});
