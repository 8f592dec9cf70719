/** Where a message goes when an endpoint fails, and where it must not go. */
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Outcome, PoolOptions } from "../src/index.ts";
import { createPool } from "../src/index.ts";
import { endpointsOf, PoolWorld } from "./support/pool-world.ts";
import type { PoolWorldOptions } from "./support/pool-world.ts";
import type { Request } from "./support/scripted-server.ts";
import { endsOf, SESSION, textOf } from "./support/world.ts";

/** Draws that make the first of two endpoints the one for every first attempt. */
const FIRST = (): number => 0;
const NAMES = ["one", "two"];

/** Two servers, of which the first does this and the second echoes. */
function world(serve: (request: Request) => void, more: PoolWorldOptions = {}): PoolWorld {
  const pool = { draw: FIRST, attemptTimeoutMs: 100, backoff: { firstMs: 50 }, ...more.pool };
  const made = new PoolWorld({ names: NAMES, ...more, pool });
  made.servers[0]!.script = { serve };
  return made;
}

describe("a retry goes to another endpoint", () => {
  test.each([
    ["a timeout", (): void => {}, "timeout"],
    ["a lost reply", (request: Request) => request.error("lost"), "error-reply: lost"],
    [
      "an endpoint with too much to do",
      (request: Request) => request.error("overloaded"),
      "error-reply: overloaded",
    ],
    [
      "an endpoint that shuts down",
      (request: Request) => request.error("shuttingDown"),
      "error-reply: shuttingDown",
    ],
    ["a reset", (request: Request) => request.link.reset(), "reset: link-reset"],
    ["a damaged reply", (request: Request) => request.damaged("payload"), "corrupt"],
  ])("after %s", (_, serve, end) => {
    const outcome = world(serve).send("Hey");
    expect(outcome.outcome).toBe("delivered");
    expect(endsOf(outcome)).toEqual([end, "reply"]);
    expect(endpointsOf(outcome)).toEqual(["one", "two"]);
  });

  test("at once, where no byte has left, and one wait for each round of all endpoints", () => {
    const latenciesUs = [0, 5000];
    const one = world(() => {}, { latenciesUs });
    one.servers[0]!.crash();
    const outcome = one.send("Hey");
    expect(endsOf(outcome)).toEqual(["refused: dial-refused", "reply"]);
    // To connect and to be answered, four trips, and no wait.
    expect(outcome.endedUs - outcome.submittedUs).toBe(20_000);
    const backoff = { firstMs: 50, jitter: "none" } as const;
    const none = world(() => {}, { latenciesUs, pool: { attemptsMax: 6, backoff } });
    for (const server of none.servers) server.crash();
    const failed = none.send("Hey");
    expect(failed.error?.code).toBe("attempts-exhausted");
    const waitsMs = failed.attempts
      .slice(1)
      .map(({ sentUs }, n) => (sentUs - failed.attempts[n]!.endedUs) / 1000);
    // Once for the other endpoint, then nobody is well.
    expect(waitsMs).toEqual([0, 50, 100, 200, 400]);
  });

  test("and no message waits for a connection while another endpoint has one", () => {
    // The first endpoint swallows what would connect to it.
    const swallowed = world(() => {}, { latenciesUs: [1e9, 500] });
    const first = swallowed.submit("first");
    swallowed.advanceMs(3);
    expect(first.outcome?.outcome).toBe("delivered");
    for (let round = 0; round < 1000; round++) {
      const outcome = swallowed.send("later");
      expect([outcome.outcome, outcome.attempts.length]).toEqual(["delivered", 1]);
      expect(outcome.endedUs - outcome.submittedUs).toBe(1000);
      swallowed.advanceMs(50);
    }
    // It is knocked at all the same, one dial at a time, and longer and longer apart.
    expect(swallowed.pool.stats().endpoints[0]!.failures).toBeGreaterThan(2);
  });

  test("and an abort ends the dials to all of them, where nobody else needs one", () => {
    const slow = world(() => {}, { latenciesUs: [200_000, 300_000] });
    const caller = new AbortController();
    const sent = slow.submit("Hey", { signal: caller.signal });
    slow.advanceMs(50);
    caller.abort();
    expect(sent.outcome?.error?.code).toBe("aborted");
    slow.advanceMs(1000);
    expect(slow.connections).toEqual([0, 0]);
    expect(slow.clock.timersPending).toBe(0);
  });

  test("as soon as it is back, one that was gone is asked again, without a message waiting", () => {
    const back = world((request) => request.echo(), { network: { latencyUs: 500 } });
    for (let n = 0; n < 10; n++) back.submit(`${n}`);
    back.advanceMs(50);
    back.servers[0]!.crash();
    for (let n = 0; n < 50; n++) {
      back.send("gone");
      back.advanceMs(20);
    }
    back.servers[0]!.listen();
    const before = back.shares[0]!;
    for (let n = 0; n < 50; n++) {
      const outcome = back.send("back");
      expect(outcome.endedUs - outcome.submittedUs).toBe(1000);
      back.advanceMs(20);
    }
    expect(back.shares[0]!).toBeGreaterThan(before);
  });

  test("not for a refusal, which another endpoint would only repeat", () => {
    const refusing = world((request) => request.error("unsupported"));
    const outcome = refusing.send("Hey");
    expect(outcome.error?.code).toBe("refused-by-server");
    expect(endpointsOf(outcome)).toEqual(["one"]);
    expect(refusing.pool.stats().endpoints[0]).toMatchObject({ answers: 1, failures: 0 });
  });

  test("within the one deadline", () => {
    const silent = world(() => {}, { pool: { deadlineMs: 250, attemptTimeoutMs: 200 } });
    silent.servers[1]!.script = { serve: () => {} };
    const outcome = silent.send("Hey");
    expect(outcome.error?.code).toBe("deadline-exceeded");
    expect(outcome.endedUs).toBeLessThanOrEqual(250_000);
  });
});

