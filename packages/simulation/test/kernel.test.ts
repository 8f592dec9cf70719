/** The kernel: what fires when, in which order, and when a run stops. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Kernel, SimulationError } from "../src/index.ts";

/** A kernel and a list that its events write to. */
function noted(limits: ConstructorParameters<typeof Kernel>[0] = {}) {
  const kernel = new Kernel(limits);
  const seen: string[] = [];
  const say = (word: string) => () => void seen.push(`${word}@${kernel.nowUs}`);
  return { kernel, seen, say };
}

test("events fire in the order of their times, whatever the order of setting them", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 400 }), (times) => {
      const kernel = new Kernel();
      const fired: number[] = [];
      for (const time of times) kernel.setTimer(time, () => fired.push(kernel.nowUs));
      kernel.run();
      expect(fired).toEqual(times.toSorted((a, b) => a - b));
    }),
  );
});

test("events of one time fire in the order in which they were set", () => {
  const { kernel, seen, say } = noted();
  for (let index = 0; index < 600; index++) kernel.setTimer(5, say(String(index)));
  kernel.run();
  expect(seen).toEqual(Array.from({ length: 600 }, (_, index) => `${index}@5`));
});

test("what is done to the world comes before what else happens at that time", () => {
  const { kernel, seen, say } = noted();
  kernel.setTimer(5, say("timer"));
  kernel.setControl(5, say("control"));
  kernel.run();
  expect(seen).toEqual(["control@5", "timer@5"]);
});

test("a cancelled timer never fires, and does not move the time", () => {
  const { kernel, seen, say } = noted();
  const late = kernel.setTimer(900, say("late"));
  kernel.setTimer(5, () => late.cancel());
  expect(kernel.run()).toBe("idle");
  expect(seen).toEqual([]);
  expect([kernel.nowUs, kernel.events]).toEqual([5, 1]);
});

test("cancelling a timer that has fired, or twice, does nothing", () => {
  const { kernel, seen, say } = noted();
  const timer = kernel.setTimer(1, say("once"));
  kernel.setTimer(2, say("other"));
  kernel.step();
  timer.cancel();
  timer.cancel();
  kernel.run();
  expect(seen).toEqual(["once@1", "other@2"]);
});

test("any mix of setting and cancelling fires exactly what a sorted list would", () => {
  // Many cancellations make the queue sweep; the model is a list sorted by time and number.
  const step = fc.record({ time: fc.nat({ max: 300 }), cancels: fc.option(fc.nat()) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 700 }), (steps) => {
      const kernel = new Kernel();
      const fired: number[] = [];
      const model = new Map<number, number>();
      const timers = steps.map(({ time }, index) => {
        model.set(index, time);
        return kernel.setTimer(time, () => fired.push(index));
      });
      for (const { cancels } of steps) {
        if (cancels === null) continue;
        const victim = cancels % steps.length;
        timers[victim]?.cancel();
        model.delete(victim);
      }
      kernel.run();
      const expected = [...model].toSorted((a, b) => a[1] - b[1] || a[0] - b[0]);
      expect(fired).toEqual(expected.map(([index]) => index));
    }),
  );
});

test("a time that has passed means now", () => {
  const { kernel, seen, say } = noted();
  kernel.setTimer(10, () => kernel.setTimer(3, say("past")));
  kernel.run();
  expect(seen).toEqual(["past@10"]);
});

test("a time that is no integer is refused", () => {
  const { kernel } = noted();
  for (const time of [0.5, Number.NaN, Infinity, 2 ** 53]) {
    expect(() => kernel.setTimer(time, () => {})).toThrow(/Cannot set a timer as "atUs" must be/);
  }
  kernel.setTimer(2 ** 52, () => {});
});

test("deferred calls run after the event and before the next, in their order", () => {
  const { kernel, seen, say } = noted();
  kernel.setTimer(1, () => {
    kernel.defer(() => {
      say("first")();
      kernel.defer(say("deferred by first"));
    });
    kernel.defer(say("second"));
    say("event")();
  });
  kernel.setTimer(1, say("next"));
  kernel.run();
  expect(seen).toEqual(["event@1", "first@1", "second@1", "deferred by first@1", "next@1"]);
});

test("what is deferred between runs runs before the next event", () => {
  const { kernel, seen, say } = noted();
  kernel.setTimer(4, say("event"));
  kernel.defer(say("deferred"));
  expect(seen).toEqual([]);
  kernel.run();
  expect(seen).toEqual(["deferred@0", "event@4"]);
});

test("a deferred call that throws is not made again, and those after it are", () => {
  const { kernel, seen, say } = noted();
  kernel.defer(() => {
    throw new Error("a bug");
  });
  kernel.defer(say("after"));
  expect(() => kernel.run()).toThrow("a bug");
  kernel.run();
  expect(seen).toEqual(["after@0"]);
});

