/** The circuit breaker: as a value, without a clock, and at work in a client. */
import { numbers, seed } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Breaker, BreakerOptions, Permit } from "../src/index.ts";
import { createBreaker } from "../src/index.ts";
import type { Request } from "./support/world.ts";
import { endsOf, World } from "./support/world.ts";

const SECOND = 1_000_000;
const LONGEST = 0xffff_ffff;

function failTimes(breaker: Breaker, times: number, nowUs = 0): void {
  for (let call = 0; call < times; call++) breaker.fail(breaker.admit(nowUs)!, nowUs, LONGEST);
}

function succeedTimes(breaker: Breaker, times: number, nowUs = 0): void {
  for (let call = 0; call < times; call++) breaker.succeed(breaker.admit(nowUs)!, nowUs);
}

describe("a closed breaker", () => {
  test("opens at its ratio, but never before enough calls have ended", () => {
    const breaker = createBreaker({ callsMin: 20, failureRatio: 0.5 });
    failTimes(breaker, 19);
    expect(breaker.state).toBe("closed");
    failTimes(breaker, 1);
    expect(breaker.state).toBe("open");
    expect(breaker.admit(0)).toBeUndefined();
  });

  test("stays closed a call below its ratio", () => {
    const breaker = createBreaker({ callsMin: 20, failureRatio: 0.5 });
    succeedTimes(breaker, 21);
    failTimes(breaker, 20);
    expect(breaker.state).toBe("closed");
    failTimes(breaker, 1);
    expect(breaker.state).toBe("open");
  });

  test("forgets what lies further back than its window", () => {
    const breaker = createBreaker({ windowMs: 10_000, callsMin: 20 });
    failTimes(breaker, 19, 0);
    failTimes(breaker, 1, 10 * SECOND);
    expect(breaker.state).toBe("closed");
    failTimes(breaker, 19, 10 * SECOND + 1);
    expect(breaker.state).toBe("open");
  });

  test("counts nothing that its caller gave up", () => {
    const breaker = createBreaker({ callsMin: 1 });
    for (let call = 0; call < 100; call++) breaker.forget(breaker.admit(0)!);
    expect(breaker.state).toBe("closed");
    succeedTimes(breaker, 1);
    expect(breaker.state).toBe("closed");
  });
});

