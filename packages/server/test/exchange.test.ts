/** What a healthy server answers: every type of frame, every state of an operation. */
import { encodeFrame, FrameFlag, FrameType, StatusCode } from "@faultline/protocol";
import { cut, cuts } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CoreWorld, frame, join, SESSION, text, words } from "./support/core-world.ts";

describe.each(["stream", "datagram"] as const)("over a %s link", (kind) => {
  test("a message is echoed, with the identity it came with", () => {
    const world = new CoreWorld({ kind });
    const client = world.dial();
    client.send({ operation: 7, attempt: 3, payload: text("Hey") });
    world.advanceMs(1);
    expect(client.frames).toEqual([
      frame({ type: FrameType.reply, operation: 7, attempt: 3, payload: text("Hey"), life: 1 }),
    ]);
  });

  test.each(["none", "crc32", "crc32c", "sha1-32", "sha256-128"] as const)(
    "a reply carries the checksum its request had: %s",
    (checksum) => {
      const world = new CoreWorld({ kind });
      const client = world.dial();
      client.send({ checksum });
      world.advanceMs(1);
      expect(client.frames.map((reply) => reply.checksum)).toEqual([checksum]);
    },
  );

  test("an operation sent twice is executed once, and its reply says it is replayed", () => {
    const world = new CoreWorld({ kind, responder: "counter" });
    const client = world.dial();
    client.send({ attempt: 1 }, { attempt: 2 });
    world.advanceMs(1);
    const [first, second] = client.frames;
    expect(second).toEqual({ ...first, attempt: 2, flags: FrameFlag.replayed });
    expect(world.core.stats()).toMatchObject({
      messages: 2,
      executions: 1,
      replayed: 1,
      counter: 1,
    });
  });

  test("an operation id used again with another body is an error, and not executed", () => {
    const world = new CoreWorld({ kind });
    const client = world.dial();
    client.send({ payload: text("one") }, { payload: text("two") });
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:one", `0!${StatusCode.operationReused}`]);
    expect(world.core.stats().executions).toBe(1);
  });

  test("an operation older than the ring is refused, never executed", () => {
    const world = new CoreWorld({ kind, limits: { operationsPerSessionMax: 16 } });
    const client = world.dial();
    for (let operation = 0; operation <= 16; operation++) client.send({ operation });
    world.advanceMs(1);
    client.send({ operation: 1, attempt: 2 }, { operation: 0, attempt: 2 });
    world.advanceMs(1);
    expect(client.replies.slice(-2)).toEqual(["1:Hey", `0!${StatusCode.tooOld}`]);
    expect(world.core.stats().executions).toBe(17);
  });

  test("a session is known again on another connection", () => {
    const world = new CoreWorld({ kind });
    world.dial().send({ operation: 5 });
    world.advanceMs(1);
    const again = world.dial();
    again.send({ operation: 5, attempt: 2 });
    world.advanceMs(1);
    expect(again.frames[0]!.flags).toBe(FrameFlag.replayed);
    expect(world.core.stats()).toMatchObject({ executions: 1, sessions: 1 });
  });

  test("a session is forgotten after replyLifetimeMs of silence, not before", () => {
    const world = new CoreWorld({ kind, limits: { replyLifetimeMs: 1000, idleTimeoutMs: 60_000 } });
    const client = world.dial();
    client.send({});
    world.advanceMs(999);
    client.send({ attempt: 2 });
    world.advanceMs(1);
    expect(client.frames[1]!.flags).toBe(FrameFlag.replayed);
    world.advanceMs(1200);
    expect(world.core.stats().sessions).toBe(0);
    // what is left is the number below which nothing is executed any more
    client.send({ attempt: 3 }, { operation: 1 });
    world.advanceMs(1);
    expect(client.replies.slice(2)).toEqual([`0!${StatusCode.tooOld}`, "1:Hey"]);
    expect(world.core.stats()).toMatchObject({ executions: 2, tooOld: 1 });
  });

  test("a ping is answered by a pong of the same number, a hello by a hello", () => {
    const world = new CoreWorld({ kind });
    const client = world.dial();
    const empty = new Uint8Array(0);
    client.send({ type: FrameType.hello, payload: empty });
    client.send({ type: FrameType.ping, operation: 9, payload: empty });
    world.advanceMs(1);
    expect(client.frames).toEqual([
      frame({ type: FrameType.hello, payload: empty, life: 1 }),
      frame({ type: FrameType.pong, operation: 9, payload: empty, life: 1 }),
    ]);
    expect(world.core.stats()).toMatchObject({ messages: 0, executions: 0, pings: 1 });
  });

  test.each(["reply", "error", "pong"] as const)(
    "a %s has no place on its way to a server",
    (type) => {
      const world = new CoreWorld({ kind });
      const client = world.dial();
      client.send({ type: FrameType[type], status: type === "error" ? StatusCode.lost : 0 });
      world.advanceMs(1);
      expect(client.frames).toEqual([]);
      expect(world.core.stats().refusals).toEqual({ "unexpected-type": 1 });
    },
  );
});

