/** The original's text form, by hand: what netcat, a script and the original client would send. */
import { encodePipe } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { createServerCore } from "../src/core/core.ts";
import { fnv1a64, Occurrences } from "../src/core/occurrences.ts";
import { CoreWorld, plan, text, words } from "./support/core-world.ts";

const pipe = (body: string): string => words(encodePipe(text(body)));

describe.each(["stream", "datagram"] as const)("over a %s link", (kind) => {
  test("a message is echoed byte for byte", () => {
    const world = new CoreWorld({ kind, codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text("Hey|e4599fa9"));
    world.advanceMs(1);
    expect(client.text).toBe("Hey|e4599fa9");
  });

  test("a line end that netcat adds is left out", () => {
    for (const end of ["\n", "\r\n"]) {
      const world = new CoreWorld({ kind, codec: "pipe" });
      const client = world.dial();
      client.sendBytes(text(`Hey|e4599fa9${end}`));
      world.advanceMs(1);
      client.sendBytes(text(`Hey|e4599fa9${end}`));
      world.advanceMs(100);
      expect(client.text).toBe("Hey|e4599fa9Hey|e4599fa9");
      expect(world.core.stats()).toMatchObject({ messages: 2, refusals: {} });
    }
  });

  test("ten messages in a row are all answered, in order", () => {
    const world = new CoreWorld({ kind, codec: "pipe" });
    const client = world.dial();
    const sent = Array.from({ length: 10 }, (_, index) => pipe(`message ${index}`));
    for (const message of sent) {
      client.sendBytes(text(message));
      world.advanceMs(1);
    }
    expect(client.text).toBe(sent.join(""));
  });

  test("a body may hold a pipe itself", () => {
    const world = new CoreWorld({ kind, codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text(pipe("a|b|c")));
    world.advanceMs(1);
    expect(client.text).toBe(pipe("a|b|c"));
  });

  test("nothing is deduplicated: what comes twice is executed twice", () => {
    const world = new CoreWorld({ kind, codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text(pipe("again")));
    client.sendBytes(text(pipe("again")));
    world.advanceMs(1);
    expect(world.core.stats()).toMatchObject({ messages: 2, executions: 2, replies: 2 });
  });

  test("receive-only says nothing at all", () => {
    const world = new CoreWorld({ kind, codec: "pipe", responder: "receive-only" });
    const client = world.dial();
    client.sendBytes(text(pipe("Hey")));
    world.advanceMs(1);
    expect(client.text).toBe("");
    expect(world.core.stats()).toMatchObject({ executions: 1, replies: 0 });
  });

  test("a lost message is answered by error_code where the fault says so", () => {
    for (const direction of ["request", "reply"] as const) {
      const lost = { id: "gone", kind: "loss", answer: "error", direction } as const;
      const world = new CoreWorld({ kind, codec: "pipe", plan: plan(lost) });
      const client = world.dial();
      client.sendBytes(text(pipe("Hey")));
      world.advanceMs(1);
      expect(client.text).toBe("error_code");
    }
  });

  test("a delayed reply comes after exactly its delay", () => {
    const late = plan({ id: "late", kind: "delay", delayMs: 250 });
    const world = new CoreWorld({ kind, codec: "pipe", plan: late });
    const client = world.dial();
    client.sendBytes(text(pipe("Hey")));
    world.advanceUs(249_999);
    expect(client.text).toBe("");
    world.advanceUs(1);
    expect(client.text).toBe(pipe("Hey"));
  });

  test("a fault is keyed by the body and by how often it came", () => {
    const half = plan({ id: "half", kind: "loss", probability: 0.5 });
    const met = (bodies: readonly string[]): Record<string, number[]> => {
      const world = new CoreWorld({ kind, codec: "pipe", plan: half });
      const client = world.dial();
      for (const body of bodies) {
        client.sendBytes(text(pipe(body)));
        world.advanceMs(1);
      }
      const attempts: Record<string, number[]> = {};
      for (const { sessionHigh: high, sessionLow: low, attempt } of world.core.takeRecords()) {
        (attempts[`${high}:${low}`] ??= []).push(attempt);
      }
      return attempts;
    };
    const [a, b] = [Array(20).fill("a"), Array(20).fill("b")];
    expect(met([...a, ...b])).toEqual(met(a.flatMap((one, index) => [one, b[index]!])));
  });

  test("a record names the peer and the message of the connection", () => {
    const late = plan({ id: "late", kind: "delay", delayMs: 1 });
    const world = new CoreWorld({ kind, codec: "pipe", plan: late });
    const client = world.dial();
    for (const body of ["a", "b"]) client.sendBytes(text(pipe(body)));
    world.advanceMs(5);
    const { high, low } = fnv1a64(text("b"));
    expect(world.core.takeRecords()[1]).toMatchObject({
      sessionHigh: high,
      sessionLow: low,
      message: 0,
      attempt: 1,
      remote: "memory:1",
      sequence: 1,
    });
  });
});

describe("damage", () => {
  test("on a stream is answered by error_code once it is sure, and the stream goes on", () => {
    const world = new CoreWorld({ codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text("Hey|deadbeef"));
    world.advanceMs(19);
    expect(client.text).toBe("");
    world.advanceMs(1);
    expect(client.text).toBe("error_code");
    client.sendBytes(text(pipe("Hey")));
    world.advanceMs(1);
    expect(client.text).toBe(`error_code${pipe("Hey")}`);
    expect(world.core.stats()).toMatchObject({ corruptionsDetected: 1, executions: 1 });
  });

  test("in a datagram is dropped and counted", () => {
    const world = new CoreWorld({ codec: "pipe", kind: "datagram" });
    const client = world.dial();
    client.sendBytes(text("Hey|deadbeef"));
    client.sendBytes(text("no bar at all"));
    world.advanceMs(100);
    expect(client.text).toBe("");
    expect(world.core.stats().refusals).toEqual({ "payload-damaged": 2 });
  });

  test("by a fault to a request is found, and answered by error_code", () => {
    const flip = plan({ id: "flip", kind: "corrupt", direction: "request", how: "byte" });
    const world = new CoreWorld({ codec: "pipe", plan: flip });
    const client = world.dial();
    client.sendBytes(text(pipe("a rather long body, so that it is the body that is hit")));
    world.advanceMs(100);
    expect(client.text).toBe("error_code");
    expect(world.core.stats()).toMatchObject({ corruptionsDetected: 1, executions: 0 });
  });

  test("half a message is waited for until frameTimeoutMs, then the connection is reset", () => {
    const world = new CoreWorld({ codec: "pipe", limits: { frameTimeoutMs: 1000 } });
    const client = world.dial();
    client.sendBytes(text("Hey|e459"));
    world.advanceMs(990);
    expect(client.seen.isClosed).toBe(false);
    world.advanceMs(200);
    expect(client.seen.error?.code).toBe("reset");
  });

  test("a message longer than the limit closes the connection, by name", () => {
    const world = new CoreWorld({ codec: "pipe", limits: { payloadBytesMax: 100 } });
    const client = world.dial();
    client.sendBytes(text(pipe("x".repeat(100))));
    world.advanceMs(1);
    expect(client.text).toBe(pipe("x".repeat(100)));
    client.sendBytes(text("y".repeat(200)));
    world.advanceMs(1);
    expect(client.seen.error?.code).toBe("reset");
    expect(world.core.stats().refusals).toEqual({ "payload-too-large": 1 });
  });

  test("error_code from a client is refused, and harms nobody", () => {
    const world = new CoreWorld({ codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text("error_code"));
    client.sendBytes(text(pipe("Hey")));
    world.advanceMs(50);
    expect(client.text).toBe(pipe("Hey"));
    expect(world.core.stats().refusals).toEqual({ "unexpected-type": 1 });
  });

  test("at the end of a stream is counted", () => {
    const world = new CoreWorld({ codec: "pipe" });
    const client = world.dial();
    client.sendBytes(text("Hey|e459"));
    client.link.end();
    world.advanceMs(1);
    expect(world.core.stats().refusals).toEqual({ "payload-damaged": 1 });
    expect(client.seen.isClosed).toBe(true);
  });
});

test("pipe messages cannot be counted, since one sent twice would count twice", () => {
  const { clock } = new CoreWorld();
  expect(() => createServerCore({ clock, codec: "pipe", responder: "counter" })).toThrow(
    RangeError,
  );
});

describe("what stands in for a number", () => {
  test.each([
    ["", 0xcbf29ce4, 0x84222325],
    ["a", 0xaf63dc4c, 0x8601ec8c],
    ["foobar", 0x85944171, 0xf73967e8],
  ])("the FNV-1a hash of %j is the published one", (body, high, low) => {
    expect(fnv1a64(text(body))).toEqual({ high, low });
  });

  test("the body not seen for longest is forgotten first", () => {
    const seen = new Occurrences(2);
    const [a, b, c] = [1, 2, 3].map((low) => ({ high: 0, low }));
    expect([seen.next(a!), seen.next(b!), seen.next(a!), seen.next(c!)]).toEqual([1, 1, 2, 1]);
    expect([seen.next(a!), seen.next(b!)]).toEqual([3, 1]);
  });
});