describe("an open breaker", () => {
  const opened = (options: BreakerOptions = {}): Breaker => {
    const breaker = createBreaker({ callsMin: 1, openMs: 5000, probes: 3, ...options });
    failTimes(breaker, 1);
    return breaker;
  };

  test("refuses until its time is up, then lets so many probes pass and no more", () => {
    const breaker = opened();
    expect(breaker.admit(5 * SECOND - 1)).toBeUndefined();
    const permits = Array.from({ length: 100 }, () => breaker.admit(5 * SECOND));
    expect(permits.filter((permit) => permit !== undefined)).toHaveLength(3);
    expect(breaker.state).toBe("half-open");
  });

  test("closes when every probe has succeeded, and begins to count anew", () => {
    const breaker = opened();
    const permits = [0, 1, 2].map(() => breaker.admit(5 * SECOND)!);
    for (const [index, permit] of permits.entries()) {
      expect(breaker.state).toBe("half-open");
      breaker.succeed(permit, 5 * SECOND + index);
    }
    expect(breaker.state).toBe("closed");
    expect(breaker.admit(5 * SECOND)).toBeDefined();
  });

  test("begins with its first time again, and with an empty window, once it has closed", () => {
    const breaker = opened({ windowMs: 100_000, callsMin: 2, failureRatio: 0.1 });
    failTimes(breaker, 1);
    // A probe fails, so the next time would be doubled; then all is well again.
    breaker.fail(breaker.admit(5 * SECOND)!, 5 * SECOND, LONGEST);
    for (const permit of [0, 1, 2].map(() => breaker.admit(15 * SECOND)!)) {
      breaker.succeed(permit, 15 * SECOND);
    }
    failTimes(breaker, 1, 15 * SECOND);
    expect(breaker.state).toBe("closed");
    failTimes(breaker, 1, 15 * SECOND);
    expect(breaker.admit(20 * SECOND - 1)).toBeUndefined();
    expect(breaker.admit(20 * SECOND)).toBeDefined();
  });

  test("is not closed by replies to calls from before it opened", () => {
    const breaker = createBreaker({ callsMin: 1, probes: 2, openMs: 5000 });
    const [early, failing] = [breaker.admit(0)!, breaker.admit(0)!];
    breaker.fail(failing, 0, LONGEST);
    expect(breaker.admit(5 * SECOND)).toBeDefined();
    breaker.succeed(early, 5 * SECOND);
    breaker.succeed(early, 5 * SECOND);
    expect(breaker.state).toBe("half-open");
  });

  test("opens again at the first probe that fails, for twice as long, up to its maximum", () => {
    const breaker = opened({ openMsMax: 15_000 });
    let nowUs = 0;
    for (const openMs of [5000, 10_000, 15_000, 15_000]) {
      expect(breaker.admit(nowUs + openMs * 1000 - 1)).toBeUndefined();
      nowUs += openMs * 1000;
      const permit = breaker.admit(nowUs)!;
      const other = breaker.admit(nowUs)!;
      breaker.fail(permit, nowUs, LONGEST);
      expect(breaker.state).toBe("open");
      // The other probe comes too late to say anything.
      breaker.succeed(other, nowUs);
      expect(breaker.state).toBe("open");
    }
  });

  test("is open between half its time and all of it, by chance", () => {
    const spread = [0, 2 ** 31, LONGEST].map((draw) => {
      const breaker = createBreaker({ callsMin: 1, openMs: 5000 });
      breaker.fail(breaker.admit(0)!, 0, draw);
      let untilUs = 0;
      while (breaker.admit(untilUs) === undefined) untilUs += 100_000;
      return untilUs / SECOND;
    });
    expect(spread).toEqual([2.5, 3.8, 5]);
  });

  test("gives the place of a probe that was given up to the next call", () => {
    const breaker = opened({ probes: 1 });
    breaker.forget(breaker.admit(5 * SECOND)!);
    const permit = breaker.admit(5 * SECOND);
    expect(permit).toBeDefined();
    expect(breaker.admit(5 * SECOND)).toBeUndefined();
    breaker.succeed(permit!, 5 * SECOND);
    expect(breaker.state).toBe("closed");
  });

  test("does not hear of calls that it let in before it opened", () => {
    const breaker = createBreaker({ callsMin: 2, probes: 1 });
    const early = Array.from({ length: 10 }, () => breaker.admit(0)!);
    for (const permit of early.slice(0, 4)) breaker.fail(permit, 0, LONGEST);
    expect(breaker.state).toBe("open");
    for (const permit of early.slice(4)) breaker.succeed(permit, 1);
    expect(breaker.state).toBe("open");
    expect(breaker.admit(5 * SECOND - 1)).toBeUndefined();
  });
});

test("whatever is done to it, a breaker never has more probes out than it may", () => {
  type Step = "admit" | "succeed" | "fail" | "forget";
  const steps = fc.array(
    fc.tuple(fc.constantFrom<Step>("admit", "admit", "succeed", "fail", "forget"), fc.nat(2000)),
    { maxLength: 200 },
  );
  const property = fc.property(steps, fc.integer({ min: 1, max: 4 }), (course, probes) => {
    const breaker = createBreaker({ callsMin: 3, openMs: 1000, probes });
    const out: { permit: Permit; isProbe: boolean }[] = [];
    let nowUs = 0;
    for (const [step, ms] of course) {
      nowUs += ms * 1000;
      if (step === "admit") {
        const permit = breaker.admit(nowUs);
        if (permit !== undefined) out.push({ permit, isProbe: breaker.state === "half-open" });
      } else {
        const { permit } = out.shift() ?? {};
        if (permit === undefined) continue;
        if (step === "succeed") breaker.succeed(permit, nowUs);
        else if (step === "fail") breaker.fail(permit, nowUs, 0);
        else breaker.forget(permit);
      }
      const period = out.at(-1)?.permit.period;
      const running = out.filter(({ isProbe, permit }) => isProbe && permit.period === period);
      expect(running.length).toBeLessThanOrEqual(probes);
    }
  });
  fc.assert(property, { numRuns: 500, seed: seed() });
});

