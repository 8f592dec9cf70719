/**
 * Pitfall 12, the server's side: peers that send a byte now and then, or come only to leave.
 *
 * What they cost a good client in time is measured by `bench` (siege-p99, siege-memory); here it
 * is what the server still holds of them, and when it lets go.
 */
import process from "node:process";
import { encodeFrame } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { CoreWorld, frame } from "./support/core-world.ts";

const SLOW = 500;
const LEAVING = 2000;
const MIB = 1_048_576;

describe("500 peers that send a frame a byte at a time", () => {
  /** A frame with the largest payload there may be. */
  const large = encodeFrame(frame({ payload: new Uint8Array(MIB) }));

  test("are all gone when their frames are due, and a good client never notices", () => {
    const world = new CoreWorld({ limits: { frameTimeoutMs: 1000 } });
    const slow = Array.from({ length: SLOW }, () => world.dial());
    const good = world.dial();
    for (let at = 0; at < 9; at++) {
      for (const peer of slow) peer.sendBytes(large.subarray(at, at + 1));
      good.send({ operation: at });
      world.advanceMs(100);
      expect(good.replies).toHaveLength(at + 1);
    }
    expect(world.core.stats().connectionsOpen).toBe(SLOW + 1);
    expect(slow.filter((peer) => peer.seen.isClosed)).toEqual([]);
    // The sweep looks eight times in a frame's time.
    world.advanceMs(225);
    expect(slow.filter((peer) => !peer.seen.isClosed)).toEqual([]);
    expect(world.core.stats()).toMatchObject({
      connectionsOpen: 1,
      refusals: { "frame-timeout": SLOW },
      executions: 9,
    });
    good.send({ operation: 9 });
    world.advanceMs(1);
    expect(good.replies).toHaveLength(10);
  });

  test("are all still there after an hour where nobody asks when a frame is due", () => {
    // What a naive server does: neither a frame nor a silence is ever too long for it.
    const hour = { frameTimeoutMs: 86_400_000, idleTimeoutMs: 86_400_000 };
    const world = new CoreWorld({ limits: hour });
    const slow = Array.from({ length: SLOW }, () => world.dial());
    for (let minute = 0; minute < 60; minute++) {
      for (const peer of slow) peer.sendBytes(large.subarray(minute, minute + 1));
      world.advanceMs(60_000);
    }
    expect(world.core.stats().connectionsOpen).toBe(SLOW);
  });

  test("cost the bytes they sent, not the megabyte each of them announced", () => {
    const world = new CoreWorld();
    const slow = Array.from({ length: SLOW }, () => world.dial());
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of slow) peer.sendBytes(large.slice(0, 5000));
    world.advanceMs(1);
    const grownBytes = process.memoryUsage().arrayBuffers - before;
    expect(world.core.stats().connectionsOpen).toBe(SLOW);
    expect(grownBytes).toBeLessThan(64 * MIB);
  });
});

test("2 000 peers that connect and leave in every way leave nothing behind", () => {
  const world = new CoreWorld({ limits: { replyLifetimeMs: 1000 } });
  const good = world.dial();
  const bytes = encodeFrame(frame({ session: { high: 1, low: 1 } }));
  for (let at = 0; at < LEAVING; at++) {
    const peer = world.dial();
    // Without a word, inside a header, inside a payload.
    if (at % 3 > 0) peer.sendBytes(bytes.slice(0, at % 3 === 1 ? 20 : bytes.length - 2));
    if (at % 2 === 0) peer.link.end();
    else peer.link.reset();
    if (at % 100 === 0) good.send({ operation: at / 100 });
    world.advanceMs(1);
  }
  expect(good.replies).toHaveLength(LEAVING / 100);
  expect(world.core.stats()).toMatchObject({
    connectionsOpen: 1,
    connectionsTotal: LEAVING + 1,
    heldBytes: 0,
    sessions: 1,
    executions: LEAVING / 100,
  });
  good.link.end();
  world.advanceMs(2000);
  expect(world.core.stats()).toMatchObject({ connectionsOpen: 0, sessions: 0 });
  expect(world.clock.timersPending).toBe(0);
});

test("a half-open peer, whose end never comes, is let go when it has been silent for too long", () => {
  const world = new CoreWorld({ limits: { idleTimeoutMs: 1000 } });
  const peers = Array.from({ length: 50 }, () => world.dial());
  for (const peer of peers) peer.send({});
  world.advanceMs(1);
  expect(peers.every(({ replies }) => replies.length === 1)).toBe(true);
  // First the server ends its side; who does not answer that either is reset.
  world.advanceMs(2500);
  expect(peers.filter((peer) => !peer.seen.isClosed)).toEqual([]);
  expect(world.core.stats().connectionsOpen).toBe(0);
});