describe("what must not be executed twice", () => {
  const once = { idempotent: false };

  test("is repeated only where it may have been executed, and there known by its id", () => {
    let executions = 0;
    const lossy = world((request) => {
      if (request.frame.attempt === 1) executions++;
      if (request.frame.attempt === 3) request.echo();
    });
    const outcome = lossy.send("+1", once);
    expect(endpointsOf(outcome)).toEqual(["one", "one", "one"]);
    expect([outcome.outcome, executions, lossy.shares]).toEqual(["delivered", 1, [3, 0]]);
  });

  test("is indeterminate rather than executed by another endpoint", () => {
    const gone = world((request) => {
      request.link.reset();
      gone.servers[0]!.crash();
    });
    const outcome = gone.send("+1", { ...once, deadlineMs: 5000 });
    expect(outcome.outcome).toBe("indeterminate");
    expect(new Set(endpointsOf(outcome))).toEqual(new Set(["one"]));
    expect(gone.shares).toEqual([1, 0]);
  });

  test.each([
    ["too much to do", (request: Request) => request.error("overloaded")],
    ["shutting down", (request: Request) => request.error("shuttingDown")],
  ])("goes elsewhere where it was refused unprocessed: %s", (_, serve) => {
    expect(endpointsOf(world(serve).send("+1", once))).toEqual(["one", "two"]);
  });

  test("goes elsewhere where no byte has left", () => {
    const down = world(() => {}, { latenciesUs: [0, 5000] });
    down.servers[0]!.crash();
    expect(endpointsOf(down.send("+1", once))).toEqual(["one", "two"]);
  });

  test("stays where a datagram of it has been, since another copy may have been executed", () => {
    const network = { kind: "datagram" } as const;
    const serve = (request: Request): void =>
      request.frame.attempt < 3 ? request.error("shuttingDown") : request.echo();
    expect(endpointsOf(world(serve, { network }).send("+1", once))).toEqual(["one", "one", "one"]);
    expect(endpointsOf(world(serve, { network }).send("+1"))).toEqual(["one", "two"]);
  });

  test("goes elsewhere where the endpoints share what they remember", () => {
    const pool: Partial<PoolOptions> = { endpointsShareReplies: true };
    expect(endpointsOf(world(() => {}, { pool }).send("+1", once))).toEqual(["one", "two"]);
  });
});

