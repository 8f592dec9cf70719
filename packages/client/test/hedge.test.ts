/** Hedging: the policy as a value, and the second attempt at work in a client. */
import { numbers, seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClientOptions, Hedge, HedgeOptions } from "../src/index.ts";
import { createClient, createHedge, createRetryBudget } from "../src/index.ts";
import { CountingServer } from "./pitfalls/support.ts";
import type { Request } from "./support/world.ts";
import { endsOf, sumsOf, textOf, World } from "./support/world.ts";

const MS = 1000;

/** A policy that has seen replies within 10 ms and may hedge whenever it likes. */
function eager(options: HedgeOptions = {}): Hedge {
  const hedge = createHedge({ samplesMin: 1, extraLoadMax: 1, ...options });
  hedge.sample(10 * MS);
  return hedge;
}

describe("a hedging policy", () => {
  test("waits as long as most replies took: the nearest rank of its quantile", () => {
    const hedge = createHedge({ quantile: 0.95, samplesMin: 100 });
    for (let ms = 1; ms < 100; ms++) hedge.sample(ms * MS);
    expect(hedge.delayUs).toBeUndefined();
    hedge.sample(100 * MS);
    expect(hedge.delayUs).toBe(95 * MS);
  });

  test("follows the server when it becomes slower, and when it becomes faster", () => {
    const hedge = createHedge();
    for (const ms of [10, 100, 1]) {
      for (let reply = 0; reply < 1000; reply++) hedge.sample(ms * MS);
      expect(hedge.delayUs).toBe(ms * MS);
    }
  });

  test("never waits less than its minimum", () => {
    expect(eager({ delayMsMin: 20 }).delayUs).toBe(20 * MS);
  });

  test("pays for no more than its share of the attempts, whatever comes in whatever order", () => {
    const course = fc.array(fc.boolean(), { maxLength: 2000 });
    const share = fc.constantFrom(0.01, 0.05, 0.25, 1);
    const property = fc.property(course, share, (all, extraLoadMax) => {
      const hedge = createHedge({ extraLoadMax });
      let [attempts, hedges] = [0, 0];
      for (const isAttempt of all) {
        if (isAttempt) {
          attempts++;
          hedge.earn();
        } else if (hedge.spend()) hedges++;
        expect(hedges).toBeLessThanOrEqual(attempts * extraLoadMax);
      }
    });
    fc.assert(property, { numRuns: 300, seed: seed() });
  });

  test("saves little: after a long calm no more than ten at once", () => {
    const hedge = createHedge();
    for (let attempt = 0; attempt < 10_000; attempt++) hedge.earn();
    let paid = 0;
    while (hedge.spend()) paid++;
    expect(paid).toBe(10);
  });

  test.each<[HedgeOptions, string]>([
    [{ quantile: 1 }, 'Cannot hedge as "hedge.quantile" must be above 0 and below 1: got 1'],
    [{ extraLoadMax: 0 }, '"hedge.extraLoadMax" must be above 0 and at most 1: got 0'],
    [{ samplesMin: 1001 }, '"hedge.samplesMin" must be an integer of at most 1000: got 1001'],
    [{ delayMsMin: -1 }, '"hedge.delayMsMin" must be a number of milliseconds of at least 0'],
  ])("%j is refused", (options, message) => {
    expect(() => createHedge(options)).toThrow(message);
  });
});

/** A client that hedges after 10 ms. */
function hedging(serve: (request: Request) => void, client: Partial<ClientOptions> = {}): World {
  return new World({
    serve,
    client: { hedge: eager(), attemptTimeoutMs: 200, backoff: { firstMs: 1 }, ...client },
  });
}