describe("responders", () => {
  test("receive-only acknowledges with an empty reply", () => {
    const world = new CoreWorld({ responder: "receive-only" });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:"]);
  });

  test("counter answers with the count, 8 bytes big-endian, before the payload", () => {
    const world = new CoreWorld({ responder: "counter" });
    const client = world.dial();
    for (let operation = 0; operation < 300; operation++) client.send({ operation });
    world.advanceMs(1);
    const last = client.frames.at(-1)!.payload;
    expect([...last.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 1, 44]);
    expect(words(last.subarray(8))).toBe("Hey");
  });

  test("a counter reply that would not fit into a frame is refused before it counts", () => {
    const world = new CoreWorld({ responder: "counter" });
    const client = world.dial();
    client.send(
      { payload: new Uint8Array(1_048_569) },
      { operation: 1, payload: new Uint8Array(1_048_568) },
    );
    world.advanceMs(1);
    expect(client.frames.map((reply) => reply.status)).toEqual([StatusCode.tooLarge, 0]);
    expect(world.core.stats().counter).toBe(1);
  });

  test("a reply that would not fit into a datagram is refused before it counts", () => {
    const world = new CoreWorld({ kind: "datagram", responder: "counter" });
    const client = world.dial();
    client.send({ payload: new Uint8Array(65_444) });
    client.send({ operation: 1, payload: new Uint8Array(65_443) });
    world.advanceMs(1);
    expect(client.frames.map((reply) => reply.status)).toEqual([StatusCode.tooLarge, 0]);
    expect(world.core.stats().counter).toBe(1);
  });

  test("one of your own is asked once for each operation", () => {
    const asked: string[] = [];
    const respond = (payload: Uint8Array): Uint8Array => {
      asked.push(words(payload));
      return text("mine");
    };
    const world = new CoreWorld({ responder: { name: "echo", extraBytes: 4, count: 0, respond } });
    const client = world.dial();
    client.send({}, { attempt: 2 });
    world.advanceMs(1);
    expect([asked, client.replies]).toEqual([["Hey"], ["0:mine", "0:mine"]]);
  });
});

