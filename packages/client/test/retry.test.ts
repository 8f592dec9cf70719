/** What is retried, when, and what is counted: over links in memory, on a clock that stands still. */
import { encodeFrame, FrameDecoder, FrameType } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { ErrorReplyStatus } from "../src/index.ts";
import type { Request } from "./support/world.ts";
import { endsOf, sumsOf, textOf, World } from "./support/world.ts";

/** Serves the first attempts with `bad`, then echoes. */
function firstBad(bad: (request: Request) => void, count = 1): (request: Request) => void {
  return (request) => (request.index < count ? bad(request) : request.echo());
}

/** How many whole frames these bytes are. */
function framesIn(bytes: Uint8Array): number {
  const decoder = new FrameDecoder();
  decoder.push(bytes);
  let frames = 0;
  while (decoder.next() !== undefined) frames += 1;
  return frames;
}

describe("a message", () => {
  test("is delivered on the first attempt when nothing goes wrong", () => {
    const world = new World({ network: { latencyUs: 5000 } });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({
      outcome: "delivered",
      operation: 0,
      replayed: false,
      ambiguous: false,
      submittedUs: 0,
      endedUs: 20_000,
      error: undefined,
    });
    expect(textOf(outcome)).toBe("Hey");
    // Dial and answer take two trips, request and reply two more.
    expect(outcome.attempts).toEqual([
      {
        attempt: 1,
        sentUs: 10_000,
        endedUs: 20_000,
        ended: "reply",
        status: undefined,
        local: "memory:1",
        sequence: 0,
      },
    ]);
  });

  test("carries session, operation, attempt and the time left", () => {
    const world = new World({ serve: firstBad(() => {}), client: { attemptTimeoutMs: 100 } });
    world.send("a", { deadlineMs: 1000 });
    const [first, second] = world.requests;
    expect(first?.frame).toMatchObject({ operation: 0, attempt: 1, remainingMs: 1000 });
    expect(second?.frame).toMatchObject({ operation: 0, attempt: 2, remainingMs: 800 });
    expect(first?.frame.session).toEqual(second?.frame.session);
  });

  test("that is empty is sent as such, and a large one whole", () => {
    const world = new World({ network: { segmentBytes: 1000 } });
    expect(world.send(new Uint8Array(0)).reply).toEqual(new Uint8Array(0));
    const large = new Uint8Array(1_048_576).map((_, index) => index * 7);
    expect(world.send(large).reply).toEqual(large);
  });

  test("gets a reply of its own: what the link does with its buffer later does not reach it", () => {
    const world = new World();
    const outcome = world.send("Hey");
    // The memory link overwrites delivered bytes after the event.
    world.send("You");
    expect(textOf(outcome)).toBe("Hey");
  });
});