describe("a client that hedges", () => {
  test("asks again when a reply is late; the first reply wins and the other attempt is over", () => {
    const world = hedging((request) => request.echo(request.frame.attempt === 1 ? 100 : 5));
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["aborted", "reply"]);
    expect(outcome).toMatchObject({ outcome: "delivered", endedUs: 15 * MS + 1 });
    expect(world.requests.map(({ atUs, frame }) => [atUs / MS, frame.operation])).toEqual([
      [0, 0],
      [10.001, 0],
    ]);
    world.advanceMs(1000);
    expect(world.client.stats()).toMatchObject({ hedges: 1, attempts: 2, staleReplies: 1 });
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
    expect(world.clock.timersPending).toBe(0);
  });

  test("takes the first attempt's reply where that one is faster after all", () => {
    const world = hedging((request) => request.echo(request.frame.attempt === 1 ? 12 : 50));
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["reply", "aborted"]);
    expect(outcome.endedUs).toBe(12 * MS);
  });

  test("does not ask again where the reply is in time", () => {
    const world = hedging((request) => request.echo(10));
    expect(endsOf(world.send("Hey"))).toEqual(["reply"]);
    expect(world.client.stats().hedges).toBe(0);
  });

  test("waits for the other attempt when one of two fails, whichever it is", () => {
    for (const bad of [1, 2]) {
      for (const how of ["lost", "damaged"] as const) {
        const world = hedging((request) => {
          if (request.frame.attempt !== bad) request.echo(30);
          else if (how === "lost") request.error("lost", 15);
          else request.damaged("payload", 15);
        });
        const outcome = world.send("Hey");
        const end = how === "lost" ? "error-reply: lost" : "corrupt";
        expect(endsOf(outcome)).toEqual(bad === 1 ? [end, "reply"] : ["reply", end]);
      }
    }
  });

  test("retries when both have failed, and counts both among its attempts", () => {
    const world = hedging((request) =>
      request.frame.attempt < 3 ? request.error("lost", 20) : request.echo(),
    );
    expect(endsOf(world.send("Hey"))).toEqual(["error-reply: lost", "error-reply: lost", "reply"]);
  });

  test("lets both time out together, and lose their link together", () => {
    const silent = hedging(() => {}, { attemptsMax: 2 });
    const outcome = silent.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "timeout"]);
    expect(outcome.attempts.map(({ endedUs }) => endedUs)).toEqual([200 * MS, 200 * MS]);
    expect(outcome.error?.code).toBe("attempts-exhausted");
    const cut = hedging((request) => {
      if (request.frame.attempt === 2) request.link.reset();
      else if (request.frame.attempt > 2) request.echo();
    });
    expect(endsOf(cut.send("Hey"))).toEqual(["reset: link-reset", "reset: link-reset", "reply"]);
  });

  test("never makes more attempts than it may", () => {
    const world = hedging(() => {}, { attemptsMax: 1 });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout"]);
  });

  test("ends at once at what holds for every attempt", () => {
    const world = hedging((request) => {
      if (request.frame.attempt === 2) request.error("tooLarge");
    });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({ endedUs: 10 * MS + 1, error: { code: "refused-by-server" } });
    expect(endsOf(outcome)).toEqual(["error-reply: tooLarge", "error-reply: tooLarge"]);
  });

  test("stays honest: an attempt that may have been executed is not forgotten for its twin", () => {
    const world = hedging(
      (request) =>
        request.frame.attempt === 1 ? request.error("lost", 15) : request.error("overloaded", 20),
      { attemptsMax: 2 },
    );
    expect(world.send("Hey", { idempotent: false }).outcome).toBe("indeterminate");
  });

  test("ends both when the caller gives up", () => {
    const world = hedging(() => {});
    const caller = new AbortController();
    const sent = world.submit("Hey", { signal: caller.signal });
    world.advanceMs(50);
    caller.abort();
    expect(endsOf(sent.outcome!)).toEqual(["aborted", "aborted"]);
    world.advanceMs(1000);
    expect(world.clock.timersPending).toBe(0);
  });

  test("has every operation executed once", () => {
    const server = new CountingServer();
    const next = numbers(seed());
    const world = hedging((request) => {
      const reply = server.execute(request);
      request.echo(next() % 40, reply);
    });
    for (let message = 1; message <= 300; message++) {
      expect(textOf(world.send("+1", { idempotent: false }))).toBe(String(message));
    }
    expect(world.client.stats().hedges).toBeGreaterThan(20);
    expect(server.executions).toBe(300);
  });

  test("does not hedge while the retry budget is empty", () => {
    const world = hedging((request) => request.echo(100), {
      retryBudget: createRetryBudget({ tokensMax: 0 }),
    });
    expect(endsOf(world.send("Hey"))).toEqual(["reply"]);
  });

  test("is refused with a codec whose operations are not deduplicated", () => {
    const world = new World();
    expect(() =>
      createClient({
        dialer: world.network,
        clock: world.clock,
        draw: () => 0,
        session: { high: 0, low: 1 },
        codec: "pipe",
        hedge: createHedge(),
      }),
    ).toThrow('"hedge" must be null with the codec "pipe", whose operations are not deduplicated');
  });
});