describe("an endpoint that fails", () => {
  test("is ejected after five failures in a row, asked again after 30 s, and reported", () => {
    const failing = world((request) => request.error("lost"));
    for (let n = 0; n < 40; n++) expect(failing.send(`${n}`).outcome).toBe("delivered");
    expect(failing.shares[0]).toBe(5);
    expect(failing.pool.stats().endpoints[0]).toMatchObject({ isEjected: true, ejections: 1 });
    expect(failing.events.filter(({ event }) => event === "ejected")).toMatchObject([
      { endpoint: "one", forUs: 30_000_000 },
    ]);
    failing.servers[0]!.script = {};
    failing.advanceMs(30_000);
    for (let n = 0; n < 10; n++) failing.send(`${n}`);
    expect(failing.shares[0]).toBeGreaterThan(5);
    expect(failing.pool.stats().endpoints[0]).toMatchObject({ isEjected: false });
  });

  test("is never ejected where told not to be, nor when it is the only one", () => {
    const told = world((request) => request.error("lost"), { pool: { outliers: null } });
    for (let n = 0; n < 20; n++) told.send(`${n}`);
    expect(told.shares[0]).toBe(20);
    const only = new PoolWorld({
      serve: (request) => request.error("lost"),
      pool: { retryBudget: null },
    });
    for (let n = 0; n < 3; n++) only.send(`${n}`, { attemptsMax: 3 });
    expect(only.pool.stats().endpoints).toMatchObject([{ failures: 9, ejections: 0 }]);
  });

  test("counts a lost link once, however many messages were on it", () => {
    const resetting = world(
      (request) => {
        if (request.index === 19) request.link.reset();
      },
      { pool: { attemptTimeoutMs: 1000 } },
    );
    resetting.servers[1]!.crash();
    resetting.send("warm", { attemptsMax: 1, deadlineMs: 10 });
    for (let n = 0; n < 19; n++) resetting.submit(`${n}`);
    resetting.advanceMs(1);
    expect(resetting.pool.stats().resets).toBe(1);
    expect(resetting.pool.stats().endpoints[0]).toMatchObject({ failures: 2, ejections: 0 });
  });

  test("costs no message, whichever of three is down, one after the other", () => {
    const rolling = new PoolWorld({
      names: ["one", "two", "three"],
      network: { latencyUs: 500 },
      pool: { attemptTimeoutMs: 100, backoff: { firstMs: 10 } },
    });
    const sent: ReturnType<PoolWorld["submit"]>[] = [];
    for (const server of rolling.servers) {
      server.crash();
      for (let n = 0; n < 200; n++) {
        sent.push(rolling.submit(`${n}`));
        rolling.advanceMs(5);
      }
      server.listen();
      rolling.advanceMs(40_000);
    }
    expect(sent.map(({ outcome }) => outcome?.outcome)).toEqual(sent.map(() => "delivered"));
    // While it was down, hardly anybody asked it.
    expect(rolling.pool.stats().attempts).toBeLessThan(620);
  });

  test("is asked all the same when all are ejected or down", () => {
    const all = world((request) => request.error("lost"));
    all.servers[1]!.crash();
    for (let n = 0; n < 10; n++) all.send(`${n}`, { attemptsMax: 2 });
    all.servers[0]!.script = {};
    expect(all.send("back").outcome).toBe("delivered");
  });
});

describe("the text form, which knows neither sessions nor pings", () => {
  /** Two servers that send back what they are sent, of which the first says nothing. */
  function send(idempotent: boolean): { outcome: Outcome | undefined; heard: number[] } {
    const clock = new FakeClock();
    const heard = [0, 0];
    const endpoints = NAMES.map((name, index) => {
      const dialer = new MemoryNetwork({ clock });
      dialer.listen((link) => ({
        onOpen: () => {},
        onBytes: (bytes) => {
          heard[index]!++;
          if (index > 0) link.send(bytes.slice());
        },
        onDrain: () => {},
        onEnd: () => link.end(),
        onClose: () => {},
      }));
      return { name, dialer };
    });
    const options = { clock, draw: FIRST, session: SESSION, attemptTimeoutMs: 100 };
    const pool = createPool({ ...options, endpoints, codec: "pipe" });
    let settled: Outcome | undefined;
    pool.submit("Hey", { idempotent }, (outcome) => (settled = outcome));
    clock.advance(5_000_000);
    return { outcome: settled, heard };
  }

  test("fails over what may be executed twice", () => {
    const { heard, outcome } = send(true);
    expect(textOf(outcome!)).toBe("Hey");
    expect(endpointsOf(outcome!)).toEqual(["one", "two"]);
    expect(heard).toEqual([1, 1]);
  });

  test("sends once what must not be", () => {
    const { heard, outcome } = send(false);
    expect(outcome).toMatchObject({
      outcome: "indeterminate",
      error: { code: "outcome-unknown" },
    });
    expect(heard).toEqual([1, 0]);
  });
});
