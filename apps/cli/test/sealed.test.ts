/**
 * A leak in a simulated run, as a person at a terminal meets it: the tripwire, `--check-determinism`.
 *
 * Planted in a function that the draws of every run go through, which is where a patched runtime or a
 * library that measures itself would sit.
 */
import type { DeterminismCheck } from "@faultline/experiment";
import { describe, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { differenceLines, sameLine } from "../src/output/determinism.ts";
import { fakeSystem } from "./fake-system.ts";
import { sampleResult } from "./sample-result.ts";

const LOSS = ["run", "loss", "--mode", "simulated"];

test("code that looks at the real clock in a simulated run ends it with 3, and is named", async () => {
  const { imul } = Math;
  Math.imul = function measured(a, b) {
    Date.now();
    return imul(a, b);
  };
  const system = fakeSystem({ args: [...LOSS, "--json"] });
  const code = await runCli(system).finally(() => (Math.imul = imul));
  expect([code, system.stdout.text()]).toEqual([3, ""]);
  const said = system.stderr.text();
  expect(said).toMatch(
    /faultline: Cannot use Date\.now\(\) in a simulated run: .*measured \(.*\n$/,
  );
  expect(said).not.toContain("bug in the tool");
});

test("the same run without it passes", async () => {
  const system = fakeSystem({ args: [...LOSS, "--json"] });
  expect(await runCli(system)).toBe(0);
});

describe("--check-determinism", () => {
  test("says that the digest was the same twice, and gives the result of any other run", async () => {
    const plain = fakeSystem({ args: [...LOSS, "--json"] });
    expect(await runCli(plain)).toBe(0);
    const checked = fakeSystem({ args: [...LOSS, "--json", "--check-determinism"] });
    expect(await runCli(checked)).toBe(0);
    const [one, other] = [plain, checked].map(({ stdout }) => JSON.parse(stdout.text()));
    expect(other.bodyHash).toBe(one.bodyHash);
    expect(checked.stderr.text()).toMatch(
      new RegExp(`^same digest twice: ${one.digest}, [\\d ]+ events, .* fresh thread$`, "m"),
    );
  });

  test("ends with 3 where the runs part, and shows the event with its neighbours", async () => {
    const { imul } = Math;
    let calls = 0;
    // Only in this thread, and only once the run is well under way: as a cache that fills up would.
    Math.imul = (a, b) => imul(a, b) ^ (calls++ > 50_000 ? 1 : 0);
    const system = fakeSystem({ args: [...LOSS, "--json", "--check-determinism"] });
    const code = await runCli(system).finally(() => (Math.imul = imul));
    expect([code, system.stdout.text()]).toEqual([3, ""]);
    const said = system.stderr.text();
    expect(said).toContain(
      "Cannot vouch for the result: two runs of the same spec and seed differ",
    );
    expect(said).toMatch(/the first event that differs is number [\d ]+:/);
    // what both saw alike, and then what each saw
    expect(said).toMatch(
      /\n {5}\d+ {2}at \d+ us {2}.*\n {2}1 {2}\d+ {2}at \d+ us {2}.*\n {2}2 {2}\d+ {2}at \d+ us {2}/,
    );
  });

  test("is refused on sockets", async () => {
    const system = fakeSystem({ args: ["run", "loss", "--check-determinism"] });
    expect(await runCli(system)).toBe(3);
    expect(system.stderr.text()).toContain(
      'Cannot check determinism as "--mode" must be simulated, since real time never repeats itself',
    );
  });
});

describe("two runs in words", () => {
  const event = (index: number, what: string, digest = "0000000a") => ({
    index,
    timeUs: index * 100,
    class: 1,
    sequence: index,
    what,
    digest,
  });
  const check: DeterminismCheck = {
    result: sampleResult(),
    same: false,
    digests: ["aa", "bb"],
    bodyHashes: ["sha256:1", "sha256:2"],
    events: [1_200, 1_201],
    difference: {
      index: 8,
      first: [event(7, "timer of lab"), event(8, "timer of server", "0000000b")],
      second: [event(7, "timer of lab"), event(8, "datagram 3"), event(9, "timer of lab")],
    },
    pointers: ["/counts/attempts", "/latencyMs/max"],
  };

  test("agree once, and stand beside each other from where they part", () => {
    expect(differenceLines(check)).toEqual([
      "digests aa and bb, after 1 200 and 1 201 events",
      "the results differ at /counts/attempts, /latencyMs/max",
      "the first event that differs is number 8:",
      "   7  at 700 us  timer of lab  0000000a",
      "1  8  at 800 us  timer of server  0000000b",
      "2  8  at 800 us  datagram 3  0000000a",
      "1  nothing: this run had ended",
      "2  9  at 900 us  timer of lab  0000000a",
    ]);
  });

  test("say so where only one of them is there to be shown", () => {
    const alone = { ...check, difference: { ...check.difference!, first: [] } };
    expect(differenceLines(alone).slice(2)).toEqual([
      "the first event that differs is number 8:",
      "1  seen by the second run only: the first could not be met again",
      "2  7  at 700 us  timer of lab  0000000a",
      "2  8  at 800 us  datagram 3  0000000a",
      "2  9  at 900 us  timer of lab  0000000a",
    ]);
  });

  test("say so where no event differs, and where the log was too short", () => {
    const none = { ...check, difference: undefined };
    expect(differenceLines(none).at(-1)).toMatch(/lies beyond the log/);
    const late = { ...none, digests: ["aa", "aa"] as const, bodyHashes: ["1", "1"] as const };
    expect(differenceLines(late).slice(1)).toEqual([
      "the results are the same",
      "every event is the same",
    ]);
    expect(sameLine(late)).toBe(
      "same digest twice: aa, 1 200 events, the second time in a fresh thread",
    );
  });
});