describe("a retry follows", () => {
  test("a timeout, once, and is counted once", () => {
    const world = new World({ serve: firstBad(() => {}), client: { attemptTimeoutMs: 200 } });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "reply"]);
    expect(world.client.stats()).toMatchObject({ attempts: 2, retries: 1, timeouts: 1 });
  });

  test("a damaged reply whose header names it", () => {
    const world = new World({ serve: firstBad((request) => request.damaged("payload")) });
    expect(endsOf(world.send("Hey"))).toEqual(["corrupt", "reply"]);
    expect(world.client.stats()).toMatchObject({ corruptionsDetected: 1, resets: 0 });
  });

  test("damage beyond repair, on a new link: with one attempt open it is that one's", () => {
    const world = new World({ serve: firstBad((request) => request.damaged("header")) });
    expect(endsOf(world.send("Hey"))).toEqual(["corrupt: stream-damaged", "reply"]);
    expect(world.requests.map(({ connection }) => connection)).toEqual([0, 1]);
    expect(world.client.stats()).toMatchObject({
      corruptionsDetected: 1,
      resets: 1,
      reconnects: 1,
    });
  });

  test("damage behind a reply that let the next message go: what is counted has left", () => {
    let written = 0;
    const world = new World({
      client: { inFlightMax: 2 },
      network: {
        meddle: (bytes, { from }) => {
          if (from === "client") written += framesIn(bytes);
          return bytes;
        },
      },
      serve: (request) => {
        if (request.index === 0) return;
        if (request.index > 1) return request.echo();
        const { frame = request.frame } = world.requests[0] ?? {};
        const reply = encodeFrame({ ...frame, type: FrameType.reply });
        request.send(Uint8Array.of(...reply, ...new Uint8Array(64)));
      },
    });
    const sent = ["a", "b", "c"].map((body) => world.submit(body));
    const outcomes = sent.map((one) => world.outcomeOf(one));
    expect(outcomes.map(endsOf)).toEqual([
      ["reply"],
      ["reset: stream-damaged", "reply"],
      ["reset: stream-damaged", "reply"],
    ]);
    expect(written).toBe(world.client.stats().attempts);
  });

  test("damage beyond repair with several open: nobody knows whose, all are reset", () => {
    const world = new World({
      client: { inFlightMax: 3 },
      serve: (request) => {
        if (request.index === 2) request.damaged("header");
        else if (request.index > 2) request.echo();
      },
    });
    const sent = ["a", "b", "c"].map((body) => world.submit(body));
    expect(sent.map((one) => endsOf(world.outcomeOf(one)))).toEqual(
      Array.from({ length: 3 }, () => ["reset: stream-damaged", "reply"]),
    );
    expect(world.client.stats()).toMatchObject({
      corruptionsDetected: 1,
      resets: 1,
      reconnects: 1,
    });
  });

  test("a damaged datagram when its time is up, since a damaged header names nobody", () => {
    const world = new World({
      network: { kind: "datagram" },
      serve: firstBad((request) => request.damaged("header")),
    });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout", "reply"]);
    expect(world.client.stats()).toMatchObject({ corruptionsDetected: 1, resets: 0 });
  });

  test("a reset, on a new link, and the reconnect is counted once", () => {
    const world = new World({ serve: firstBad((request) => request.link.reset()) });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["reset: link-reset", "reply"]);
    expect(outcome.attempts.map(({ local }) => local)).toEqual(["memory:1", "memory:2"]);
    expect(world.client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
  });

  test("an end of the stream while a reply was owed", () => {
    const world = new World({ serve: firstBad((request) => request.link.end()) });
    expect(endsOf(world.send("Hey"))).toEqual(["reset: link-ended", "reply"]);
    expect(world.client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
  });

  test.each<ErrorReplyStatus>(["lost", "corrupt", "overloaded", "shuttingDown"])(
    "the error reply %s",
    (status) => {
      const world = new World({ serve: firstBad((request) => request.error(status)) });
      expect(endsOf(world.send("Hey"))).toEqual([`error-reply: ${status}`, "reply"]);
      expect(world.client.stats()).toMatchObject({ errorReplies: 1, retries: 1 });
    },
  );

  test("no error reply that says never", () => {
    for (const status of ["tooLarge", "tooOld", "operationReused", "unsupported"] as const) {
      const world = new World({ serve: (request) => request.error(status) });
      const outcome = world.send("Hey");
      expect(endsOf(outcome)).toEqual([`error-reply: ${status}`]);
      expect(outcome.error).toMatchObject({
        code: "refused-by-server",
        attempts: 1,
        cause: { code: "error-reply", status },
      });
    }
  });
});

describe("the waits between attempts", () => {
  const backoff = { firstMs: 100, factor: 2, maxMs: 5000, jitter: "none" } as const;

  test("are exactly those of the backoff", () => {
    const world = new World({
      client: { backoff, attemptsMax: 5 },
      serve: (request) => request.error("lost"),
    });
    world.send("Hey");
    expect(world.requests.map(({ atUs }) => atUs / 1000)).toEqual([0, 100, 300, 700, 1500]);
  });

  test("begin when the attempt has ended, not when it was sent", () => {
    const world = new World({
      client: { backoff, attemptTimeoutMs: 50, attemptsMax: 3 },
      serve: () => {},
    });
    world.send("Hey");
    expect(world.requests.map(({ atUs }) => atUs / 1000)).toEqual([0, 150, 400]);
  });

  test("are drawn by operation and attempt, so another message does not change them", () => {
    const keys: [number, number][] = [];
    const world = new World({
      client: {
        draw: (operation, attempt) => {
          keys.push([operation, attempt]);
          return 0;
        },
      },
      serve: (request) => (request.frame.attempt < 3 ? request.error("lost") : request.echo()),
    });
    world.send("a");
    world.send("b");
    expect(keys).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
    ]);
  });

  test("are as long as the server asks for, where that is longer", () => {
    const world = new World({
      client: { backoff },
      serve: firstBad((request) => request.error("overloaded", 0, 700)),
    });
    world.send("Hey");
    expect(world.requests[1]?.atUs).toBe(700_000);
  });

  test("do not hold up messages in flight beside them", () => {
    const world = new World({
      client: { backoff, inFlightMax: 2 },
      serve: (request) => {
        if (request.frame.operation === 0 && request.frame.attempt < 4) request.error("lost");
        else request.echo();
      },
    });
    const slow = world.submit("slow");
    const fast = world.submit("fast");
    expect(world.outcomeOf(fast).endedUs).toBe(0);
    expect(world.outcomeOf(slow).endedUs).toBe(700_000);
  });
});

