/** Every limit, on both sides: just below nothing happens, just above it is what limits.ts says. */
import { encodeFrame, FrameType, StatusCode } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { ServerLimits } from "../src/limits.ts";
import { SERVER_LIMITS_DEFAULT, serverLimits } from "../src/limits.ts";
import { CoreWorld, frame, plan, SESSION, Talker } from "./support/core-world.ts";

const sessionOf = (low: number) => ({ ...SESSION, low });

describe("connectionsMax", () => {
  test("connections up to it are served, one more is reset", () => {
    const world = new CoreWorld({ limits: { connectionsMax: 2 } });
    const [first, second, third] = [world.dial(), world.dial(), world.dial()];
    first!.send({});
    second!.send({ attempt: 2 });
    world.advanceMs(1);
    expect([first!.replies, second!.replies]).toEqual([["0:Hey"], ["0:Hey"]]);
    expect(third!.seen.error?.code).toBe("reset");
    expect(world.core.stats().refusals).toEqual({ "connections-full": 1 });
    expect(world.told("limit")).toMatchObject([{ limit: "connectionsMax", value: 2 }]);
  });

  test("a place that became free can be taken", () => {
    const world = new CoreWorld({ limits: { connectionsMax: 1 } });
    world.dial().link.reset();
    world.advanceMs(1);
    const next = world.dial();
    next.send({});
    world.advanceMs(1);
    expect(next.replies).toEqual(["0:Hey"]);
  });

  test("a datagram peer that sent nothing good holds no place", () => {
    const world = new CoreWorld({ kind: "datagram", limits: { connectionsMax: 1 } });
    world.dial().sendBytes(new Uint8Array(50));
    world.advanceMs(1);
    const good = world.dial();
    good.send({});
    world.advanceMs(1);
    expect(good.replies).toEqual(["0:Hey"]);
  });
});

describe("payloadBytesMax", () => {
  test("a payload of that size is served, one byte more is refused from the header alone", () => {
    const world = new CoreWorld({ limits: { payloadBytesMax: 100 } });
    const client = world.dial();
    client.send({ payload: new Uint8Array(100) });
    client.sendBytes(
      encodeFrame(frame({ operation: 1, payload: new Uint8Array(101) })).subarray(0, 40),
    );
    world.advanceMs(1);
    expect(client.frames.map((reply) => reply.status)).toEqual([0, StatusCode.tooLarge]);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.told("refusal")).toMatchObject([{ code: "payload-too-large", fatal: true }]);
  });
});

describe("idleTimeoutMs", () => {
  test("a link is ended when it sent nothing for so long", () => {
    const world = new CoreWorld({ limits: { idleTimeoutMs: 1000 } });
    const client = world.dial();
    world.advanceMs(999);
    client.send({});
    world.advanceMs(999);
    expect(client.seen.isEnded).toBe(false);
    world.advanceMs(130);
    expect(client.seen.isEnded).toBe(true);
    client.link.end();
    world.advanceMs(1);
    expect(world.told("close")).toMatchObject([{ code: "idle-timeout" }]);
  });

  test("a peer that does not end its side either is reset", () => {
    const world = new CoreWorld({ limits: { idleTimeoutMs: 1000 } });
    const client = world.dial();
    world.advanceMs(1500);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.core.stats().connectionsOpen).toBe(0);
  });

  test("a reply that a fault holds back longer is still sent", () => {
    const late = plan({ id: "late", kind: "delay", delayMs: 5000 });
    const world = new CoreWorld({ limits: { idleTimeoutMs: 1000 }, plan: late });
    const client = world.dial();
    client.send({});
    world.advanceMs(5000);
    expect(client.replies).toEqual(["0:Hey"]);
  });

  test("so is one to a peer that has already said goodbye", () => {
    const late = plan({ id: "late", kind: "delay", delayMs: 5000 });
    const world = new CoreWorld({ limits: { idleTimeoutMs: 1000 }, plan: late });
    const client = world.dial();
    client.send({}, { type: FrameType.goodbye });
    world.advanceMs(5000);
    expect([client.replies, client.seen.isEnded]).toEqual([["0:Hey"], true]);
  });

  test("a datagram peer is forgotten without a word", () => {
    const world = new CoreWorld({ kind: "datagram", limits: { idleTimeoutMs: 1000 } });
    world.dial().send({});
    world.advanceMs(1);
    expect(world.core.stats().connectionsOpen).toBe(1);
    world.advanceMs(1200);
    expect(world.core.stats().connectionsOpen).toBe(0);
  });
});

