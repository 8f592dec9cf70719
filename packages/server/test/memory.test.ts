/** The memory of executed operations: whose it is, and how long it lasts. */
import { FrameFlag } from "@faultline/protocol";
import { expect, test } from "vitest";
import { createReplyMemory } from "../src/index.ts";
import { CoreWorld } from "./support/core-world.ts";

/** One operation to each of two servers, one after the other. */
function askBoth(one: CoreWorld, other: CoreWorld) {
  return [one, other].map((world, index) => {
    const client = world.dial();
    client.send({ operation: 3, attempt: index + 1 });
    world.advanceMs(1);
    return client.frames[0]!;
  });
}

test("a server that is given another's memory answers from it", () => {
  const memory = createReplyMemory();
  const [before, after] = [new CoreWorld({ memory }), new CoreWorld({ memory })];
  const [first, second] = askBoth(before, after);
  expect(second).toEqual({ ...first, attempt: 2, flags: FrameFlag.replayed });
  expect(after.core.stats()).toMatchObject({ executions: 0, replayed: 1, sessions: 1 });
});

test("without, each server has its own and executes again", () => {
  const [before, after] = [new CoreWorld(), new CoreWorld()];
  askBoth(before, after);
  expect([before, after].map(({ core }) => core.stats().executions)).toEqual([1, 1]);
});

test("a memory keeps to the limits it was made with", () => {
  const memory = createReplyMemory({ sessionsMax: 1 });
  const world = new CoreWorld({ memory });
  const client = world.dial();
  client.send({});
  const other = world.dial();
  other.send({ session: { high: 9, low: 9 } });
  world.advanceMs(1);
  expect(client.replies).toEqual(["0:Hey"]);
  expect(other.frames[0]?.status).toBe(4);
  expect(() => createReplyMemory({ sessionsMax: 0 })).toThrow(RangeError);
});
