/** What every fault does to messages, requests and replies, to the microsecond. */
import { FrameFlag, FrameType, StatusCode } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { CoreWorld, frame, plan, SESSION } from "./support/core-world.ts";

describe.each(["stream", "datagram"] as const)("over a %s link", (kind) => {
  test("a delayed reply comes after exactly its delay", () => {
    const world = new CoreWorld({ kind, plan: plan({ id: "late", kind: "delay", delayMs: 250 }) });
    const client = world.dial();
    client.send({});
    world.advanceUs(249_999);
    expect(client.replies).toEqual([]);
    world.advanceUs(1);
    expect(client.replies).toEqual(["0:Hey"]);
  });

  test("a delayed request is executed after exactly its delay", () => {
    const late = { id: "late", kind: "delay", delayMs: 250, direction: "request" } as const;
    const world = new CoreWorld({ kind, plan: plan(late) });
    const client = world.dial();
    client.send({});
    world.advanceUs(249_999);
    expect(world.core.stats()).toMatchObject({ messages: 1, executions: 0 });
    world.advanceUs(1);
    expect(world.core.stats().executions).toBe(1);
    expect(client.replies).toEqual(["0:Hey"]);
  });

  test("a delay holds up its own message only, and keeps the order of equal ones", () => {
    const world = new CoreWorld({
      kind,
      plan: plan({ id: "late", kind: "delay", delayMs: 10, firstMessages: 2 }),
    });
    const client = world.dial();
    for (const operation of [0, 1, 2, 3]) client.send({ operation });
    world.advanceMs(20);
    expect(client.replies).toEqual(["2:Hey", "3:Hey", "0:Hey", "1:Hey"]);
  });

  test("a lost request is never executed, a lost reply was", () => {
    for (const [direction, executions] of [
      ["request", 0],
      ["reply", 1],
    ] as const) {
      const world = new CoreWorld({ kind, plan: plan({ id: "gone", kind: "loss", direction }) });
      const client = world.dial();
      client.send({});
      world.advanceMs(1);
      expect(client.replies).toEqual([]);
      expect(world.core.stats().executions).toBe(executions);
    }
  });

  test.each(["request", "reply"] as const)(
    "a lost %s is answered where the fault says so",
    (direction) => {
      const lost = { id: "gone", kind: "loss", answer: "error", direction } as const;
      const world = new CoreWorld({ kind, plan: plan(lost) });
      const client = world.dial();
      client.send({ operation: 3, attempt: 2 });
      world.advanceMs(1);
      const answer = { type: FrameType.error, status: StatusCode.lost, payload: new Uint8Array(0) };
      expect(client.frames).toEqual([frame({ operation: 3, attempt: 2, ...answer })]);
      expect(world.core.stats().executions).toBe(direction === "request" ? 0 : 1);
    },
  );

  test.each(["request", "reply"] as const)(
    "a %s that was delayed before it was lost is answered that much later",
    (direction) => {
      const late = { id: "late", kind: "delay", delayMs: 250, direction } as const;
      const lost = { id: "gone", kind: "loss", answer: "error", direction } as const;
      const world = new CoreWorld({ kind, plan: plan(late, lost) });
      const client = world.dial();
      client.send({});
      world.advanceUs(249_999);
      expect([client.replies, world.core.stats().heldBytes > 0]).toEqual([[], true]);
      world.advanceUs(1);
      expect(client.replies).toEqual([`0!${StatusCode.lost}`]);
      expect(world.core.stats()).toMatchObject({ heldBytes: 0 });
    },
  );

  test("what was held back before it was lost is answered when so many have passed it", () => {
    const back = { id: "back", kind: "reorder", gap: 1, delayMs: 1000, firstMessages: 1 } as const;
    const lost = { id: "gone", kind: "loss", answer: "error", firstMessages: 1 } as const;
    const world = new CoreWorld({ kind, plan: plan(back, lost) });
    const client = world.dial();
    for (const operation of [0, 1, 2]) client.send({ operation });
    world.advanceMs(1);
    expect(client.replies).toEqual(["1:Hey", `0!${StatusCode.lost}`, "2:Hey"]);
  });

  test("what is lost passes nobody, and comes once whatever would have doubled it", () => {
    const back = { id: "back", kind: "reorder", gap: 1, delayMs: 40, firstMessages: 1 } as const;
    const late = { id: "late", kind: "delay", delayMs: 5, everyMessages: 2 } as const;
    const twice = { id: "twice", kind: "duplicate", everyMessages: 2 } as const;
    const lost = { id: "gone", kind: "loss", answer: "error", everyMessages: 2 } as const;
    const world = new CoreWorld({ kind, plan: plan(back, late, twice, lost) });
    const client = world.dial();
    for (const operation of [0, 1]) client.send({ operation });
    world.advanceMs(39);
    expect(client.replies).toEqual([`1!${StatusCode.lost}`]);
    world.advanceMs(1);
    expect(client.replies).toEqual([`1!${StatusCode.lost}`, "0:Hey"]);
  });

  test("a duplicated request is executed once and answered twice, from memory", () => {
    const twice = { id: "twice", kind: "duplicate", direction: "request" } as const;
    const world = new CoreWorld({ kind, plan: plan(twice), responder: "counter" });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    expect(client.frames.map((reply) => reply.flags)).toEqual([0, FrameFlag.replayed]);
    expect(world.core.stats()).toMatchObject({ messages: 1, executions: 1, counter: 1 });
  });

  test("a duplicated reply arrives as often as the fault says", () => {
    const world = new CoreWorld({ kind, plan: plan({ id: "more", kind: "duplicate", copies: 3 }) });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey", "0:Hey", "0:Hey", "0:Hey"]);
  });

  test("a reordered reply waits until so many later ones have passed it", () => {
    const back = { id: "back", kind: "reorder", gap: 2, delayMs: 1000, firstMessages: 1 } as const;
    const world = new CoreWorld({ kind, plan: plan(back) });
    const client = world.dial();
    for (const operation of [0, 1, 2, 3]) client.send({ operation });
    world.advanceMs(1);
    expect(client.replies).toEqual(["1:Hey", "2:Hey", "0:Hey", "3:Hey"]);
  });

  test("a reordered reply that nothing passes waits no longer than the fault says", () => {
    const world = new CoreWorld({ kind, plan: plan({ id: "back", kind: "reorder", delayMs: 40 }) });
    const client = world.dial();
    client.send({});
    world.advanceUs(39_999);
    expect(client.replies).toEqual([]);
    world.advanceUs(1);
    expect(client.replies).toEqual(["0:Hey"]);
  });

  test("a blackhole swallows everything from its message on, pings too, without closing", () => {
    const hole = { id: "hole", kind: "blackhole", direction: "request", everyMessages: 2 } as const;
    const world = new CoreWorld({ kind, plan: plan(hole) });
    const client = world.dial();
    client.send({ operation: 0 }, { operation: 1 }, { operation: 2 }, { type: FrameType.ping });
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey"]);
    expect(client.seen.isClosed).toBe(false);
    expect(world.core.takeRecords().map(({ message, sequence }) => [message, sequence])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const fresh = world.dial();
    fresh.send({ operation: 2, attempt: 2 });
    world.advanceMs(1);
    expect(fresh.replies).toEqual(["2:Hey"]);
  });

  test("silence ends when its fault is lifted", () => {
    const world = new CoreWorld({ kind, plan: plan({ id: "hole", kind: "blackhole" }) });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    world.core.setFaults(plan());
    client.send({ attempt: 2 });
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey"]);
  });

  test("a partition lets neither messages nor pings through, while it is in force", () => {
    const world = new CoreWorld({ kind, plan: plan({ id: "cut", kind: "partition" }) });
    const client = world.dial();
    client.send({}, { type: FrameType.ping });
    world.advanceMs(1);
    expect(client.frames).toEqual([]);
    world.core.setFaults(plan());
    client.send({ attempt: 2 }, { type: FrameType.ping });
    world.advanceMs(1);
    expect(client.frames).toHaveLength(2);
  });

  test("the same seed decides the same, whatever else the server does", () => {
    const half = { id: "half", kind: "loss", probability: 0.5, direction: "both" } as const;
    const survivors = (disturb: boolean): string[] => {
      const world = new CoreWorld({ kind, plan: plan(half) });
      const other = world.dial();
      const client = world.dial();
      for (let operation = 0; operation < 60; operation++) {
        if (disturb) other.send({ session: { ...SESSION, low: 9 }, operation });
        client.send({ operation });
      }
      world.advanceMs(1);
      return client.replies;
    };
    expect(survivors(true)).toEqual(survivors(false));
    expect(survivors(false).length).toBeGreaterThan(5);
  });
});

describe("on a stream", () => {
  test("a reset drops the connection, after what was answered before", () => {
    const world = new CoreWorld({ plan: plan({ id: "rst", kind: "reset", everyMessages: 3 }) });
    const client = world.dial();
    client.send(...[0, 1, 2, 3].map((operation) => ({ operation })));
    world.advanceMs(1);
    expect(client.replies).toEqual(["0:Hey", "1:Hey"]);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.told("close")).toMatchObject([{ code: "fault" }]);
  });

  test("a reset that comes after a delay drops the connection that much later", () => {
    const late = { id: "late", kind: "delay", delayMs: 250, firstMessages: 1 } as const;
    const rst = { id: "rst", kind: "reset", firstMessages: 1 } as const;
    const world = new CoreWorld({ plan: plan(late, rst) });
    const client = world.dial();
    client.send({ operation: 0 }, { operation: 1 });
    world.advanceUs(249_999);
    expect([client.replies, client.seen.isClosed]).toEqual([["1:Hey"], false]);
    world.advanceUs(1);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.told("close")).toMatchObject([{ code: "fault" }]);
  });

  test("a sliced reply arrives in pieces, and lets no other in between", () => {
    const cut = { id: "cut", kind: "slice", sliceBytes: 12, delayMs: 5, firstMessages: 1 } as const;
    const world = new CoreWorld({ plan: plan(cut) });
    const client = world.dial();
    client.send({ operation: 0 }, { operation: 1 });
    world.advanceMs(1);
    expect(client.seen.pieces).toHaveLength(1);
    world.advanceMs(1000);
    expect(client.seen.pieces.length).toBeGreaterThan(3);
    expect(client.replies).toEqual(["0:Hey", "1:Hey"]);
  });

  test("a sliced request is executed when its last piece is there", () => {
    const cut = { id: "cut", kind: "slice", delayMs: 5, direction: "request" } as const;
    const world = new CoreWorld({ plan: plan(cut) });
    const client = world.dial();
    client.send({ operation: 0 }, { operation: 1 });
    world.advanceMs(4);
    expect(world.core.stats().executions).toBe(0);
    world.advanceMs(1000);
    expect(client.replies).toEqual(["0:Hey", "1:Hey"]);
  });

  test("a request with a damaged payload is answered as corrupt, never executed", () => {
    // Bit flips hit the header or the payload: a payload of this size makes the latter likely.
    const flip = { id: "flip", kind: "corrupt", direction: "request", firstMessages: 1 } as const;
    const world = new CoreWorld({ plan: plan(flip) });
    const client = world.dial();
    client.send({ operation: 0, payload: new Uint8Array(5000) }, { operation: 1 });
    world.advanceMs(1);
    expect(client.replies).toEqual([`0!${StatusCode.corrupt}`, "1:Hey"]);
    expect(world.core.stats()).toMatchObject({ corruptionsDetected: 1, executions: 1 });
  });

  test("a request cut short swallows the beginning of the next, as on a real wire", () => {
    const short = {
      id: "short",
      kind: "corrupt",
      how: "truncate",
      direction: "request",
      firstMessages: 1,
    } as const;
    const world = new CoreWorld({ plan: plan(short) });
    const client = world.dial();
    client.send({ operation: 0, payload: new Uint8Array(5000) });
    world.advanceMs(1);
    expect(client.frames).toEqual([]);
    client.send({ operation: 1, payload: new Uint8Array(6000) });
    world.advanceMs(1);
    expect(client.replies[0]).toBe(`0!${StatusCode.corrupt}`);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.core.stats()).toMatchObject({ executions: 0, corruptionsDetected: 1 });
    expect(world.core.stats().refusals).toMatchObject({ "payload-damaged": 1, "bad-magic": 1 });
  });

  test("a reply is damaged on its way out, and only there", () => {
    const world = new CoreWorld({ plan: plan({ id: "flip", kind: "corrupt", firstMessages: 1 }) });
    const client = world.dial();
    client.send({ payload: new Uint8Array(5000) }, { operation: 1 });
    world.advanceMs(1);
    expect(client.received).toMatchObject([{ refused: "payload-damaged" }, { operation: 1 }]);
    expect(world.core.stats()).toMatchObject({ corruptionsDetected: 0, executions: 2 });
  });

  test("a slow close makes the end of the stream late, on either side", () => {
    for (const direction of ["request", "reply"] as const) {
      const slow = { id: "slow", kind: "slow-close", delayMs: 300, direction } as const;
      const world = new CoreWorld({ plan: plan(slow) });
      const client = world.dial();
      client.send({});
      client.link.end();
      world.advanceUs(299_999);
      expect([client.replies, client.seen.isEnded]).toEqual([["0:Hey"], false]);
      world.advanceUs(1);
      expect(client.seen.isClosed).toBe(true);
      expect(world.core.takeRecords()).toMatchObject([{ fault: "slow", direction }]);
    }
  });

  test("bandwidth lets a reply out when its bytes have been paid for", () => {
    const narrow = {
      id: "narrow",
      kind: "bandwidth",
      bytesPerSecond: 1000,
      burstBytes: 1,
    } as const;
    const world = new CoreWorld({ plan: plan(narrow) });
    const client = world.dial();
    client.send({ payload: new Uint8Array(956) });
    world.advanceMs(990);
    expect(client.frames).toEqual([]);
    world.advanceMs(20);
    expect(client.frames).toHaveLength(1);
  });
});