describe("frameTimeoutMs", () => {
  test("a frame that takes longer is the end of its connection, however it trickles", () => {
    const world = new CoreWorld({ limits: { frameTimeoutMs: 1000 } });
    const client = world.dial();
    const bytes = encodeFrame(frame());
    for (let at = 0; at < 9; at++) {
      client.sendBytes(bytes.slice(at, at + 1));
      world.advanceMs(100);
    }
    expect(client.seen.isClosed).toBe(false);
    world.advanceMs(225);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.core.stats().refusals).toEqual({ "frame-timeout": 1 });
  });

  test("a frame that is complete in time is answered, and the next has its own time", () => {
    const world = new CoreWorld({ limits: { frameTimeoutMs: 1000 } });
    const client = world.dial();
    const bytes = encodeFrame(frame());
    for (let round = 0; round < 3; round++) {
      client.sendBytes(bytes.slice(0, 20));
      world.advanceMs(900);
      client.sendBytes(bytes.slice(20));
      world.advanceMs(1);
    }
    expect(client.replies).toEqual(["0:Hey", "0:Hey", "0:Hey"]);
  });

  test("a hundred slow peers leave a good one alone", () => {
    const world = new CoreWorld({ limits: { frameTimeoutMs: 1000 } });
    const slow = Array.from({ length: 100 }, () => world.dial());
    for (const peer of slow) peer.sendBytes(encodeFrame(frame()).slice(0, 39));
    const good = world.dial();
    for (let operation = 0; operation < 20; operation++) {
      good.send({ operation });
      world.advanceMs(100);
    }
    expect(good.replies).toHaveLength(20);
    expect(slow.every((peer) => peer.seen.isClosed)).toBe(true);
  });
});

describe("heldBytesMax", () => {
  const late = plan({ id: "late", kind: "delay", delayMs: 1000 });
  /** Each held reply counts its 1044 bytes and 256 for its upkeep. */
  const limits = { heldBytesMax: 13_000 };

  test("a stream is not read from while faults hold back more, and then goes on", () => {
    const world = new CoreWorld({ plan: late, limits });
    const client = world.dial();
    for (let operation = 0; operation < 40; operation++) {
      client.send({ operation, payload: new Uint8Array(1000) });
      world.advanceMs(1);
      expect(world.core.stats().heldBytes).toBeLessThanOrEqual(13_000 + 1300);
    }
    expect(world.core.stats().messages).toBe(11);
    expect(world.told("limit")).toMatchObject([{ limit: "heldBytesMax", value: 13_000 }]);
    world.advanceMs(10_000);
    expect(client.frames).toHaveLength(40);
    expect(world.core.stats().heldBytes).toBe(0);
  });

  test("a datagram above it is dropped and counted", () => {
    const world = new CoreWorld({ kind: "datagram", plan: late, limits });
    const client = world.dial();
    for (let operation = 0; operation < 40; operation++) {
      client.send({ operation, payload: new Uint8Array(1000) });
    }
    world.advanceMs(1);
    expect(world.core.stats()).toMatchObject({ datagramsDropped: 30 });
    world.advanceMs(1000);
    expect(client.frames).toHaveLength(10);
  });

  test("what is held for a link that is gone is let go", () => {
    const world = new CoreWorld({ plan: late });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    client.link.reset();
    world.advanceMs(1);
    expect(world.core.stats()).toMatchObject({ heldBytes: 0, connectionsOpen: 0 });
  });
});

describe("sendQueueBytesMax", () => {
  test("a peer that stops reading is no longer read from, and served again when it reads", () => {
    const world = new CoreWorld({ queueBytesMax: 10_000 });
    const client = world.dial();
    client.link.pause();
    for (let operation = 0; operation < 100; operation++) {
      client.send({ operation, payload: new Uint8Array(1000) });
      world.advanceMs(1);
    }
    const stuck = world.core.stats();
    expect(stuck.bytesOut).toBeLessThanOrEqual(10_000 + 2 * 1044);
    expect(stuck.messages).toBeLessThan(12);
    expect(world.told("limit")).toMatchObject([{ limit: "sendQueueBytesMax" }]);
    client.link.resume();
    world.advanceMs(1);
    expect(client.frames).toHaveLength(100);
  });

  test("one that never reads again is reset when it is idle for too long", () => {
    const world = new CoreWorld({ queueBytesMax: 1000, limits: { idleTimeoutMs: 1000 } });
    const client = world.dial();
    client.link.pause();
    client.send({ payload: new Uint8Array(2000) });
    world.advanceMs(1200);
    expect(client.seen.error?.code).toBe("reset");
  });
});