test.each<[BreakerOptions, string]>([
  [{ windowMs: 0 }, '"breaker.windowMs" must be a number of milliseconds of at least 1: got 0'],
  [{ callsMin: 0 }, '"breaker.callsMin" must be an integer of at least 1: got 0'],
  [{ failureRatio: 0 }, '"breaker.failureRatio" must be above 0 and at most 1: got 0'],
  [{ failureRatio: 1.1 }, '"breaker.failureRatio" must be above 0 and at most 1: got 1.1'],
  [{ probes: 0 }, '"breaker.probes" must be an integer of at least 1: got 0'],
  [{ openMs: 9, openMsMax: 8 }, '"breaker.openMsMax" must be at least "breaker.openMs", 9: got 8'],
])("%j is refused", (options, message) => {
  expect(() => createBreaker(options)).toThrow(message);
});

describe("a client with a breaker", () => {
  const backoff = { firstMs: 1, jitter: "none" } as const;

  function broken(serve: (request: Request) => void, options: BreakerOptions = {}): World {
    const breaker = createBreaker({ callsMin: 2, failureRatio: 1, probes: 1, ...options });
    return new World({ serve, client: { breaker, backoff, attemptTimeoutMs: 10 } });
  }

  test("asks it for every attempt, and ends at once with the last real error", () => {
    const world = broken(() => {});
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "timeout"]);
    expect(outcome.error).toMatchObject({ code: "breaker-open", cause: { code: "timeout" } });
    const refused = world.send("You");
    expect(refused).toMatchObject({
      outcome: "failed",
      attempts: [],
      endedUs: refused.submittedUs,
    });
    expect(refused.error).toMatchObject({ code: "breaker-open", attempts: 0, cause: undefined });
    expect(world.requests).toHaveLength(2);
  });

  test("is let in again by a probe that is answered", () => {
    const world = broken((request) => (request.index < 2 ? undefined : request.echo()));
    world.send("Hey");
    world.advanceMs(5000);
    expect(world.send("probe").outcome).toBe("delivered");
    expect(world.send("next").outcome).toBe("delivered");
    const states = world.events.flatMap((event) => (event.event === "breaker" ? event.state : []));
    expect(states).toEqual(["open", "half-open", "closed"]);
  });

  test("counts what may pass against the server, and no refusal of its own making", () => {
    const ways: [(request: Request) => void, string][] = [
      [(request) => request.error("lost"), "open"],
      [(request) => request.error("overloaded", 0, 1), "open"],
      [(request) => request.link.reset(), "open"],
      [(request) => request.error("corrupt"), "closed"],
      [(request) => request.error("tooLarge"), "closed"],
    ];
    for (const [serve, state] of ways) {
      const breaker = createBreaker({ callsMin: 2, failureRatio: 1 });
      const world = new World({ serve, client: { breaker, backoff } });
      world.send("a");
      world.send("b");
      expect(breaker.state).toBe(state);
    }
  });

  test("counts a dead port, dial by dial", () => {
    const world = broken(() => {});
    world.network.unlisten();
    expect(world.send("Hey").error).toMatchObject({ code: "breaker-open", attempts: 2 });
  });

  test("counts a link that could not be had before the deadline", () => {
    const breaker = createBreaker({ callsMin: 1 });
    const world = new World({ network: { latencyUs: 10 * SECOND }, client: { breaker } });
    expect(world.send("Hey", { deadlineMs: 100 }).error?.code).toBe("deadline-exceeded");
    expect(breaker.state).toBe("open");
  });

  test("gives back what it was given, whatever ends a message", () => {
    const breaker = createBreaker({ callsMin: 1, openMs: 1, probes: 1 });
    const next = numbers(seed());
    const world = new World({
      client: { breaker, backoff, attemptTimeoutMs: 20, inFlightMax: 4 },
      serve: (request) => {
        const chance = next() % 4;
        if (chance === 0) request.link.reset();
        else if (chance > 1) request.echo(next() % 40);
      },
    });
    for (let message = 0; message < 400; message++) {
      const caller = new AbortController();
      world.submit("x", { signal: caller.signal, deadlineMs: 1 + (next() % 100) });
      world.advanceMs(next() % 20);
      if (next() % 4 === 0) caller.abort();
    }
    world.clock.runUntilIdle();
    world.advanceMs(60_000);
    // No permit was lost: a probe can still be had.
    expect(breaker.admit(world.clock.nowUs())).toBeDefined();
  });
});
