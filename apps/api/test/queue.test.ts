/** The waiting line by itself: order, and every limit on both sides. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../src/runs/queue.ts";

function add(queue: Queue, id: string): boolean {
  if (!queue.reserve()) return false;
  queue.add(id);
  return true;
}

test("runs start in the order in which they came, so many at once", () => {
  const queue = new Queue({ runsAtOnceMax: 2, queuedRunsMax: 10 });
  for (const id of ["a", "b", "c", "d"]) add(queue, id);
  expect([queue.next(), queue.next(), queue.next()]).toEqual(["a", "b", undefined]);
  queue.done("b");
  expect([queue.next(), queue.next()]).toEqual(["c", undefined]);
  expect([queue.running, queue.waiting]).toEqual([2, 1]);
});

test("the last free place is given, the one after it is not", () => {
  const queue = new Queue({ runsAtOnceMax: 1, queuedRunsMax: 2 });
  expect(["a", "b", "c", "d"].map((id) => add(queue, id))).toEqual([true, true, true, false]);
});

test("no waiting room still lets runs start", () => {
  const queue = new Queue({ runsAtOnceMax: 1, queuedRunsMax: 0 });
  expect([add(queue, "a"), add(queue, "b")]).toEqual([true, false]);
  expect(queue.next()).toBe("a");
  expect(add(queue, "b")).toBe(false);
  queue.done("a");
  expect(add(queue, "b")).toBe(true);
});

test("a place that was reserved counts until it is released", () => {
  const queue = new Queue({ runsAtOnceMax: 1, queuedRunsMax: 0 });
  expect([queue.reserve(), queue.reserve()]).toEqual([true, false]);
  queue.release();
  expect(queue.reserve()).toBe(true);
});

test("a run taken out of the line never starts", () => {
  const queue = new Queue({ runsAtOnceMax: 1, queuedRunsMax: 9 });
  for (const id of ["a", "b", "c"]) add(queue, id);
  expect([queue.remove("b"), queue.remove("b")]).toEqual([true, false]);
  expect(queue.next()).toBe("a");
  expect(queue.remove("a")).toBe(false);
  queue.done("a");
  expect(queue.next()).toBe("c");
});

test("runs from before a restart are taken whatever the limit says", () => {
  const queue = new Queue({ runsAtOnceMax: 1, queuedRunsMax: 0 });
  for (const id of ["a", "b", "c"]) queue.restore(id);
  expect(queue.waiting).toBe(3);
  expect(queue.reserve()).toBe(false);
});

test("whatever happens, nothing is lost, started twice or over a limit", () => {
  const step = fc.constantFrom("add", "next", "done", "remove");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(3), (steps, queuedRunsMax) => {
      const queue = new Queue({ runsAtOnceMax: 2, queuedRunsMax });
      const waiting: string[] = [];
      const running: string[] = [];
      let made = 0;
      for (const what of steps) {
        if (what === "add" && add(queue, `r${made}`)) waiting.push(`r${made}`);
        if (what === "add") made += 1;
        if (what === "next") {
          const id = queue.next();
          expect(id).toBe(running.length < 2 ? waiting.shift() : undefined);
          if (id !== undefined) running.push(id);
        }
        if (what === "done" && running[0] !== undefined) queue.done(running.shift() ?? "");
        if (what === "remove" && waiting[0] !== undefined) queue.remove(waiting.pop() ?? "");
        expect([queue.waiting, queue.running]).toEqual([waiting.length, running.length]);
        expect(waiting.length + running.length).toBeLessThanOrEqual(2 + queuedRunsMax);
      }
    }),
  );
});
