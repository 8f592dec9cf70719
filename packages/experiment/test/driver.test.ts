/** The workload over fake clients and a fake clock: who is given what when, and when it is over. */
import { FakeClock } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec } from "../src/index.ts";
import { planBodies } from "../src/plan/bodies.ts";
import { Driver, type Settled } from "../src/run/driver.ts";
import { isRightReply } from "../src/run/right.ts";
import { FakeSender, delivered } from "./fakes.ts";

interface Rig {
  readonly clock: FakeClock;
  readonly senders: readonly FakeSender[];
  readonly settled: Settled[];
  readonly driver: Driver;
  idle: number;
}

function rig(input: object, refuses?: (message: number) => boolean): Rig {
  const parsed = parseSpec({ specVersion: 1, seed: 1, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const spec: FullSpec = parsed.spec;
  const clock = new FakeClock(5_000_000);
  const senders = Array.from(
    { length: spec.workload.clients },
    () => new FakeSender(() => clock.nowUs(), refuses),
  );
  const settled: Settled[] = [];
  const driver = new Driver({
    spec,
    clock,
    senders,
    bodies: planBodies(spec),
    startUs: 5_000_000,
    onSubmit: () => {},
    onSettled: (one) => settled.push(one),
    onIdle: () => {
      made.idle += 1;
    },
  });
  const made: Rig = { clock, senders, settled, driver, idle: 0 };
  return made;
}

/** Answers a client's oldest message, and lets the event end. */
function echo(run: Rig, client = 0): void {
  run.senders[client]?.echo();
  run.clock.advance(0);
}

const held = ({ senders }: Rig): number[] => senders.map(({ taken }) => taken.length);

describe("a closed loop", () => {
  test("keeps each client's places full and never overfull, until all is settled", () => {
    const run = rig({ workload: { messages: 10, clients: 2, inFlightMax: 3 } });
    run.driver.resume();
    expect(held(run)).toEqual([3, 3]);
    echo(run);
    expect(held(run)).toEqual([3, 3]);
    for (let n = 0; n < 10; n += 1) for (const client of [0, 1]) echo(run, client);
    expect(run.settled).toHaveLength(10);
    expect(run.idle).toBe(1);
    expect(run.driver.submitted).toBe(10);
  });

  test("plans a message for when its client is free", () => {
    const run = rig({ workload: { messages: 2 } });
    run.driver.resume();
    run.clock.advance(700);
    echo(run);
    echo(run);
    expect(run.settled.map(({ plannedUs }) => plannedUs)).toEqual([5_000_000, 5_000_700]);
  });

  test("waits for the end of the event before it submits the next message", () => {
    const run = rig({ workload: { messages: 3 } });
    run.driver.resume();
    run.senders[0]?.echo();
    expect(held(run)).toEqual([0]);
    run.clock.advance(0);
    expect(held(run)).toEqual([1]);
  });

  test("gives the messages on as not idempotent where the spec says so", () => {
    const run = rig({ workload: { messages: 1, idempotent: false } });
    run.driver.resume();
    expect(run.senders[0]?.taken[0]?.idempotent).toBe(false);
  });

  test("goes on where every message is refused at once, and lets others have their turn", () => {
    const run = rig({ workload: { messages: 5_000, clients: 3, inFlightMax: 2 } }, () => true);
    run.driver.resume();
    expect(run.settled.length).toBeLessThan(5_000);
    run.clock.runUntilIdle();
    expect(run.settled).toHaveLength(5_000);
    expect(run.idle).toBe(1);
  });

  test("goes on where some are refused", () => {
    const run = rig({ workload: { messages: 20, inFlightMax: 2 } }, (message) => message % 3 === 0);
    run.driver.resume();
    while (run.settled.length < 20) {
      echo(run);
      run.clock.runUntilIdle();
    }
    expect(run.settled.map(({ message }) => message).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, message) => message),
    );
    expect(run.idle).toBe(1);
  });
});

