/** Traces, and the first difference of two runs. */
import { expect, test } from "vitest";
import { compareRuns, firstDifference, Kernel, Trace } from "../src/index.ts";

/** A hundred timers; from the `leakAt`-th on, what each notes is given by `leak`. */
function runWith(trace: Trace, leak: (index: number) => number = () => 0): string {
  const kernel = new Kernel({ trace });
  for (let index = 0; index < 100; index++) {
    kernel.setTimer(index * 10, () => kernel.note(leak(index)));
  }
  kernel.run();
  return kernel.digest;
}

test("a trace keeps the last events, oldest first", () => {
  const trace = new Trace({ lastMax: 3 });
  runWith(trace);
  expect(trace.events).toBe(100);
  expect(trace.entries.map(({ index, timeUs, sequence }) => [index, timeUs, sequence])).toEqual([
    [97, 970, 97],
    [98, 980, 98],
    [99, 990, 99],
  ]);
  expect(trace.entries[0]?.what).toBe("timer of the world");
  expect(trace.entries[0]?.class).toBe(2);
});

test("a trace of a run shorter than it could keep holds all of it", () => {
  const trace = new Trace({ lastMax: 101 });
  runWith(trace);
  expect(trace.entries).toHaveLength(100);
});

test("a trace of a window keeps the events from a number on", () => {
  const trace = new Trace({ from: 40, lastMax: 3 });
  runWith(trace);
  expect(trace.entries.map(({ index }) => index)).toEqual([40, 41, 42]);
});

test("a log keeps a word for every event, up to its limit", () => {
  const trace = new Trace({ log: true, logEventsMax: 50 });
  runWith(trace);
  expect([trace.events, trace.lanes.length]).toEqual([100, 50]);
  expect(new Set(trace.lanes).size).toBe(50);
  expect(new Trace().lanes).toHaveLength(0);
});

test("a log grows with its run", () => {
  const trace = new Trace({ log: true });
  const kernel = new Kernel({ trace });
  for (let index = 0; index < 5000; index++) kernel.setTimer(index, () => {});
  kernel.run();
  expect(trace.lanes).toHaveLength(5000);
  expect(trace.lanes.at(-1)).not.toBe(0);
});

test("a trace against another run's log keeps the first event that differs in its middle", () => {
  const log = new Trace({ log: true });
  runWith(log);
  const same = new Trace({ against: log, lastMax: 5 });
  runWith(same);
  expect(same.entries.map(({ index }) => index)).toEqual([95, 96, 97, 98, 99]);
  for (const [leakAt, kept] of [
    [40, [38, 39, 40, 41, 42]],
    [0, [0, 1, 2]],
    [99, [95, 96, 97, 98, 99]],
  ] as const) {
    const other = new Trace({ against: log, lastMax: 5 });
    runWith(other, (index) => (index >= leakAt ? 1 : 0));
    expect(other.entries.map(({ index }) => index)).toEqual(kept);
  }
});

test("a trace changes nothing", () => {
  const kernel = new Kernel();
  for (let index = 0; index < 100; index++) kernel.setTimer(index * 10, () => kernel.note(0));
  kernel.run();
  expect(runWith(new Trace({ log: true }))).toBe(kernel.digest);
});

test("a run that depends on its seed alone compares the same", () => {
  const comparison = compareRuns((trace) => runWith(trace));
  expect(comparison.same).toBe(true);
  expect(comparison.difference).toBeUndefined();
  expect(comparison.events).toEqual([100, 100]);
  expect(comparison.digests[0]).toBe(comparison.digests[1]);
});

test("a run with a leak is shown at the first event that differs, with its neighbours", () => {
  let runs = 0;
  const comparison = compareRuns((trace) => {
    const run = runs++;
    return runWith(trace, (index) => (index >= 60 ? run : 0));
  }, 2);
  expect(comparison.same).toBe(false);
  const { index, first, second } = comparison.difference!;
  expect(index).toBe(60);
  expect(first.map((entry) => entry.index)).toEqual([58, 59, 60, 61, 62]);
  // Before the leak the two agree to the bit; from it on they do not.
  expect(first.map((entry, at) => entry.digest === second[at]?.digest)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a leak that wanders is shown where it was in these two runs", () => {
  let runs = 0;
  const comparison = compareRuns((trace) => {
    const leakAt = 20 + 7 * runs++;
    return runWith(trace, (index) => (index >= leakAt ? 1 : 0));
  }, 1);
  expect(comparison.difference?.first.map(({ index }) => index)).toEqual([19, 20, 21]);
  expect(comparison.difference?.second.map(({ index }) => index)).toEqual([19, 20, 21]);
  expect(runs).toBe(2);
});

test("words of the first run are kept for its first 200 000 events, and for no more", () => {
  for (const [leakAt, kept] of [
    [199_999, [199_998, 199_999]],
    [200_001, []],
  ] as const) {
    let runs = 0;
    const comparison = compareRuns((trace) => {
      const run = runs++;
      const kernel = new Kernel({ trace });
      for (let index = 0; index < 200_010; index++) {
        kernel.setTimer(index, () => kernel.note(index >= leakAt ? run : 0));
      }
      kernel.run();
      return kernel.digest;
    }, 1);
    expect(comparison.difference?.index).toBe(leakAt);
    expect(comparison.difference?.first.map(({ index }) => index)).toEqual(kept);
    expect(comparison.difference?.second).toHaveLength(3);
  }
});

test("a difference at the very start has no neighbours before it", () => {
  let runs = 0;
  const comparison = compareRuns((trace) => runWith(trace, () => runs++));
  expect(comparison.difference?.index).toBe(0);
  expect(comparison.difference?.first[0]?.index).toBe(0);
});

test("a run that only ends earlier differs at its end", () => {
  const traces = [new Trace({ log: true }), new Trace({ log: true })] as const;
  for (const [trace, count] of [
    [traces[0], 3],
    [traces[1], 4],
  ] as const) {
    const kernel = new Kernel({ trace });
    for (let index = 0; index < count; index++) kernel.setTimer(index, () => {});
    kernel.run();
  }
  expect(firstDifference(...traces)).toBe(3);
});

test("a difference beyond the log is a difference without a place", () => {
  const traces = [0, 1].map((leak) => {
    const trace = new Trace({ log: true, logEventsMax: 10 });
    runWith(trace, (index) => (index === 50 ? leak : 0));
    return trace;
  });
  expect(firstDifference(traces[0]!, traces[1]!)).toBeUndefined();
});
