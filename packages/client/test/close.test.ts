/** The end of a client: what is open settles, the line ends in good order, nothing is left. */
import { FrameType } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { sumsOf, World } from "./support/world.ts";

describe("closing", () => {
  test("says goodbye, ends the stream, and leaves no timer", () => {
    const world = new World();
    world.send("Hey");
    let isClosed = false;
    void world.client.close().then(() => (isClosed = true));
    world.clock.runUntilIdle();
    expect(world.frames.at(-1)?.type).toBe(FrameType.goodbye);
    expect(world.clock.timersPending).toBe(0);
    return Promise.resolve().then(() => expect(isClosed).toBe(true));
  });

  test("is done at once where nothing was ever sent", async () => {
    const world = new World();
    await world.client.close();
    await world.client.close();
    expect(world.clock.timersPending).toBe(0);
  });

  test("waits for what is open: in flight, in a wait, in the queue", async () => {
    const world = new World({
      client: { inFlightMax: 2 },
      serve: (request) => {
        if (request.frame.attempt === 1) request.error("lost", 5);
        else request.echo(20);
      },
    });
    const sent = ["a", "b", "c"].map((body) => world.submit(body));
    const closed = world.client.close();
    world.clock.runUntilIdle();
    await closed;
    expect(sent.map(({ outcome }) => outcome?.outcome)).toEqual(
      Array.from({ length: 3 }, () => "delivered"),
    );
  });

  test("settles what is still open when the grace is over, as closed", async () => {
    const world = new World({ serve: () => {} });
    const [first, second] = [world.submit("a", { idempotent: false }), world.submit("b")];
    const closed = world.client.close({ graceMs: 50 });
    world.advanceMs(49);
    expect(first.calls).toBe(0);
    world.advanceMs(1);
    expect(first.outcome).toMatchObject({
      outcome: "indeterminate",
      attempts: [{ ended: "aborted" }],
      error: { code: "closed" },
    });
    expect(second.outcome).toMatchObject({ outcome: "failed", error: { code: "closed" } });
    world.clock.runUntilIdle();
    await closed;
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
  });

  test("a second call may shorten the grace, and both are told", async () => {
    const world = new World({ serve: () => {} });
    const sent = world.submit("a");
    const both = [world.client.close(), world.client.close({ graceMs: 0 })];
    world.advanceMs(1);
    expect(sent.outcome?.error?.code).toBe("closed");
    world.clock.runUntilIdle();
    await Promise.all(both);
  });

  test("a second call does not lengthen the grace", () => {
    const world = new World({ serve: () => {} });
    const sent = world.submit("a");
    void world.client.close({ graceMs: 50 });
    void world.client.close({ graceMs: 5000 });
    world.advanceMs(50);
    expect(sent.outcome?.error?.code).toBe("closed");
  });

  test("does not wait for a full link to drain", async () => {
    const world = new World({ network: { queueBytesMax: 1000 } });
    world.send("open");
    world.network.connections[0]?.server.pause();
    world.submit(new Uint8Array(2000), { deadlineMs: 100 });
    world.advanceMs(100);
    const closed = world.client.close();
    world.advanceMs(0);
    await closed;
    expect(world.network.connections[0]?.client.isOver).toBe(true);
  });

  test("lets no new message in", () => {
    const world = new World({ serve: () => {} });
    world.submit("a");
    void world.client.close();
    const late = world.submit("b");
    world.clock.advance(0);
    expect(late.outcome).toMatchObject({ outcome: "rejected", error: { code: "closed" } });
  });

  test("resets the link of a server that does not end its side", async () => {
    const world = new World({ client: { closeTimeoutMs: 500 } });
    world.send("Hey");
    world.network.connections[0]?.server.pause();
    const closed = world.client.close();
    world.clock.runUntilIdle();
    await closed;
    expect(world.clock.nowUs()).toBeGreaterThanOrEqual(500_000);
    expect(world.network.connections[0]?.client.isOver).toBe(true);
  });

  test("sends nothing behind the end of the stream, a ping that was due neither", async () => {
    const world = new World({
      client: { attemptTimeoutMs: 100, attemptsMax: 1, closeTimeoutMs: 5000 },
      network: {
        meddle: (bytes, { from, piece }) => (from === "server" || piece > 0 ? undefined : bytes),
      },
    });
    expect(world.send("Hey").outcome).toBe("failed");
    world.network.connections[0]?.server.pause();
    const closed = world.client.close();
    // Memory links throw when something is sent on them after their end.
    world.clock.runUntilIdle();
    await closed;
    expect(world.client.stats().pings).toBe(1);
  });

  test("gives up a dial that is still under way", async () => {
    const world = new World({ network: { latencyUs: 1_000_000 } });
    world.submit("Hey");
    const closed = world.client.close({ graceMs: 10 });
    world.advanceMs(10);
    await closed;
    world.clock.runUntilIdle();
    expect(world.eventNames("submitted", "settled")).toEqual(["dial"]);
  });
});

describe("what users give", () => {
  test("may throw without harm: the error comes out afterwards, the client goes on", () => {
    const world = new World({ client: { inFlightMax: 3 } });
    let delivered = 0;
    for (let n = 0; n < 3; n++) {
      world.client.submit("Hey", {}, () => {
        delivered++;
        throw new Error("mine");
      });
    }
    for (let n = 0; n < 3; n++) expect(() => world.clock.runUntilIdle()).toThrow("mine");
    expect(delivered).toBe(3);
    expect(world.send("next").outcome).toBe("delivered");
  });

  test("may throw in a listener as well", () => {
    const world = new World({
      client: {
        onEvent: ({ event }) => {
          if (event === "sent") throw new Error("mine");
        },
      },
    });
    const sent = world.submit("Hey");
    expect(() => world.outcomeOf(sent)).toThrow("mine");
    expect(world.outcomeOf(sent).outcome).toBe("delivered");
  });

  test("hears every event in order", () => {
    const world = new World({
      serve: (request) => (request.index === 0 ? request.link.reset() : request.echo()),
    });
    world.send("Hey");
    expect(world.eventNames()).toEqual([
      "submitted",
      "dial",
      "open",
      "sent",
      "lost",
      "attempt-ended",
      "backoff",
      "dial",
      "open",
      "sent",
      "attempt-ended",
      "settled",
    ]);
    expect(world.events.filter(({ event }) => event === "open")).toMatchObject([
      { reconnect: false, local: "memory:1", remote: "memory:0" },
      { reconnect: true, local: "memory:2", remote: "memory:0" },
    ]);
  });
});
