/** One dials for all, the others wait; who may dial when, on a clock that the test moves. */
import { FakeClock, numbers, seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Reconnect } from "../src/index.ts";
import { createReconnect } from "../src/index.ts";
import type { LineFailure } from "../src/line-failure.ts";

const GONE: LineFailure = { code: "refused", status: "dial-refused", message: "nobody listens" };

/** One that wants a link, and remembers what it was told. */
class Wanting {
  readonly told: string[] = [];
  readonly #clock: FakeClock;
  dialledUs: number | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  dial(): void {
    this.told.push("dial");
    this.dialledUs = this.#clock.nowUs();
  }

  dialFailed({ status }: LineFailure): void {
    this.told.push(status);
  }
}

function world(count: number, options: Partial<Parameters<typeof createReconnect>[0]> = {}) {
  const clock = new FakeClock();
  const draw = numbers(seed());
  const backoff = { firstMs: 100, jitter: "none" } as const;
  const reconnect: Reconnect = createReconnect({ clock, draw, backoff, ...options });
  const callers = Array.from({ length: count }, () => new Wanting(clock));
  return { clock, reconnect, callers };
}

describe("a shared reconnect", () => {
  test("lets one dial, and the others when its link is there, a few milliseconds apart", () => {
    const { clock, reconnect, callers } = world(5);
    for (const caller of callers) reconnect.wait(caller);
    expect(callers.map(({ told }) => told.length)).toEqual([1, 0, 0, 0, 0]);
    clock.advance(1_000_000);
    expect(callers.map(({ told }) => told.length)).toEqual([1, 0, 0, 0, 0]);
    reconnect.opened(callers[0]!);
    clock.advance(60_000);
    const times = callers.slice(1).map(({ dialledUs = 0 }) => dialledUs - 1_000_000);
    times.reduce((before, time) => {
      expect(time - before).toBeGreaterThanOrEqual(2500);
      expect(time - before).toBeLessThanOrEqual(7500);
      return time;
    }, 0);
  });

  test("tells all who waited of a failure, and lets nobody dial before the pause is over", () => {
    const { clock, reconnect, callers } = world(3);
    const [one, two, three] = callers as [Wanting, Wanting, Wanting];
    reconnect.wait(one);
    reconnect.wait(two);
    reconnect.failed(one, GONE);
    expect([one.told, two.told]).toEqual([["dial", "dial-refused"], ["dial-refused"]]);
    expect(reconnect.isDown).toBe(true);
    reconnect.wait(three);
    clock.advance(99_999);
    expect(three.told).toEqual([]);
    clock.advance(1);
    expect(three.told).toEqual(["dial"]);
    // The second failure in a row is followed by a longer pause.
    reconnect.failed(three, GONE);
    reconnect.wait(one);
    clock.advance(199_999);
    expect(one.told).toHaveLength(2);
    clock.advance(1);
    expect(one.told).toHaveLength(3);
    reconnect.opened(one);
    expect(reconnect.isDown).toBe(false);
  });

  test("pauses no longer than 30 s, and anew from 100 ms after a success", () => {
    const { clock, reconnect, callers } = world(1);
    const [caller] = callers as [Wanting];
    const pauses: number[] = [];
    for (let dial = 0; dial < 12; dial++) {
      const fromUs = clock.nowUs();
      reconnect.wait(caller);
      clock.runUntil(() => caller.told.length === 2 * dial + 1);
      pauses.push((clock.nowUs() - fromUs) / 1000);
      reconnect.failed(caller, GONE);
    }
    expect(pauses.slice(0, 4)).toEqual([0, 100, 200, 400]);
    expect(pauses.slice(-2)).toEqual([30_000, 30_000]);
    reconnect.wait(caller);
    clock.runUntilIdle();
    reconnect.opened(caller);
    reconnect.wait(caller);
    reconnect.failed(caller, GONE);
    const fromUs = clock.nowUs();
    reconnect.wait(caller);
    clock.runUntilIdle();
    expect(clock.nowUs() - fromUs).toBe(100_000);
  });

  test("passes the turn on when the one that dials wants no link any more", () => {
    const { reconnect, callers } = world(3);
    const [one, two, three] = callers as [Wanting, Wanting, Wanting];
    for (const caller of callers) reconnect.wait(caller);
    reconnect.leave(two);
    reconnect.leave(one);
    expect([two.told, three.told]).toEqual([[], ["dial"]]);
  });

  test("leaves no timer when the last one that waited is gone", () => {
    const { clock, reconnect, callers } = world(2);
    const [one, two] = callers as [Wanting, Wanting];
    reconnect.wait(one);
    reconnect.failed(one, GONE);
    reconnect.wait(two);
    expect(clock.timersPending).toBe(1);
    reconnect.leave(two);
    expect(clock.timersPending).toBe(0);
  });

  test.each([10, 200, 1000])("lets %i who waited dial within a second", (count) => {
    const { clock, reconnect, callers } = world(count);
    for (const caller of callers) reconnect.wait(caller);
    reconnect.opened(callers[0]!);
    clock.advance(1_100_000);
    expect(callers.every(({ told }) => told.length === 1)).toBe(true);
  });

  test.each([
    [{ gapMs: -1 }, '"reconnect.gapMs" must be a number of milliseconds of at least 0'],
    [{ spreadMs: Number.NaN }, '"reconnect.spreadMs" must be'],
    [{ backoff: { firstMs: -1 } }, '"backoff.firstMs" must be'],
    [{ clock: undefined! }, '"reconnect.clock" must be a Clock'],
    [{ draw: undefined! }, '"reconnect.draw" must be a function'],
  ])("refuses %j by name", (options, message) => {
    expect(() => world(0, options)).toThrow(message);
  });
});
