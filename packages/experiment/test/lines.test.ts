/** Exchange lines: each attempt with the faults that met it, and nothing that came after. */
import { FakeClock } from "@faultline/testkit";
import type { ServerFaultRecord } from "@faultline/server";
import { describe, expect, test } from "vitest";
import type { ExchangeLine } from "../src/index.ts";
import { Feed } from "../src/run/feed.ts";
import { Lines } from "../src/run/lines.ts";
import { Tally } from "../src/run/tally.ts";
import { attempt, delivered, failed, record, settled } from "./fakes.ts";

const BODY = new Uint8Array([1]);

const SESSIONS = ["0000000000000001", "00000000000000ff"];

function lines(codec: "frame" | "pipe" = "frame"): { lines: Lines; out: ExchangeLine[] } {
  const out: ExchangeLine[] = [];
  const made = new Lines({
    codec,
    stream: false,
    sessions: SESSIONS,
    faultIds: ["drop", "flip", "told"],
    startUs: 1_000,
    onLine: (line) => out.push(line),
  });
  return { lines: made, out };
}

describe("a line", () => {
  test("gives each attempt its faults in the order of the spec, times from the run's begin", () => {
    const { lines: join, out } = lines();
    join.open(0, 0);
    const attempts = [
      attempt({ sentUs: 1_500, endedUs: 2_000, ended: "timeout" }),
      attempt({ attempt: 2, sentUs: 3_000, endedUs: 4_000 }),
    ];
    join.settle(settled(delivered(BODY, { attempts, endedUs: 4_000 })));
    join.take(
      [
        record("flip", { attempt: 2 }),
        record("flip"),
        record("drop"),
        record("drop", { direction: "request" }),
      ],
      1,
    );
    expect(out).toEqual([
      {
        client: 0,
        message: 0,
        outcome: "delivered",
        attempts: [
          { attempt: 1, sentUs: 500, endedUs: 1_000, ended: "timeout", faults: ["drop", "flip"] },
          { attempt: 2, sentUs: 2_000, endedUs: 3_000, ended: "reply", faults: ["flip"] },
        ],
      },
    ]);
  });

  test("leaves out what a fault did long after the message had settled", () => {
    const { lines: join, out } = lines();
    join.open(0, 0);
    join.settle(settled(delivered(BODY, { endedUs: 10_000 })));
    const records = [record("drop"), record("told", { atUs: 110_000 })];
    join.take([...records, record("flip", { atUs: 110_001 })], 1);
    expect(out[0]?.attempts[0]?.faults).toEqual(["drop", "told"]);
  });

  test("that nobody reads is waited for all the same, and is then nowhere", () => {
    const { lines: read } = lines();
    const made = {
      codec: "frame",
      stream: false,
      sessions: SESSIONS,
      faultIds: ["drop"],
      startUs: 0,
    } as const;
    const unread = new Lines({ ...made, onLine: undefined });
    for (const join of [read, unread]) {
      join.open(0, 0);
      join.settle(settled(delivered(BODY)));
      const crossed = attempt({ attempt: 2, sentUs: 5, ended: "aborted" });
      join.settle(settled(delivered(BODY, { attempts: [crossed], endedUs: 9 }), { client: 1 }));
      expect([100_000, 200_000, 2_000_009].map((us) => join.complete(us, false))).toEqual([
        1, 1, 2,
      ]);
      join.take([record("drop")], 1);
      expect(join.waiting).toBe(1);
    }
  });

  test("waits for records fetched a moment after its message settled", () => {
    const { lines: join, out } = lines();
    join.open(0, 0);
    join.open(1, 0);
    join.settle(settled(delivered(BODY)));
    join.settle(settled(delivered(BODY, { endedUs: 1 }), { client: 1 }));
    expect([99_999, 100_000, 100_001].map((us) => join.complete(us, false))).toEqual([0, 1, 2]);
    join.take([record("flip", { sessionLow: 255 })], 1);
    join.take([record("drop", { sessionLow: 255 }), record("drop")], 1);
    expect(out.map(({ client, attempts }) => [client, attempts[0]?.faults])).toEqual([
      [0, []],
      [1, ["drop", "flip"]],
    ]);
    // a straggler of a message that has its line, and a stranger's, are nobody's
    join.take([record("drop"), record("drop", { sessionLow: 7 })], 0);
    expect(join.waiting).toBe(0);
  });

  test("with an attempt that the reply crossed waits for an answer to something sent later", () => {
    const { lines: join } = lines();
    const attempts = [
      attempt({ sentUs: 10, ended: "late-reply" }),
      attempt({ attempt: 2, sentUs: 20, ended: "aborted" }),
    ];
    join.settle(settled(delivered(BODY, { attempts })));
    expect([join.complete(1e6, false), join.complete(1e6, true)]).toEqual([0, 1]);
    // nor for ever, as there may be nothing later
    expect([join.complete(1_999_999, false), join.complete(2_000_000, false)]).toEqual([0, 1]);
    // another client's answer says nothing, nor does one to what was sent before
    join.settle(settled(delivered(BODY, { attempts: [attempt({ sentUs: 30 })] }), { client: 1 }));
    join.settle(settled(delivered(BODY, { attempts: [attempt({ sentUs: 20 })] }), { message: 1 }));
    expect(join.complete(1e6, false)).toBe(0);
    const told = attempt({ sentUs: 21, ended: "error-reply" });
    join.settle(settled(failed("failed", { attempts: [told] }), { message: 2 }));
    expect(join.complete(1e6, false)).toBe(4);
  });

  test("counts the faults of an attempt that a busy server came to late", () => {
    const { lines: join, out } = lines();
    join.open(0, 0);
    join.settle(settled(delivered(BODY)));
    join.take([record("drop", { atUs: 500_000 }), record("flip", { atUs: 600_000 })], 1);
    expect(out[0]?.attempts[0]?.faults).toEqual(["drop", "flip"]);
  });

  test("says why where a message was not delivered, and when a reply was ambiguous", () => {
    const { lines: join, out } = lines();
    join.settle(settled(failed("failed", { attempts: [attempt({ ended: "timeout" })] })));
    join.settle(settled(failed("failed", { attempts: [] })));
    join.settle(settled(delivered(BODY, { ambiguous: true })));
    join.take([], join.waiting);
    expect(out.map(({ outcome, error, ambiguous }) => [outcome, error, ambiguous])).toEqual([
      ["failed", "attempts-exhausted", undefined],
      ["rejected", "attempts-exhausted", undefined],
      ["delivered", undefined, true],
    ]);
  });

  test("of the pipe codec is joined by its place on the wire", () => {
    const { lines: join, out } = lines("pipe");
    join.open(0, 0);
    const attempts = [
      attempt({ ended: "refused", sequence: undefined, local: "" }),
      attempt({ attempt: 2, local: "127.0.0.1:5", sequence: 3 }),
    ];
    join.settle(settled(delivered(BODY, { attempts })));
    const at = { remote: "127.0.0.1:5", sequence: 3 };
    join.take([record("drop", at), record("flip", at), record("drop", { ...at, sequence: 4 })], 1);
    expect(out[0]?.attempts.map(({ faults }) => faults)).toEqual([[], ["drop", "flip"]]);
  });

  test("of the pipe codec does not keep records of messages that never come", () => {
    const { lines: join, out } = lines("pipe");
    const flood = Array.from({ length: 70_000 }, (_, sequence) => record("drop", { sequence }));
    join.take(flood, 0);
    join.settle(settled(delivered(BODY, { attempts: [attempt({ sequence: 0 })] })));
    join.settle(settled(delivered(BODY, { attempts: [attempt({ sequence: 69_999 })] })));
    join.take([], join.waiting);
    expect(out.map(({ attempts }) => attempts[0]?.faults)).toEqual([[], ["drop"]]);
  });
});

