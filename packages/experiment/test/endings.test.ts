/** Which attempts were cut: by what the server tells of a connection's end, and by what it does not. */
import type { Attempt } from "@faultline/client";
import type { ServerEnding } from "@faultline/server";
import { FakeClock } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { ExchangeLine } from "../src/index.ts";
import { Endings, ENDINGS_MAX } from "../src/run/endings.ts";
import { Feed } from "../src/run/feed.ts";
import { attempt, delivered, failed, record, settled } from "./fakes.ts";

const BODY = new Uint8Array([1]);
const LOST = attempt({ ended: "reset", status: "link-reset", sequence: 2 });

function ending(more: Partial<ServerEnding> = {}): ServerEnding {
  return { remote: "127.0.0.1:1", atUs: 10, messages: 5, unfinished: [], ...more };
}

/** What is known of an attempt of client 0, after the endings and after later attempts. */
function verdict(
  of: Attempt,
  told: readonly ServerEnding[],
  later: readonly Attempt[] = [],
): string {
  const endings = new Endings();
  endings.see(0, [of, ...later]);
  endings.add(told);
  const isCut = endings.isCut(0, of) ? "cut" : "whole";
  return endings.isAwaited(0, of) ? `awaited, ${isCut}` : isCut;
}

describe("an attempt that was lost with its connection", () => {
  test("is whole where the server had read it and was done with it", () => {
    expect(verdict(LOST, [ending({ messages: 3, unfinished: [1] })])).toBe("whole");
  });

  test("is cut where the server had not read it, or was not done with it", () => {
    expect(verdict(LOST, [ending({ messages: 2 })])).toBe("cut");
    expect(verdict(LOST, [ending({ unfinished: [0, 2] })])).toBe("cut");
  });

  test("is waited for, and cut, while nobody vouches for it", () => {
    expect(verdict(LOST, [])).toBe("awaited, cut");
    expect(verdict(LOST, [ending({ remote: "127.0.0.1:2" })])).toBe("awaited, cut");
  });

  test("is told by the first end of its address after it was sent, as an address may be had again", () => {
    const sentUs = 1_000_000;
    const ends = [
      ending({ atUs: 800_000 }),
      ending({ atUs: 1_200_000, messages: 2 }),
      ending({ atUs: 1_300_000, messages: 9 }),
    ];
    expect(verdict({ ...LOST, sentUs }, ends)).toBe("cut");
    expect(verdict({ ...LOST, sentUs }, ends.slice(0, 1))).toBe("awaited, cut");
    // clocks of two threads disagree a little
    expect(verdict({ ...LOST, sentUs }, [ending({ atUs: 900_000 })])).toBe("whole");
  });

  test("may have ended otherwise: damage to the stream, a timeout or a crossing reply before the end", () => {
    const later = [attempt({ attempt: 2, sentUs: 5, local: "127.0.0.1:9", sequence: 0 })];
    for (const ended of ["timeout", "aborted"] as const) {
      expect(verdict({ ...LOST, ended, status: undefined }, [])).toBe("whole");
      expect(verdict({ ...LOST, ended, status: undefined }, [], later)).toBe("awaited, cut");
      expect(verdict({ ...LOST, ended, status: undefined }, [ending({ messages: 2 })])).toBe("cut");
    }
    const broken = { ...LOST, ended: "corrupt", status: "stream-damaged" } as const;
    expect(verdict(broken, [])).toBe("awaited, cut");
    expect(verdict({ ...broken, status: undefined }, [])).toBe("whole");
  });
});

describe("an attempt that was not", () => {
  test("is whole when it was answered, unless a copy of it was still under way", () => {
    for (const ended of ["reply", "late-reply", "error-reply"] as const) {
      expect(verdict({ ...LOST, ended }, [ending({ messages: 0 })])).toBe("whole");
      expect(verdict({ ...LOST, ended }, [ending({ unfinished: [2] })])).toBe("cut");
    }
  });

  test("is whole when it never had a connection", () => {
    const refused = attempt({ ended: "refused", local: "", sequence: undefined });
    expect(verdict(refused, [])).toBe("whole");
  });
});