describe("giving up", () => {
  test("comes after attemptsMax attempts, the first included, with the last real error", () => {
    const world = new World({
      client: { attemptsMax: 3 },
      serve: (request) =>
        request.index < 2 ? request.error("overloaded") : request.damaged("payload"),
    });
    const outcome = world.send("Hey");
    expect(world.requests).toHaveLength(3);
    expect(outcome).toMatchObject({
      outcome: "failed",
      reply: undefined,
      error: { code: "attempts-exhausted", attempts: 3, cause: { code: "corrupt" } },
    });
    expect(outcome.error?.message).toContain("all 3 attempts failed; last: ");
  });

  test("can be set for one message", () => {
    const world = new World({ serve: (request) => request.error("lost") });
    expect(world.send("Hey", { attemptsMax: 1 }).attempts).toHaveLength(1);
    expect(world.send("Hey").attempts).toHaveLength(4);
  });

  test("lets the next message go on", () => {
    const world = new World({
      serve: (request) => (request.frame.operation === 0 ? request.error("lost") : request.echo()),
    });
    const [first, second] = [world.submit("a"), world.submit("b")];
    expect(world.outcomeOf(first).outcome).toBe("failed");
    expect(world.outcomeOf(second).outcome).toBe("delivered");
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
  });
});

describe("a message that is not idempotent", () => {
  const give = { idempotent: false, attemptsMax: 1 };

  test("is retried, since the server executes an operation once", () => {
    const world = new World({ serve: firstBad(() => {}) });
    expect(endsOf(world.send("Hey", { idempotent: false }))).toEqual(["timeout", "reply"]);
  });

  test("is indeterminate when nobody knows whether it was executed", () => {
    const ways: ((request: Request) => void)[] = [
      () => {},
      (request) => request.link.reset(),
      (request) => request.damaged("payload"),
      (request) => request.error("lost"),
      (request) => request.error("tooOld"),
    ];
    for (const serve of ways) {
      expect(new World({ serve }).send("Hey", give).outcome).toBe("indeterminate");
      expect(new World({ serve }).send("Hey", { attemptsMax: 1 }).outcome).toBe("failed");
    }
  });

  test("has failed when the server would never execute it", () => {
    for (const status of ["tooLarge", "unsupported"] as const) {
      const world = new World({ serve: (request) => request.error(status) });
      expect(world.send("Hey", give).outcome).toBe("failed");
    }
  });

  // A network that duplicates may bring the server a second copy, which it executes after all.
  test("is indeterminate when the server says that it did not execute one copy of it", () => {
    for (const status of ["corrupt", "overloaded", "shuttingDown", "operationReused"] as const) {
      const world = new World({ serve: (request) => request.error(status) });
      expect(world.send("Hey", give).outcome).toBe("indeterminate");
    }
  });

  test("stays indeterminate when only a later attempt was provably not executed", () => {
    const world = new World({
      serve: (request) =>
        request.index === 0 ? request.error("lost") : request.error("unsupported"),
    });
    expect(world.send("Hey", { idempotent: false, attemptsMax: 2 }).outcome).toBe("indeterminate");
  });

  test("has failed when no byte ever left", () => {
    const world = new World();
    world.network.unlisten();
    const outcome = world.send("Hey", { idempotent: false });
    expect(outcome.outcome).toBe("failed");
    expect(endsOf(outcome)).toEqual(Array.from({ length: 4 }, () => "refused: dial-refused"));
  });
});
