/** The soak itself: that a short one finds nothing, and that it would notice. */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { countedClock, countedDialer } from "./soak/counted.ts";
import type { Look, SoakFindings } from "./soak/soak.ts";
import {
  COUNT_GROWTH_MAX,
  HEAP_GROWTH_BYTES_MAX,
  heapGrowthBytes,
  problemsOf,
} from "./soak/soak.ts";

const SOAK = fileURLToPath(new URL("./soak.ts", import.meta.url));
const BEFORE_FILE = process.versions["deno"] === undefined ? [] : ["run", "-A"];

function soak(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const all = [...BEFORE_FILE, SOAK, ...args];
  return promisify(execFile)(process.execPath, all, { timeout: 120_000 });
}

function look(more: Partial<Look>): Look {
  const none = { messages: 0, elapsedMs: 0, heapBytes: 0, residentBytes: null };
  return { ...none, timers: 0, links: 4, serverLinks: 4, ...more };
}

/** What a soak finds of which each look is like this. */
function findings(of: (index: number) => Partial<Look>, more: Partial<SoakFindings> = {}) {
  const counts = { delivered: 10, failed: 0, indeterminate: 0, rejected: 0, attempts: 12 };
  return {
    looks: Array.from({ length: 10 }, (_, index) => look(of(index))),
    counts: { ...counts, reconnects: 1, executions: 10, wrong: 0 },
    faults: [],
    left: { timers: 0, links: 0 },
    ...more,
  } satisfies SoakFindings;
}

describe.concurrent.each(["tcp", "udp"] as const)("a short soak over %s", (transport) => {
  test("delivers, executes once, and leaves nothing", { timeout: 120_000 }, async ({ expect }) => {
    const { stdout, stderr } = await soak("--messages", "2000", "--transport", transport, "--json");
    const result = JSON.parse(stdout) as SoakFindings & { problems: string[]; isWhole: boolean };
    expect(result).toMatchObject({ problems: [], isWhole: true, left: { timers: 0, links: 0 } });
    expect(result.looks).toHaveLength(10);
    expect(result.looks.at(-1)).toMatchObject({ messages: 2000 });
    const { delivered, failed, indeterminate } = result.counts;
    expect(delivered + failed + indeterminate).toBe(2000);
    expect(result.faults.find(({ kind }) => kind === "delay")?.fired).toBeGreaterThan(0);
    expect(stderr.trim().split("\n").length).toBeGreaterThanOrEqual(11);
  });
});

describe("what a soak finds", () => {
  test("nothing, where all stays as it is", () => {
    expect(problemsOf(findings((index) => ({ heapBytes: 1e7 + (index % 3) * 1000 })))).toEqual([]);
  });

  test("heap that grows, from one byte a message, but not what a look meets by chance", () => {
    const growing = (bytes: number) =>
      findings((index) => ({ heapBytes: 1e7 + (index * bytes) / 7 }));
    expect(heapGrowthBytes(growing(HEAP_GROWTH_BYTES_MAX).looks)).toBe(HEAP_GROWTH_BYTES_MAX);
    expect(problemsOf(growing(HEAP_GROWTH_BYTES_MAX))).toEqual([]);
    expect(problemsOf(growing(HEAP_GROWTH_BYTES_MAX + 7))).toHaveLength(1);
    const once = findings((index) => ({ heapBytes: index === 9 ? 5e7 : 1e7 }));
    expect(problemsOf(once)).toEqual([]);
  });

  test.each(["timers", "links", "serverLinks"] as const)("%s that add up", (what) => {
    const growing = (many: number) => problemsOf(findings((index) => ({ [what]: index * many })));
    expect(growing(COUNT_GROWTH_MAX + 1)).toEqual([
      `${what} have grown by ${COUNT_GROWTH_MAX + 1}`,
    ]);
    expect(growing(COUNT_GROWTH_MAX)).toEqual([]);
    expect(problemsOf(findings((index) => ({ [what]: index % 2 })))).toEqual([]);
  });

  test("what is left after the close, wrong bodies, and operations executed twice or never", () => {
    const none = (): Partial<Look> => ({});
    const { counts } = findings(none);
    const found = (more: Partial<SoakFindings>): string[] => problemsOf(findings(none, more));
    expect(found({ left: { timers: 1, links: 2 } })).toHaveLength(2);
    expect(found({ counts: { ...counts, wrong: 1 } })).toHaveLength(1);
    expect(found({ counts: { ...counts, executions: 11 } })).toHaveLength(1);
    expect(found({ counts: { ...counts, executions: 9 } })).toHaveLength(1);
  });

  test("a fault that never acted, among half a million messages", () => {
    const faults = [{ kind: "reset", fired: 0 }];
    const { counts } = findings(() => ({}));
    expect(problemsOf(findings(() => ({}), { faults }))).toEqual([]);
    const many = { ...counts, delivered: 500_000, executions: 500_000 };
    expect(problemsOf(findings(() => ({}), { faults, counts: many }))).toHaveLength(1);
  });
});

test("the clock and the dialer count what they have given and not got back", () => {
  const runs: (() => void)[] = [];
  const { clock, timers } = countedClock({
    nowUs: () => 0,
    defer: () => {},
    setTimer: (_, run) => {
      runs.push(run);
      return { cancel: () => {} };
    },
  });
  clock.setTimer(1, () => {});
  clock.setTimer(2, () => {}).cancel();
  expect(timers()).toBe(1);
  runs[0]!();
  expect(timers()).toBe(0);
  const nothing = (): void => {};
  let close = nothing;
  const { dialer, links } = countedDialer({
    kind: "stream",
    dial: (events) => {
      close = () => events.onClose(undefined);
      return undefined!;
    },
  });
  const events = { onOpen: nothing, onBytes: nothing, onDrain: nothing, onEnd: nothing };
  dialer.dial({ ...events, onClose: nothing });
  expect(links()).toBe(1);
  close();
  expect(links()).toBe(0);
});

test.each([
  ["--messages", "9", '"messages" must be an integer of at least 10: got 9'],
  ["--transport", "tls", '"transport" must be tcp or udp: got tls'],
  ["--seed", "-1", '"seed" must be an integer of at least 0: got -1'],
  ["--world", "dream", '"world" must be one of real, simulated: got dream'],
])("%s %s is refused by name", async (option, value, message) => {
  const asked = soak(`${option}=${value}`);
  await expect(asked).rejects.toMatchObject({ code: 3, stderr: expect.stringContaining(message) });
});