test("endings are remembered up to a limit, the newest at least half of it", () => {
  const endings = new Endings();
  const end = (port: number): ServerEnding => ending({ remote: `127.0.0.1:${port}` });
  const isKnown = (port: number): boolean =>
    !endings.isAwaited(0, { ...LOST, local: `127.0.0.1:${port}` });
  for (let port = 0; port < ENDINGS_MAX; port += 1) endings.add([end(port)]);
  expect([isKnown(0), isKnown(ENDINGS_MAX - 1)]).toEqual([true, true]);
  endings.add([end(ENDINGS_MAX)]);
  const half = ENDINGS_MAX / 2;
  expect([isKnown(0), isKnown(half - 1), isKnown(half), isKnown(ENDINGS_MAX)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

interface Rig {
  readonly clock: FakeClock;
  readonly feed: Feed;
  readonly out: ExchangeLine[];
  readonly asked: string[];
  /** What the next fetch brings. */
  endings: ServerEnding[];
}

function rig(stream: boolean): Rig {
  const clock = new FakeClock();
  const out: ExchangeLine[] = [];
  const asked: string[] = [];
  const takeRecords = () => {
    asked.push("records");
    return Promise.resolve([record("drop")]);
  };
  const takeEndings = () => {
    asked.push("endings");
    const { endings } = made;
    made.endings = [];
    return Promise.resolve(endings);
  };
  const feed = new Feed({
    codec: "frame",
    stream,
    sessions: ["0000000000000001"],
    faultIds: ["drop"],
    startUs: 0,
    world: { clock, takeRecords, takeEndings },
    onLine: (line) => out.push(line),
    onFull: () => {},
    onRoom: () => {},
    onError: () => {},
  });
  const made: Rig = { clock, feed, out, asked, endings: [] };
  return made;
}

/** One message of one attempt that was lost. */
function lose({ feed }: Rig): void {
  feed.open(0, 0);
  feed.settle(settled(failed("failed", { attempts: [LOST] })));
}

/** Lets so many fetches happen, one every 100 ms. */
async function fetch({ clock }: Rig, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    clock.advance(100_000);
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
  }
}

describe("a line", () => {
  test("says of a cut attempt that it was, with what had met it by then", async () => {
    const made = rig(true);
    made.endings = [ending({ messages: 2 })];
    lose(made);
    await fetch(made, 1);
    expect(made.out[0]?.attempts).toEqual([
      { attempt: 1, sentUs: 0, endedUs: 0, ended: "reset", faults: ["drop"], cut: true },
    ]);
    // A record that an ending stands for must have been fetched with it, or before.
    expect(made.asked).toEqual(["endings", "records"]);
  });

  test("waits for the end of a connection that it lost, though nothing else keeps it", async () => {
    const made = rig(true);
    lose(made);
    await fetch(made, 3);
    expect(made.out).toEqual([]);
    made.endings = [ending()];
    const finished = made.feed.finish();
    made.clock.advance(100_000);
    await finished;
    expect(made.out[0]?.attempts[0]).not.toHaveProperty("cut");
  });

  test("does not wait for it for ever, and neither do those behind it", async () => {
    const made = rig(true);
    lose(made);
    made.feed.open(0, 1);
    made.feed.settle(settled(delivered(BODY), { message: 1 }));
    await fetch(made, 19);
    expect([made.out.length, made.clock.nowUs()]).toEqual([0, 1_900_000]);
    await fetch(made, 1);
    expect(made.out.map(({ message, attempts }) => [message, attempts[0]?.cut])).toEqual([
      [0, true],
      [1, undefined],
    ]);
  });

  test("of a run on datagrams knows no such thing", async () => {
    const made = rig(false);
    lose(made);
    await fetch(made, 1);
    expect(made.out[0]?.attempts[0]).not.toHaveProperty("cut");
  });
});