describe("on datagrams", () => {
  test("a damaged request is dropped without a word, and counted", () => {
    const flip = { id: "flip", kind: "corrupt", direction: "request" } as const;
    const world = new CoreWorld({ kind: "datagram", plan: plan(flip) });
    const client = world.dial();
    client.send({ payload: new Uint8Array(1000) });
    world.advanceMs(1);
    expect(client.received).toEqual([]);
    expect(world.core.stats()).toMatchObject({ executions: 0, corruptionsDetected: 1 });
  });
});

describe("proofs and counts", () => {
  test("every fault that acts leaves a record that names its message", () => {
    const world = new CoreWorld({ plan: plan({ id: "late", kind: "delay", delayMs: 5 }) });
    const client = world.dial();
    world.advanceMs(3);
    client.send({ operation: 6, attempt: 2 });
    world.advanceMs(10);
    const record = {
      fault: "late",
      kind: "delay",
      direction: "reply",
      sessionHigh: SESSION.high,
      sessionLow: SESSION.low,
      message: 6,
      attempt: 2,
      copy: 0,
      atUs: 3000,
      did: "delayed 5000 us",
      remote: "memory:1",
      sequence: 0,
    };
    expect(world.told("fault")).toMatchObject([{ connection: 1, record }]);
    expect(world.core.takeRecords()).toEqual([record]);
    expect(world.core.takeRecords()).toEqual([]);
    expect(world.core.stats().faults).toMatchObject([{ id: "late", eligible: 1, fired: 1 }]);
  });

  test("above recordsMax records are dropped and counted, faults act on", () => {
    const gone = plan({ id: "gone", kind: "loss" });
    const world = new CoreWorld({ plan: gone, limits: { recordsMax: 2 } });
    const client = world.dial();
    client.send(...[0, 1, 2, 3].map((operation) => ({ operation })));
    world.advanceMs(1);
    expect(world.core.takeRecords().map(({ message }) => message)).toEqual([0, 1]);
    expect(world.core.stats()).toMatchObject({ recordsDropped: 2, faults: [{ fired: 4 }] });
    expect(world.told("limit")).toMatchObject([{ limit: "recordsMax", value: 2, times: 1 }]);
  });

  test("faults can be changed while messages are under way: those keep their decision", () => {
    const world = new CoreWorld({ plan: plan({ id: "late", kind: "delay", delayMs: 50 }) });
    const client = world.dial();
    client.send({ operation: 0 });
    world.advanceMs(1);
    world.core.setFaults(plan());
    client.send({ operation: 1 });
    world.advanceMs(1);
    expect(client.replies).toEqual(["1:Hey"]);
    world.advanceMs(48);
    expect(client.replies).toEqual(["1:Hey", "0:Hey"]);
    expect(world.told("faults-changed")).toMatchObject([{ faults: [] }]);
  });

  test("a plan that breaks a rule is refused, and the old one stays", () => {
    const world = new CoreWorld({ plan: plan({ id: "gone", kind: "loss" }) });
    const bad = plan({ id: "gone", kind: "loss", probability: 2 });
    expect(() => world.core.setFaults(bad)).toThrow(RangeError);
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    expect(client.frames).toEqual([]);
  });
});
