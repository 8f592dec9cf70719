/**
 * Which encrypted records hold what a client wrote and read: found by their sizes, or left open.
 */
import { encodeFrame } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { lastOf, readWindows, sentWindow } from "../src/build/tls-outline.ts";
import { Stories } from "../src/index.ts";
import { frame } from "./support.ts";

const outline = (...sizes: number[]) => ({ sizes, endedUs: sizes.map(() => 10), isCut: false });
const told = (bytes: number, ...reads: number[]) => ({ bytes, reads, messages: [] });

describe("what a client read", () => {
  test("is the one run of records that holds as much, whatever came before and comes after", () => {
    expect(readWindows(outline(6, 1000, 281, 52, 250, 250, 100, 90, 2), told(190), 5)).toEqual([
      { from: 6, to: 8 },
    ]);
  });

  test("ends where records end, so the ends of reads decide between runs of one size", () => {
    const records = outline(52, 100, 90, 190);
    expect(readWindows(records, told(190), 5)).toHaveLength(2);
    expect(readWindows(records, told(190, 100, 190), 5)).toEqual([{ from: 1, to: 3 }]);
  });

  test("is left open where several runs would do, and where none does", () => {
    expect(readWindows(outline(52, 100, 100, 100), told(200), 5)).toHaveLength(2);
    expect(readWindows(outline(52, 100), told(99), 5)).toEqual([]);
    expect(readWindows(outline(52, 100), told(0), 5)).toEqual([]);
    // not before the handshake was over
    expect(readWindows(outline(52, 100), told(100), 11)).toEqual([]);
  });
});

describe("what a client sent", () => {
  test("is all behind its Finished, but for the alert at the end", () => {
    expect(sentWindow(outline(52, 100, 100, 2), told(200))).toEqual({ from: 1, to: 3 });
    expect(sentWindow(outline(36, 100), told(100))).toEqual({ from: 1, to: 2 });
  });

  test("may have been cut off between two messages, and nowhere else", () => {
    const item = { ...frame(1, new Uint8Array(0)) };
    const messages = [100, 200, 300].map((end) => ({ item, end }));
    const long = { bytes: 300, reads: [], messages };
    expect(sentWindow(outline(52, 100, 100), long)).toEqual({ from: 1, to: 3 });
    expect(sentWindow(outline(52, 100, 99), long)).toBeUndefined();
    expect(sentWindow(outline(53, 100), told(100))).toBeUndefined();
    expect(sentWindow(outline(), told(100))).toBeUndefined();
  });
});

test("the last record is no alert, and one that is not whole counts", () => {
  expect(lastOf(outline(52, 100, 2))).toBe(1);
  expect(lastOf({ ...outline(52, 100), isCut: true })).toBe(2);
  expect(lastOf(outline())).toBe(-1);
});

describe("what connections said", () => {
  const wire = { kind: "stream", remote: "127.0.0.1:7", dialled: true, startedUs: 1 } as const;
  const one = encodeFrame(frame(1, new Uint8Array(60)));
  const other = encodeFrame(frame(2, new Uint8Array(30)));

  test("is kept by message, with its end and without its payload, however reads cut it", () => {
    const stories = new Stories();
    const watcher = stories.open({ ...wire, local: "127.0.0.1:9", openedUs: 5 });
    const all = Buffer.concat([one, other]);
    for (let at = 0; at < all.length; at += 7) watcher.received(all.subarray(at, at + 7), 6);
    watcher.sent(one, 7);
    const story = stories.ofWire({ local: "127.0.0.1:9", openedUs: 4 })!;
    expect(story.reply.bytes).toBe(all.length);
    expect(story.reply.messages.map(({ end }) => end)).toEqual([one.length, all.length]);
    expect(story.reply.messages[0]?.item).toMatchObject({
      operation: 1,
      payload: new Uint8Array(),
    });
    expect(story.reply.reads[1]).toBe(14);
    expect([story.request.messages.length, story.request.reads]).toEqual([1, []]);
    // a wire of that address that was opened later is another connection's
    expect(stories.ofWire({ local: "127.0.0.1:9", openedUs: 6 })).toBeUndefined();
    expect(stories.ofWire({ local: "127.0.0.1:8", openedUs: 4 })).toBeUndefined();
  });

  test("is bounded: what no room is left for is not named", () => {
    const stories = new Stories(2);
    const watcher = stories.open({ ...wire, local: "127.0.0.1:9", openedUs: 5 });
    for (let count = 0; count < 3; count++) watcher.sent(one, 7);
    const story = stories.ofWire({ local: "127.0.0.1:9", openedUs: 4 })!;
    expect([story.request.messages.length, story.request.bytes]).toEqual([2, 3 * one.length]);
  });
});