describe("an open schedule", () => {
  test("submits message k at k / rate, whatever became of the others", () => {
    const run = rig({ workload: { messages: 5, clients: 2, ratePerSecond: 10 } });
    run.driver.resume();
    expect(held(run)).toEqual([1, 0]);
    run.clock.advance(99_999);
    expect(held(run)).toEqual([1, 0]);
    run.clock.advance(1);
    expect(held(run)).toEqual([1, 1]);
    run.clock.advance(300_000);
    expect(held(run)).toEqual([3, 2]);
    expect(run.idle).toBe(0);
  });

  test("counts from the plan where it comes late", () => {
    const run = rig({ workload: { messages: 3, ratePerSecond: 1_000 } });
    run.driver.pause();
    run.clock.advance(1_000_000);
    run.driver.resume();
    for (let n = 0; n < 3; n += 1) echo(run);
    expect(run.settled.map(({ plannedUs }) => plannedUs)).toEqual([
      5_000_000, 5_001_000, 5_002_000,
    ]);
    expect(run.idle).toBe(1);
  });

  test("lets others have their turn where thousands are due at once", () => {
    const run = rig({ workload: { messages: 3_000, ratePerSecond: 1_000_000 } });
    run.clock.advance(1_000_000);
    run.driver.resume();
    expect(held(run)).toEqual([1_024]);
    run.clock.runUntilIdle();
    expect(held(run)).toEqual([3_000]);
  });
});

describe("a run that ends early", () => {
  test("submits nothing more and is idle when what was open has settled", () => {
    const run = rig({ workload: { messages: 10, inFlightMax: 2 } });
    run.driver.resume();
    run.driver.stop();
    expect(run.idle).toBe(0);
    echo(run);
    echo(run);
    run.driver.resume();
    expect(held(run)).toEqual([0]);
    expect(run.idle).toBe(1);
    expect(run.driver.submitted).toBe(2);
  });

  test("is idle at once where nothing was open", () => {
    const run = rig({ workload: { messages: 10, ratePerSecond: 1 } });
    run.driver.stop();
    expect(run.idle).toBe(1);
    expect(run.clock.timersPending).toBe(0);
  });

  test("is quiet while it is paused", () => {
    const run = rig({ workload: { messages: 10 } });
    run.driver.resume();
    run.driver.pause();
    echo(run);
    expect(held(run)).toEqual([0]);
    run.driver.resume();
    expect(held(run)).toEqual([1]);
  });
});

describe("phases", () => {
  test("own the messages planned in them", () => {
    const phases = [
      { name: "a", durationMs: 100 },
      { name: "b", durationMs: 100 },
    ];
    const run = rig({ workload: { messages: 4, ratePerSecond: 10 }, phases });
    run.driver.resume();
    run.clock.advance(1_000_000);
    for (let n = 0; n < 4; n += 1) echo(run);
    expect(run.settled.map(({ phase }) => phase)).toEqual([0, 1, 1, 1]);
  });
});

describe("a reply", () => {
  const body = new TextEncoder().encode("body");

  test("is right when it is the body, byte for byte", () => {
    const run = rig({ workload: { messages: 2 } });
    run.driver.resume();
    echo(run);
    run.senders[0]?.taken.shift()?.settle(delivered(body));
    expect(run.settled.map(({ right }) => right)).toEqual([true, false]);
  });

  test("of a counter has its count before the body, of a receiver nothing", () => {
    const counted = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9, ...body]);
    expect(isRightReply("counter", body, counted)).toBe(true);
    expect(isRightReply("counter", body, body)).toBe(false);
    expect(isRightReply("receive-only", body, new Uint8Array(0))).toBe(true);
    expect(isRightReply("receive-only", body, body)).toBe(false);
    expect(isRightReply("echo", body, new TextEncoder().encode("bodY"))).toBe(false);
    expect(isRightReply("echo", body, undefined)).toBe(false);
  });
});