describe("sessionsMax and the memory of replies", () => {
  test("a session above it is answered as overloaded, and told when to come again", () => {
    const world = new CoreWorld({ limits: { sessionsMax: 2, replyLifetimeMs: 1000 } });
    const clients = [1, 2, 3].map((low) => {
      const client = world.dial();
      client.send({ session: sessionOf(low) });
      return client;
    });
    world.advanceMs(1);
    expect(clients.map((client) => client.frames[0]!.status)).toEqual([
      0,
      0,
      StatusCode.overloaded,
    ]);
    // No session can be forgotten before the oldest has been silent for its lifetime.
    expect(clients[2]!.frames[0]!.remainingMs).toBe(1000);
    expect(world.core.stats().executions).toBe(2);
    world.advanceMs(1000);
    clients[2]!.send({ session: sessionOf(3), attempt: 2 });
    world.advanceMs(1);
    expect(clients[2]!.frames[1]!.status).toBe(0);
  });

  test("a reply that no longer fits in replyBytesPerSessionMax is forgotten, not its execution", () => {
    const world = new CoreWorld({ limits: { replyBytesPerSessionMax: 1024 } });
    const client = world.dial();
    for (const operation of [0, 1, 2, 3]) client.send({ operation, payload: new Uint8Array(300) });
    world.advanceMs(1);
    client.send({ operation: 0, attempt: 2, payload: new Uint8Array(300) });
    client.send({ operation: 3, attempt: 2, payload: new Uint8Array(300) });
    world.advanceMs(1);
    expect(client.frames.slice(4).map((reply) => reply.status)).toEqual([StatusCode.tooOld, 0]);
    expect(world.core.stats().executions).toBe(4);
  });

  test("a session that replyBytesMax leaves no memory is answered as overloaded", () => {
    const world = new CoreWorld({ limits: { replyBytesMax: 1500 } });
    const [first, second] = [world.dial(), world.dial()];
    first!.send({ session: sessionOf(1) });
    second!.send({ session: sessionOf(2) });
    world.advanceMs(1);
    expect([first!.frames[0]!.status, second!.frames[0]!.status]).toEqual([
      0,
      StatusCode.overloaded,
    ]);
    expect(world.core.stats().executions).toBe(1);
  });
});

describe("shutting down", () => {
  const late = plan({ id: "late", kind: "delay", delayMs: 1000 });

  test("sends what is held back, answers from memory, executes nothing new", () => {
    const world = new CoreWorld({ plan: late });
    const client = world.dial();
    client.send({ operation: 0 });
    world.advanceMs(1);
    let drained = false;
    world.core.drain(() => (drained = true));
    client.send({ operation: 1 }, { operation: 0, attempt: 2 });
    world.advanceMs(1001);
    expect(client.frames.map((reply) => [reply.operation, reply.status])).toEqual([
      [0, 0],
      [1, StatusCode.shuttingDown],
      [0, 0],
    ]);
    expect([client.seen.isEnded, drained]).toEqual([true, false]);
    client.link.end();
    world.advanceMs(1);
    expect(drained).toBe(true);
  });

  test("ends a connection whose end a fault has made late", () => {
    const slow = plan({ id: "slow", kind: "slow-close", delayMs: 300, direction: "request" });
    const world = new CoreWorld({ plan: slow });
    const client = world.dial();
    client.send({});
    client.link.end();
    world.advanceMs(1);
    let drained = false;
    world.core.drain(() => (drained = true));
    world.advanceMs(300);
    expect([client.seen.isClosed, drained]).toEqual([true, true]);
  });

  test("turns new connections away, and is done at once when there is none", () => {
    const world = new CoreWorld();
    let drained = 0;
    world.core.drain(() => drained++);
    expect(drained).toBe(1);
    expect(world.dial().seen.error?.code).toBe("reset");
  });

  test("leaves no timer behind", () => {
    const world = new CoreWorld({ plan: late });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    expect(world.clock.timersPending).toBeGreaterThan(0);
    world.core.drain(() => {});
    world.core.close();
    world.advanceMs(1);
    expect(client.seen.isClosed).toBe(true);
    expect(world.clock.timersPending).toBe(0);
  });

  test("an idle server has no timer at all", () => {
    const world = new CoreWorld({ limits: { replyLifetimeMs: 1000 } });
    expect(world.clock.timersPending).toBe(0);
    new Talker(world.network).link.reset();
    world.advanceMs(5000);
    expect(world.clock.timersPending).toBe(0);
  });
});

describe("the settings themselves", () => {
  test("every default is what stands when nothing is said", () => {
    expect(serverLimits()).toEqual(SERVER_LIMITS_DEFAULT);
    expect(serverLimits({ sessionsMax: 5 })).toEqual({ ...SERVER_LIMITS_DEFAULT, sessionsMax: 5 });
  });

  test.each([
    [{ sessionsMax: 0 }, '"sessionsMax" must be an integer of 1 … 2147483648: got 0'],
    [{ idleTimeoutMs: 1.5 }, '"idleTimeoutMs" must be an integer of 1 … 86400000: got 1.5'],
    [{ idleTimeoutMs: Number.NaN }, "got NaN"],
    [{ payloadBytesMax: 1_048_577 }, '"payloadBytesMax" must be an integer of 1 … 1048576'],
    [{ operationsPerSessionMax: 1000 }, '"operationsPerSessionMax" must be a power of two'],
    [{ sessionMax: 5 }, '"sessionMax" must be the name of a limit'],
  ])("%j is refused", (limits, message) => {
    const given = limits as Partial<ServerLimits>;
    expect(() => serverLimits(given)).toThrow(RangeError);
    expect(() => serverLimits(given)).toThrow(message);
  });
});