interface FeedRig {
  readonly clock: FakeClock;
  readonly feed: Feed;
  readonly out: ExchangeLine[];
  readonly said: unknown[];
  readonly fetches: ((records: ServerFaultRecord[]) => void)[];
}

function feedRig(faultIds: readonly string[] = ["drop"], broken = false): FeedRig {
  const clock = new FakeClock();
  const out: ExchangeLine[] = [];
  const said: unknown[] = [];
  const fetches: ((records: ServerFaultRecord[]) => void)[] = [];
  const takeRecords = (): Promise<ServerFaultRecord[]> =>
    broken
      ? Promise.reject(new Error("gone"))
      : new Promise((resolve) => {
          fetches.push(resolve);
        });
  const feed = new Feed({
    codec: "frame",
    stream: true,
    sessions: ["0000000000000001"],
    faultIds,
    startUs: 0,
    world: { clock, takeRecords, takeEndings: () => Promise.resolve([]) },
    onLine: (line) => out.push(line),
    onFull: () => said.push("full"),
    onRoom: () => said.push("room"),
    onError: (error) => said.push((error as Error).message),
  });
  return { clock, feed, out, said, fetches };
}

function settleMany({ feed }: FeedRig, from: number, count: number, endedUs = 0): void {
  for (let message = from; message < from + count; message += 1) {
    feed.open(0, message);
    feed.settle(settled(delivered(BODY, { endedUs }), { message }));
  }
}

