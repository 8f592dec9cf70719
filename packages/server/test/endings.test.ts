/** When a connection ends, the server tells which of its messages had not met all their faults. */
import type { FaultSpec } from "@faultline/faults";
import { encodeFrame } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { ServerEnding } from "../src/event.ts";
import type { Talker } from "./support/core-world.ts";
import { CoreWorld, frame, plan } from "./support/core-world.ts";

const LATE = { id: "late", kind: "delay", delayMs: 50, direction: "request" } as const;
const SHORT = {
  id: "short",
  kind: "corrupt",
  how: "truncate",
  direction: "request",
  firstMessages: 1,
} as const;

function rig(...faults: readonly FaultSpec[]): { world: CoreWorld; client: Talker } {
  const world = new CoreWorld({ plan: plan(...faults) });
  return { world, client: world.dial() };
}

function requests(...operations: readonly number[]): { operation: number }[] {
  return operations.map((operation) => ({ operation }));
}

/** Messages read and messages not done with, of every ending. */
function told(world: CoreWorld): (number | readonly number[])[][] {
  return world.core.takeEndings().map(({ messages, unfinished }) => [messages, unfinished]);
}

describe("the end of a connection", () => {
  test("leaves nothing to tell on a server that never had a fault", () => {
    const { world, client } = rig();
    client.send({});
    client.link.reset();
    world.advanceMs(1);
    expect(told(world)).toEqual([]);
  });

  test("is told once faults have been in force, lifted or not, and once", () => {
    const { world, client } = rig();
    world.advanceMs(3);
    client.send({});
    world.core.setFaults(plan(LATE));
    world.core.setFaults(plan());
    client.link.reset();
    world.advanceMs(1);
    const ending: ServerEnding = {
      remote: "memory:1",
      atUs: 3000,
      messages: 1,
      unfinished: [],
    };
    expect([world.core.takeEndings(), world.core.takeEndings()]).toEqual([[ending], []]);
  });

  test("counts what was read before a reset, and not what came behind it", () => {
    const { world, client } = rig({ id: "rst", kind: "reset", everyMessages: 3 });
    client.send(...requests(0, 1, 2, 3, 4));
    world.advanceMs(1);
    expect(told(world)).toEqual([[3, []]]);
  });

  test("names requests that were held back, by delay, reorder and slice, each once", () => {
    const later = { ...LATE, firstMessages: 1, delayMs: 500 };
    const held: readonly FaultSpec[] = [
      later,
      { id: "back", kind: "reorder", direction: "request", gap: 9, delayMs: 500 },
      { id: "cut", kind: "slice", direction: "request", delayMs: 500 },
    ];
    for (const fault of held) {
      const { world, client } = rig(
        { id: "twice", kind: "duplicate", direction: "request" },
        fault,
      );
      client.send(...requests(0, 1, 2));
      world.advanceMs(1);
      client.link.reset();
      world.advanceMs(1);
      expect(told(world), fault.kind).toEqual([[3, fault === later ? [0] : [0, 1, 2]]]);
    }
  });

  test("does not name a request whose reply was held back: that had met its faults", () => {
    const { world, client } = rig({ ...LATE, direction: "reply" });
    client.send({});
    world.advanceMs(1);
    client.link.reset();
    world.advanceMs(1);
    expect(told(world)).toEqual([[1, []]]);
  });

  test("does not name the message whose own damage was the end of it", () => {
    const flip = { id: "flip", kind: "corrupt", how: "garbage", direction: "request" } as const;
    const slice = { id: "cut", kind: "slice", direction: "request", delayMs: 5 } as const;
    for (const faults of [[flip], [flip, slice]]) {
      const { world, client } = rig(...faults);
      client.send(...requests(0, 1));
      world.advanceMs(1000);
      expect(client.seen.error?.code).toBe("reset");
      expect(told(world)).toEqual([[1, []]]);
    }
  });

  test("does not name the message whose reset was the end of it, copies and all", () => {
    const { world, client } = rig(
      { id: "twice", kind: "duplicate", direction: "request" },
      { id: "cut", kind: "slice", direction: "request", delayMs: 5 },
      { id: "rst", kind: "reset", direction: "reply" },
    );
    client.send(...requests(0, 1));
    world.advanceMs(1000);
    expect(told(world)).toEqual([[2, [1]]]);
  });

  test("names a message whose beginning another had swallowed, and not the one that did", () => {
    const { world, client } = rig(SHORT);
    client.send({ payload: new Uint8Array(5000) });
    client.send({ operation: 1, payload: new Uint8Array(6000) });
    world.advanceMs(1);
    expect(client.seen.error?.code).toBe("reset");
    expect(told(world)).toEqual([[2, [1]]]);
  });

  test("names a message cut short that nothing came behind: its error reply is yet to be drawn", () => {
    const { world, client } = rig(SHORT);
    client.send({ payload: new Uint8Array(5000) });
    world.advanceMs(1);
    client.link.reset();
    world.advanceMs(1);
    expect(told(world)).toEqual([[1, [0]]]);
  });

  test("names a pipe message that was not whole when it came", () => {
    const world = new CoreWorld({ codec: "pipe", plan: plan(SHORT) });
    const client = world.dial();
    client.sendBytes(new TextEncoder().encode("Hey|e4599fa9"));
    world.advanceMs(1);
    client.link.reset();
    world.advanceMs(1);
    expect(told(world)).toEqual([[1, [0]]]);
  });

  test("is not told of datagrams, whose link has none", () => {
    const world = new CoreWorld({ kind: "datagram", plan: plan(LATE) });
    const client = world.dial();
    client.send({});
    world.advanceMs(1);
    client.link.end();
    world.core.close();
    world.advanceMs(1);
    expect(told(world)).toEqual([]);
  });

  test("above recordsMax is dropped and counted", () => {
    const world = new CoreWorld({ plan: plan(LATE), limits: { recordsMax: 2 } });
    for (const client of [world.dial(), world.dial(), world.dial()]) client.link.reset();
    world.advanceMs(1);
    expect(world.core.takeEndings()).toHaveLength(2);
    expect(world.core.stats().recordsDropped).toBe(1);
  });
});

test("the answer to a message cut short names that message, and not the one that showed it", () => {
  const { world, client } = rig(SHORT, { id: "lost", kind: "loss", direction: "reply" });
  client.sendBytes(encodeFrame(frame({ operation: 0, payload: new Uint8Array(5000) })));
  client.sendBytes(encodeFrame(frame({ operation: 1, payload: new Uint8Array(6000) })));
  world.advanceMs(1);
  const records = world.core.takeRecords();
  expect(records.map(({ fault, message, sequence }) => [fault, message, sequence])).toEqual([
    ["short", 0, 0],
    ["lost", 0, 0],
  ]);
});