test("a run ends when nothing is left, when the time is up, or when it is done", () => {
  const { kernel, seen, say } = noted();
  for (const time of [10, 20, 30]) kernel.setTimer(time, say("event"));
  expect(kernel.run({ timeUs: 20 })).toBe("time");
  expect([kernel.nowUs, seen.length]).toEqual([20, 2]);
  expect(kernel.run({ timeUs: 25 })).toBe("time");
  expect(kernel.nowUs).toBe(25);
  expect(kernel.run({ done: () => true })).toBe("done");
  expect(kernel.run({ timeUs: 99 })).toBe("idle");
  expect([kernel.nowUs, seen.length]).toEqual([99, 3]);
  expect(kernel.run({ timeUs: 50 })).toBe("idle");
  expect(kernel.nowUs).toBe(99);
});

test("a step is one event", () => {
  const { kernel, seen, say } = noted();
  kernel.setTimer(1, say("one"));
  kernel.setTimer(1, say("two"));
  expect(kernel.step()).toBe(true);
  expect(seen).toEqual(["one@1"]);
  expect([kernel.step(), kernel.step()]).toEqual([true, false]);
});

test("a kernel that is running cannot be run, and can again after an event threw", () => {
  const { kernel } = noted();
  kernel.setTimer(1, () => kernel.run());
  expect(() => kernel.run()).toThrow(/Cannot run a kernel that is running/);
  expect(kernel.run()).toBe("idle");
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof SimulationError ? error.code : String(error);
  }
}

test("a run may have eventsMax events, and not one more", () => {
  const endless = (kernel: Kernel): void => {
    kernel.setTimer(kernel.nowUs + 1, () => endless(kernel));
  };
  const kernel = new Kernel({ limits: { eventsMax: 10 } });
  endless(kernel);
  expect(codeOf(() => kernel.run({ done: () => kernel.events === 10 }))).toBeUndefined();
  expect(codeOf(() => kernel.run())).toBe("events-max");
  expect(kernel.events).toBe(10);
});

test("a run stops before virtual time passes virtualTimeUsMax", () => {
  const { kernel, seen, say } = noted({ limits: { virtualTimeUsMax: 100 } });
  kernel.setTimer(100, say("in time"));
  kernel.setTimer(101, say("too late"));
  expect(codeOf(() => kernel.run())).toBe("virtual-time-max");
  expect([seen, kernel.nowUs]).toEqual([["in time@100"], 100]);
  expect(codeOf(() => kernel.run({ timeUs: 100 }))).toBeUndefined();
});

test("events without end at one time are a livelock; as many as are allowed are not", () => {
  const limits = { stalledEventsMax: 20 };
  const again = (kernel: Kernel, left: number): void => {
    if (left > 0) kernel.setTimer(0, () => again(kernel, left - 1));
  };
  for (const [count, code] of [
    [20, undefined],
    [21, "livelock"],
  ] as const) {
    const kernel = new Kernel({ limits });
    kernel.setTimer(7, () => {});
    kernel.run();
    // The timer at 7 was the first event of its time.
    again(kernel, count - 1);
    expect(codeOf(() => kernel.run())).toBe(code);
  }
});

test("deferred calls without end are a livelock too", () => {
  const kernel = new Kernel({ limits: { stalledEventsMax: 1000 } });
  const forever = (): void => kernel.defer(forever);
  kernel.defer(forever);
  expect(codeOf(() => kernel.run())).toBe("livelock");
});

test("the message of a stop names the limit, its value, and the place", () => {
  const kernel = new Kernel({ limits: { eventsMax: 1 } });
  kernel.setTimer(3, () => {});
  kernel.setTimer(9, () => {});
  expect(() => kernel.run()).toThrow(
    /at 9 us, after 1 events: more events than "eventsMax" allows, 1/,
  );
});

test("a limit that is none is refused", () => {
  expect(() => new Kernel({ limits: { eventsMax: 0 } })).toThrow(
    /Cannot simulate as "eventsMax" must be an integer of 1 to \d+: got 0/,
  );
  expect(() => new Kernel({ limits: { eventsMax: "9" as never } })).toThrow(TypeError);
});

test("the digest covers times, order, and what was noted", () => {
  const digestOf = (times: readonly number[], note = 0): string => {
    const kernel = new Kernel();
    for (const time of times) kernel.setTimer(time, () => kernel.note(note));
    kernel.run();
    return kernel.digest;
  };
  const digests = [
    digestOf([]),
    digestOf([1, 2]),
    digestOf([2, 1]),
    digestOf([1, 3]),
    digestOf([1, 2 + 2 ** 32]),
    digestOf([1, 2], 1),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digestOf([1, 2])).toBe(digests[1]);
});

test("the digest is the same for ever", () => {
  const kernel = new Kernel();
  for (let index = 0; index < 1000; index++) {
    kernel.setTimer(index * 1_000_003, () => kernel.note(index * 0x01010101));
  }
  kernel.run();
  expect(kernel.digest).toMatchInlineSnapshot(`"b5dfe62587dc9919"`);
});
