/** Due times: in order, one timer, nothing left behind. */
import { FakeClock } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Schedule } from "../src/core/schedule.ts";

describe("a schedule", () => {
  test("runs what is due in order of time, equal times in the order of asking", () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const ran: string[] = [];
    for (const [name, delayUs] of [
      ["c", 30],
      ["a", 10],
      ["b1", 20],
      ["b2", 20],
    ] as const) {
      schedule.later(delayUs, () => ran.push(`${name}@${clock.nowUs()}`));
    }
    clock.advance(100);
    expect(ran).toEqual(["a@10", "b1@20", "b2@20", "c@30"]);
  });

  test("sets one timer, however much is due", () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const dues = Array.from({ length: 1000 }, (_, index) => schedule.later(1000 - index, () => {}));
    expect(clock.timersPending).toBe(1);
    for (const due of dues) schedule.remove(due);
    expect([clock.timersPending, schedule.size]).toEqual([0, 0]);
  });

  test("what runs may add and remove", () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const ran: string[] = [];
    const doomed = schedule.later(10, () => ran.push("doomed"));
    schedule.later(5, () => {
      schedule.remove(doomed);
      schedule.later(0, () => ran.push(`soon@${clock.nowUs()}`));
      schedule.later(20, () => ran.push(`later@${clock.nowUs()}`));
    });
    clock.advance(100);
    expect(ran).toEqual(["soon@5", "later@25"]);
  });

  test("removing twice, or what has run, does nothing", () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    const ran: string[] = [];
    const first = schedule.later(1, () => ran.push("first"));
    schedule.later(2, () => ran.push("second"));
    clock.advance(1);
    schedule.remove(first);
    schedule.remove(first);
    clock.advance(5);
    expect(ran).toEqual(["first", "second"]);
  });

  test("an exception in one does not keep the others from running", () => {
    const clock = new FakeClock();
    const schedule = new Schedule(clock);
    let ran = false;
    schedule.later(1, () => {
      throw new Error("a bug");
    });
    schedule.later(2, () => (ran = true));
    expect(() => clock.advance(1)).toThrow("a bug");
    clock.advance(1);
    expect(ran).toBe(true);
  });

  test("keeps the order of any mixture of adding and removing", () => {
    const step = fc.record({ delayUs: fc.nat({ max: 50 }), remove: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const clock = new FakeClock();
        const schedule = new Schedule(clock);
        const ran: number[] = [];
        const live: { due: ReturnType<Schedule["later"]>; order: number; delayUs: number }[] = [];
        for (const [order, { delayUs, remove, pick }] of steps.entries()) {
          live.push({ due: schedule.later(delayUs, () => ran.push(order)), order, delayUs });
          if (remove) schedule.remove(live.splice(pick % live.length, 1)[0]!.due);
        }
        clock.advance(100);
        const expected = live.toSorted((a, b) => a.delayUs - b.delayUs || a.order - b.order);
        expect(ran).toEqual(expected.map(({ order }) => order));
      }),
    );
  });
});