/** Lets what a resolved fetch leads to happen. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
};

describe("the feed", () => {
  test("asks nobody where there is no fault", async () => {
    const rig = feedRig([]);
    settleMany(rig, 0, 3);
    await rig.feed.finish();
    expect([rig.out.length, rig.fetches.length]).toEqual([3, 0]);
  });

  test("fetches a moment after a message settled, one fetch at a time, until no line waits", async () => {
    const rig = feedRig();
    settleMany(rig, 0, 1);
    rig.clock.advance(99_999);
    expect(rig.fetches).toHaveLength(0);
    rig.clock.advance(1);
    expect(rig.fetches).toHaveLength(1);
    settleMany(rig, 1, 1_000, 100_000);
    rig.clock.advance(100_000);
    expect(rig.fetches).toHaveLength(1);
    rig.fetches[0]?.([record("drop")]);
    await settle();
    // what settled meanwhile needs a fetch of its own
    expect(rig.out).toHaveLength(1);
    rig.clock.advance(100_000);
    rig.fetches[1]?.([record("drop", { message: 1_000 })]);
    await rig.feed.finish();
    expect(rig.out).toHaveLength(1_001);
    const faults = [0, 1, 1_000].map((at) => rig.out[at]?.attempts[0]?.faults);
    expect(faults).toEqual([["drop"], [], ["drop"]]);
    expect([rig.fetches.length, rig.clock.timersPending]).toEqual([2, 0]);
  });

  test("pauses the workload when too many lines wait, and lets it go on", async () => {
    const rig = feedRig();
    settleMany(rig, 0, 32_767);
    expect(rig.said).toEqual([]);
    settleMany(rig, 32_767, 1);
    expect(rig.said).toEqual(["full"]);
    rig.clock.advance(100_000);
    rig.fetches[0]?.([]);
    await rig.feed.finish();
    expect(rig.said).toEqual(["full", "room"]);
    expect(rig.out).toHaveLength(32_768);
  });

  test("says so when the server is gone, and does not wait for it for ever", async () => {
    const rig = feedRig(["drop"], true);
    settleMany(rig, 0, 5);
    rig.clock.advance(100_000);
    await settle();
    expect(rig.said).toEqual(["gone"]);
    await rig.feed.finish();
    settleMany(rig, 5, 5);
    rig.clock.advance(100_000);
    expect(rig.said).toEqual(["gone"]);
  });
});

describe("the tally", () => {
  test("counts every message once and every attempt by its end", () => {
    const tally = new Tally();
    const ends = ["timeout", "late-reply", "error-reply", "reset", "corrupt", "reply"] as const;
    const attempts = ends.map((ended, index) => attempt({ attempt: index + 1, ended, sentUs: 50 }));
    tally.add(
      settled(delivered(BODY, { attempts, endedUs: 2_050, ambiguous: true }), {
        plannedUs: 0,
        right: false,
      }),
    );
    tally.add(settled(failed("failed")));
    tally.add(settled(failed("failed", { attempts: [] })));
    tally.add(settled(failed("indeterminate")));
    tally.add(settled(delivered(BODY, { attempts: [], submittedUs: 10, endedUs: 10 })));
    tally.reject(2);
    expect(tally.counts).toEqual({
      messages: 7,
      delivered: 2,
      failed: 1,
      rejected: 3,
      indeterminate: 1,
      attempts: 8,
      retries: 5,
      timeouts: 2,
      errorReplies: 1,
      resets: 1,
      corruptionsUndetected: 1,
      ambiguous: 1,
    });
    expect(tally.latency.summary()).toMatchObject({ n: 2, max: 2.05 });
    expect(tally.service.summary()).toMatchObject({ n: 2, max: 2 });
  });
});
