/** The real clock: integer, never backwards, never early, whatever the runtime's timers do. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../src/index.ts";

describe("the system clock", () => {
  test("tells integer microseconds that never go backwards", () => {
    const clock = systemClock();
    let lastUs = clock.nowUs();
    for (let reading = 0; reading < 10_000; reading++) {
      const nowUs = clock.nowUs();
      expect(Number.isSafeInteger(nowUs) && nowUs >= lastUs).toBe(true);
      lastUs = nowUs;
    }
  });

  test("two clocks of one epoch agree, and the epoch is counted from 1970", () => {
    const epochUs = Date.UTC(2020, 0, 1) * 1000;
    const [one, other] = [systemClock(epochUs), systemClock(epochUs)];
    const first = one.nowUs();
    const second = other.nowUs();
    expect(second).toBeGreaterThanOrEqual(first);
    const sinceUs = Date.now() * 1000 - epochUs;
    expect(Math.abs(second - sinceUs)).toBeLessThan(60_000_000);
  });

  test("runs deferred work after the event, before the next", async () => {
    const order: string[] = [];
    systemClock().defer(() => order.push("deferred"));
    order.push("event");
    await Promise.resolve();
    expect(order).toEqual(["event", "deferred"]);
  });

  test("a timer fires once, and not before its time", async () => {
    const clock = systemClock();
    const atUs = clock.nowUs() + 3500;
    const firedUs = await new Promise<number>((resolve) => {
      clock.setTimer(atUs, () => resolve(clock.nowUs()));
    });
    expect(firedUs).toBeGreaterThanOrEqual(atUs);
  });

  test("a time that has passed means next", async () => {
    const clock = systemClock();
    let isFired = false;
    await new Promise<void>((resolve) => {
      clock.setTimer(clock.nowUs() - 1000, () => {
        isFired = true;
        resolve();
      });
      expect(isFired).toBe(false);
    });
  });
});

describe("the runtime's timers", () => {
  let nowMs = 0;
  beforeEach(() => {
    nowMs = 0;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("may fire early: the wait goes on", () => {
    let fired = 0;
    systemClock().setTimer(10_000, () => fired++);
    nowMs = 9.5;
    vi.advanceTimersByTime(10);
    expect(fired).toBe(0);
    nowMs = 10;
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  test("know no wait beyond 2^31 - 1 ms: a longer one is not cut", () => {
    let fired = 0;
    systemClock().setTimer(2 ** 32 * 1000, () => fired++);
    nowMs = 2 ** 31 - 1;
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(fired).toBe(0);
    nowMs = 2 ** 32;
    vi.advanceTimersByTime(2 ** 31 + 1);
    expect(fired).toBe(1);
  });

  test("leave a cancelled timer alone, also after an early firing", () => {
    let fired = 0;
    const timer = systemClock().setTimer(10_000, () => fired++);
    nowMs = 9;
    vi.advanceTimersByTime(10);
    timer.cancel();
    nowMs = 20;
    vi.advanceTimersByTime(100);
    timer.cancel();
    expect(fired).toBe(0);
  });
});
