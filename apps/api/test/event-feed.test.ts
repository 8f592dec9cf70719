/** The feed against a run that moves at the worst moments: between its two looks. */

import { expect, test } from "vitest";
import { EventFeed, type EventFeedOptions } from "../src/http/event-feed.ts";
import type { Run } from "../src/runs/run.ts";
import { makeFakeClock } from "./support/fake-clock.ts";
import { runNumber } from "./support/store-contract.ts";

interface MovingRun {
  run: Run;
  lines: string[];
  /** Called after the run, or its exchanges, were read and before the reader hears of it. */
  onLook: (what: "run" | "exchanges", look: number) => void;
  change(): void;
  readonly feed: EventFeed;
}

function moving(): MovingRun {
  const listeners = new Set<() => void>();
  const looks = { run: 0, exchanges: 0 };
  const runs: EventFeedOptions["runs"] = {
    closing: false,
    async get() {
      const { run } = state;
      state.onLook("run", (looks.run += 1));
      return run;
    },
    async readExchanges(_id, after, limit) {
      const lines = state.lines.slice(after, after + limit);
      state.onLook("exchanges", (looks.exchanges += 1));
      return { lines, next: after + lines.length };
    },
    onChange(_id, listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const clock = makeFakeClock();
  const state: MovingRun = {
    run: { ...runNumber(1), status: "running" },
    lines: [],
    onLook() {},
    change() {
      for (const listener of listeners) listener();
    },
    feed: new EventFeed({ runs, clock, runId: "r", after: 0, batchMax: 9 }),
  };
  return state;
}

/** Everything up to the end; the clock stands still, so waiting for nothing would never end. */
async function readAll(feed: EventFeed): Promise<string> {
  let text = "";
  for (let piece = await feed.next(); piece !== undefined; piece = await feed.next()) text += piece;
  return text;
}

test.each(["run", "exchanges"] as const)(
  "an exchange and the end that come right after the %s was read are not missed",
  async (what) => {
    for (const look of [1, 2]) {
      const state = moving();
      state.onLook = (looked, count) => {
        if (looked !== what || count !== look) return;
        state.lines.push('{"message":0}');
        state.run = { ...state.run, status: "completed" };
        state.change();
      };
      const text = await readAll(state.feed);
      expect(text.match(/^event: \w+/gm)).toContain("event: exchange");
      expect(text).toMatch(/event: end\nid: end\n.*\n\n$/);
    }
  },
);

test("a closed feed gives nothing more, also to whoever waits already", async () => {
  const { feed } = moving();
  await feed.next();
  await feed.next();
  const waiting = feed.next();
  await new Promise(setImmediate);
  feed.close();
  expect(await waiting).toBeUndefined();
  expect(await feed.next()).toBeUndefined();
});
