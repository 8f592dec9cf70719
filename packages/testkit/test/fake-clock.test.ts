import { expect, test } from "vitest";
import { FakeClock } from "../src/index.ts";

test("timers fire in the order of their time, equal ones in the order they were set", () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  for (const [name, atUs] of [
    ["c", 30],
    ["a1", 10],
    ["a2", 10],
    ["b", 20],
  ] as const) {
    clock.setTimer(atUs, () => fired.push(`${name}@${clock.nowUs()}`));
  }
  clock.advance(25);
  expect(fired).toEqual(["a1@10", "a2@10", "b@20"]);
  expect([clock.nowUs(), clock.timersPending]).toEqual([25, 1]);
  clock.runUntilIdle();
  expect(fired.at(-1)).toBe("c@30");
});

test("a timer in the past comes next, and time does not go back for it", () => {
  const clock = new FakeClock(100);
  clock.setTimer(5, () => expect(clock.nowUs()).toBe(100));
  clock.runUntilIdle();
  expect(clock.nowUs()).toBe(100);
});

test("deferred work runs after its event and before the next one", () => {
  const clock = new FakeClock();
  const order: string[] = [];
  clock.setTimer(1, () => {
    clock.defer(() => order.push("deferred"));
    order.push("event");
  });
  clock.setTimer(1, () => order.push("next event"));
  clock.runUntilIdle();
  expect(order).toEqual(["event", "deferred", "next event"]);
});

test("a cancelled timer never fires, and cancelling it again does nothing", () => {
  const clock = new FakeClock();
  const timer = clock.setTimer(1, () => expect.unreachable());
  timer.cancel();
  timer.cancel();
  clock.runUntilIdle();
  expect(clock.timersPending).toBe(0);
});

test("a timer that sets itself for ever is noticed", () => {
  const clock = new FakeClock();
  const again = (): void => void clock.setTimer(clock.nowUs() + 1, again);
  again();
  expect(() => clock.runUntilIdle(1000)).toThrow("Still busy after 1000 events");
  expect(clock.runUntil(() => clock.nowUs() >= 2000)).toBe(true);
});
