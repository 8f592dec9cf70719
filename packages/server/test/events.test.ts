/** Events on their way to the main thread, and limits that do not cry every time. */
import { FakeClock } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { LimitAlarm } from "../src/core/limit-alarm.ts";
import type { ServerEvent, ServerEventBody } from "../src/event.ts";
import { EventPost } from "../src/event-post.ts";
import { SERVER_LIMITS_DEFAULT } from "../src/limits.ts";
import { CoreWorld, frame, text, words } from "./support/core-world.ts";

const event = (atUs: number): ServerEvent => ({
  event: "faults-changed",
  faults: [],
  atUs,
  worker: 0,
});

describe("events", () => {
  test("travel in batches: when one is 2 ms old, or large", () => {
    const clock = new FakeClock();
    const batches: number[] = [];
    const post = new EventPost(clock, 10_000, (events) => batches.push(events.length));
    for (let n = 0; n < 3; n++) post.add(event(n));
    clock.advance(1999);
    expect(batches).toEqual([]);
    clock.advance(1);
    expect(batches).toEqual([3]);
    for (let n = 0; n < 512; n++) post.add(event(n));
    expect(batches).toEqual([3, 512]);
    expect(clock.timersPending).toBe(0);
  });

  test("leave before whatever is posted next when they are flushed", () => {
    const clock = new FakeClock();
    const batches: number[] = [];
    const post = new EventPost(clock, 10_000, (events) => batches.push(events.length));
    post.add(event(0));
    post.flush();
    post.flush();
    expect([batches, clock.timersPending]).toEqual([[1], 0]);
  });

  test("up to eventsPendingMax wait to be taken; further ones are dropped, and one says so", () => {
    const clock = new FakeClock();
    const sent: ServerEvent[] = [];
    const post = new EventPost(clock, 3, (events) => sent.push(...events));
    for (let n = 0; n < 5; n++) post.add(event(n));
    post.flush();
    expect([sent.length, post.dropped]).toEqual([3, 2]);
    post.taken(3);
    post.add(event(9));
    post.flush();
    expect(sent.slice(3)).toEqual([
      { event: "events-dropped", times: 2, atUs: 9, worker: 0 },
      event(9),
    ]);
  });
});

test("a limit that is met again and again is told at once, then once a second with its number", () => {
  const clock = new FakeClock();
  const told: ServerEventBody[] = [];
  const alarm = new LimitAlarm(clock, SERVER_LIMITS_DEFAULT, (one) => told.push(one));
  for (let n = 0; n < 25; n++) {
    alarm.met("sessionsMax");
    clock.advance(100_000);
  }
  expect(told.map((one) => one.event === "limit" && one.times)).toEqual([1, 10, 10]);
});

describe("bodies in events", () => {
  const told = (world: CoreWorld) =>
    world.events.flatMap((one) =>
      one.event === "message" || one.event === "reply"
        ? [[one.event, one.bytes, one.payload && words(one.payload)]]
        : [],
    );

  test.each(["none", "all"] as const)("are in none where %s are asked for", (events) => {
    const world = new CoreWorld({ events });
    world.dial().send(frame({ payload: text("a secret") }));
    world.advanceMs(1);
    expect(world.core.stats().replies).toBe(1);
    expect(world.events.some((one) => "payload" in one)).toBe(false);
    expect(told(world).length).toBe(events === "all" ? 2 : 0);
  });

  test("are in there where payloads are asked for, up to eventPayloadBytesMax bytes", () => {
    const world = new CoreWorld({ events: "payloads", limits: { eventPayloadBytesMax: 4 } });
    const client = world.dial();
    for (const [operation, body] of ["abcd", "abcde"].entries()) {
      client.send(frame({ operation, payload: text(body) }));
      world.advanceMs(1);
    }
    expect(told(world)).toEqual([
      ["message", 4, "abcd"],
      ["reply", 4, "abcd"],
      ["message", 5, "abcd"],
      ["reply", 5, "abcd"],
    ]);
  });

  test("are copies of their own, no larger than what they show", () => {
    const world = new CoreWorld({ events: "payloads" });
    world.dial().send(frame({ payload: text("small") }));
    world.advanceMs(1);
    for (const one of world.events) {
      if ("payload" in one) expect(one.payload?.buffer.byteLength).toBe(5);
    }
  });

  test("of the pipe codec are without their checksum, and error_code is none", () => {
    const world = new CoreWorld({ codec: "pipe", events: "payloads" });
    const client = world.dial();
    client.sendBytes(text("Hey|e4599fa9"));
    world.advanceMs(1);
    client.sendBytes(text("Hey|00000000"));
    world.advanceMs(1000);
    expect(client.text).toBe("Hey|e4599fa9error_code");
    expect(told(world)).toEqual([
      ["message", 3, "Hey"],
      ["reply", 3, "Hey"],
      ["reply", 0, ""],
    ]);
  });
});