describe("a connection", () => {
  test("is read however the stream was cut", () => {
    fc.assert(
      fc.property(cuts(), (sizes) => {
        const world = new CoreWorld();
        const client = world.dial();
        const sent = [0, 1, 2, 3].map((operation) =>
          encodeFrame(frame({ operation, payload: new Uint8Array(operation * 40) })),
        );
        for (const piece of cut(join(sent), sizes)) client.sendBytes(piece);
        world.advanceMs(1);
        expect(client.frames.map((reply) => reply.payload.length)).toEqual([0, 40, 80, 120]);
      }),
      { numRuns: 50 },
    );
  });

  test("answers all requests of one read in one write", () => {
    const world = new CoreWorld();
    const client = world.dial();
    client.send(...Array.from({ length: 20 }, (_, operation) => ({ operation })));
    world.advanceMs(1);
    expect(client.frames).toHaveLength(20);
    expect(client.seen.pieces).toHaveLength(1);
  });

  test("belongs to one session: a second one is refused, and the connection reset", () => {
    const world = new CoreWorld();
    const client = world.dial();
    client.send({}, { session: { ...SESSION, low: 1 }, operation: 1 });
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey"]);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.core.stats().refusals).toEqual({ "second-session": 1 });
    expect(world.told("close")).toMatchObject([{ code: "refused", messages: 1 }]);
  });

  test("ends after a goodbye, with what was still to be said", () => {
    const world = new CoreWorld({ plan: plan100ms });
    const client = world.dial();
    client.send({}, { type: FrameType.goodbye });
    world.advanceMs(99);
    expect(client.seen.isEnded).toBe(false);
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey"]);
    expect(client.seen.isEnded).toBe(true);
  });

  test("ends after the peer has ended, with what was still to be said", () => {
    const world = new CoreWorld({ plan: plan100ms });
    const client = world.dial();
    client.send({});
    client.link.end();
    world.advanceMs(100);
    expect(client.seen.events.slice(-3)).toEqual(["bytes", "end", "close"]);
    expect(world.core.stats().connectionsOpen).toBe(0);
    expect(world.told("close")).toMatchObject([{ code: "end" }]);
  });

  test("that ends inside a frame is refused as truncated", () => {
    const world = new CoreWorld();
    const client = world.dial();
    client.sendBytes(encodeFrame(frame()).subarray(0, 45));
    client.link.end();
    world.advanceMs(1);
    expect(world.core.stats().refusals).toEqual({ truncated: 1 });
  });

  test("tells everything that happens to it, in order", () => {
    const world = new CoreWorld();
    const client = world.dial();
    client.send({ operation: 4 });
    client.link.end();
    world.advanceMs(1);
    const session = "0102030405060708";
    const place = {
      connection: 1,
      session,
      operation: 4,
      attempt: 1,
      worker: 0,
      atUs: 0,
      bytes: 3,
    };
    expect(world.events).toEqual([
      { event: "accept", connection: 1, transport: "tcp", remote: "memory:1", atUs: 0, worker: 0 },
      { event: "message", ...place },
      { event: "reply", ...place, status: 0, replayed: false },
      {
        event: "close",
        connection: 1,
        remote: "memory:1",
        code: "end",
        messages: 1,
        atUs: 0,
        worker: 0,
      },
    ]);
  });

  test("tells nothing of what happens with every message unless it was asked to", () => {
    const world = new CoreWorld({ events: "none" });
    const client = world.dial();
    client.send({});
    client.link.end();
    world.advanceMs(1);
    expect(world.events).toEqual([]);
  });
});

describe("a datagram peer", () => {
  test("may bring several sessions, since each datagram stands for itself", () => {
    const world = new CoreWorld({ kind: "datagram" });
    const client = world.dial();
    const other = { ...SESSION, low: 1 };
    client.send({}, { session: other }, { attempt: 2 }, { session: other, attempt: 2 });
    world.advanceMs(1);
    expect(client.frames.map((reply) => reply.flags)).toEqual([0, 0, 1, 1]);
    expect(world.core.stats()).toMatchObject({ executions: 2, sessions: 2 });
  });

  test("is never answered with much more than it sent", () => {
    const world = new CoreWorld({ kind: "datagram", responder: "counter" });
    const client = world.dial();
    client.send(
      { payload: new Uint8Array(0) },
      { payload: text("other") },
      { type: FrameType.ping },
    );
    world.advanceMs(1);
    const { bytesIn, bytesOut } = world.core.stats();
    expect(client.frames).toHaveLength(3);
    expect(bytesOut).toBeLessThanOrEqual(1.2 * bytesIn);
  });
});

const plan100ms = {
  seed: 1,
  composition: "independent",
  faults: [{ id: "late", kind: "delay", delayMs: 100 }],
} as const;
