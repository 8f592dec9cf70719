/**
 * `search`, `shrink` and `compare` as a person and a script meet them.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Comparison, SearchResult, ShrinkResult } from "@faultline/experiment";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { type FakeOptions, fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-search-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const planted = (path: string): string =>
  fileURLToPath(new URL(`../../../packages/planted/${path}`, import.meta.url));
const SPEC = planted("specs/shared-replies.json");
const PARTS = planted("src/shared-replies.ts");

function specFile(name: string, spec: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ specVersion: 1, name, seed: 1, ...spec }));
  return path;
}

async function cli(args: readonly string[], options: FakeOptions = {}) {
  const system = fakeSystem({ args, ...options });
  const code = await runCli(system);
  return { code, stdout: system.stdout.text(), stderr: system.stderr.text() };
}

const LOSSY = {
  workload: { messages: 100 },
  client: { attemptTimeoutMs: 50, attemptsMax: 2, backoff: { kind: "constant", firstMs: 10 } },
  faults: [{ id: "drop", kind: "loss", probability: 0.3 }],
};
const ALL = { metric: "delivery.ratio", op: "==", value: 1 };

describe("search", () => {
  test.each(["tcp", "udp", "tls"])("goes over %s where it is asked to", async (name) => {
    const spec = specFile("over", { workload: { messages: 5 } });
    const args = ["search", spec, "--seeds", "2", "--transport", name];
    const { code, stdout, stderr } = await cli(args);
    expect(stderr).toBe(`searching over over ${name}, 2 seeds from 1\n`);
    expect(stdout).toContain("0 of 2 seeds fail");
    expect(code).toBe(0);
  });

  test("names the seed that fails, how, and the line that shrinks it; exit code 1", async () => {
    const { code, stdout, stderr } = await cli([
      "search",
      SPEC,
      "--parts",
      PARTS,
      "--transport",
      "tcp",
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe("searching shared-replies over tcp, 1 000 seeds from 1\n");
    expect(stdout.split("\n")).toEqual([
      "seed 5 fails: message 11 of client 0 was delivered, but never executed",
      "  invariant executed",
      "  invariant right-replies",
      `  npx -y pnpm@12 faultline shrink ${SPEC} --seed 5 --transport tcp --parts ${PARTS}`,
      expect.stringMatching(/^1 of 5 seeds fails \(20 %, 95 %: [\d.]+ % to [\d.]+ %\)$/),
      "",
    ]);
  });

  test("finds nothing wrong with the true server, and ends with 0", async () => {
    const { code, stdout } = await cli(["search", SPEC, "--seeds", "12", "--base", "3", "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as SearchResult;
    expect(result).toMatchObject({
      ended: "seeds",
      failing: [],
      seeds: { base: 3, asked: 12, tried: 12 },
    });
  });

  test("tries every spec simulated, and goes on after a failure where it is told to", async () => {
    const path = specFile("real", { ...LOSSY, mode: "real", assert: [ALL] });
    const { code, stdout } = await cli([
      "search",
      path,
      "--seeds",
      "6",
      "--threads",
      "2",
      "--failures",
      "6",
      "--json",
    ]);
    const { failing, signatures } = JSON.parse(stdout) as SearchResult;
    expect(code).toBe(1);
    expect(failing.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(signatures[0]?.signature).toBe("assertion delivery.ratio == 1");
  });

  test("stops at Ctrl-C with what it has: 1 where something was found, 2 where nothing was", async () => {
    for (const [failures, expected] of [
      [[], 2],
      [["--failures", "100"], 1],
    ] as const) {
      const assert = expected === 1 ? [ALL] : [];
      const path = specFile("stopped", { ...LOSSY, assert });
      const system = fakeSystem({
        args: ["search", path, "--seeds", "100000", "--json", ...failures],
        isTTY: true,
      });
      const { write } = system.stderr;
      const stderr = {
        ...system.stderr,
        isTTY: true,
        write: (text: string) => {
          write(text);
          if (text.includes("Ctrl-C to stop")) system.press();
        },
      };
      const code = await runCli({ ...system, stderr });
      expect(code).toBe(expected);
      const { ended, seeds } = JSON.parse(system.stdout.text()) as SearchResult;
      expect(ended).toBe("aborted");
      expect(seeds.tried).toBeLessThan(100);
      expect(system.stderr.text()).toContain("stopping; what is found is kept\n");
    }
  });

  test.each([
    [["nowhere.ts"], /^faultline: Cannot load "nowhere.ts": /],
    [
      [planted("src/index.ts")],
      /^faultline: Cannot load as "--parts" must be a module whose default export is a function that makes the parts: got "/,
    ],
  ])("says in one line why parts cannot be used: %s", async ([parts], message) => {
    const { code, stderr, stdout } = await cli(["search", SPEC, "--parts", parts!]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n").length).toBe(1);
  });

  test("explains itself", async () => {
    const { code, stdout } = await cli(["search", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Exit codes: 0 no seed fails, 1 some do, 2 stopped before any did");
    expect((await cli(["search", SPEC, "--seeds", "0"])).stderr).toContain(
      'Cannot search as "--seeds" must be an integer from 1 to 1000000000: got "0"',
    );
  });
});

describe("shrink", () => {
  test("writes a spec that stands alone, a story and a test, and says how to see it again", async () => {
    const out = join(folder, "found");
    const args = ["shrink", SPEC, "--seed", "5", "--parts", PARTS, "--out", out];
    const { code, stdout, stderr } = await cli(args);
    expect(code).toBe(0);
    expect(stderr).toBe("shrinking shared-replies over tcp, seed 5\n");
    const [spec, story, repro] = ["spec.json", "story.md", "repro.test.ts"].map((name) =>
      readFileSync(join(out, name), "utf8"),
    );
    expect(stdout).toContain(`${story}\n`);
    expect(stdout).toMatch(
      /\d+ firings, 100 messages, 3 clients {2}-> {2}1 firing, 24 messages, 2 clients\n/,
    );
    expect(stdout).toMatch(
      /\d+ runs, no fault can be left out; confirmed twice, digest [0-9a-f]{16}\n/,
    );
    expect(repro).toContain(`import { parseSpec, runTrial } from "@faultline/experiment";`);
    expect(repro).toMatch(/import createParts from "\..*\/planted\/src\/shared-replies\.ts";/);
    expect((JSON.parse(spec!) as { schedule: unknown[] }).schedule.length).toBe(1);
    const again = /^again: npx -y pnpm@12 faultline (.*)$/m.exec(stdout)?.[1] ?? "";
    expect((await cli(again.split(" "))).code).toBe(1);
    expect((await cli(["search", join(out, "spec.json"), "--seeds", "1"])).code).toBe(0);
  });

  test("ends with 1 where the seed does not fail, and writes nothing", async () => {
    const out = join(folder, "nothing");
    const { code, stdout } = await cli(["shrink", SPEC, "--seed", "5", "--out", out]);
    expect([code, stdout]).toEqual([1, "seed 5 does not fail: there is nothing to shrink\n"]);
    expect(() => readFileSync(join(out, "spec.json"))).toThrow();
  });

  test("ends with 2 where it had to stop before the end, and gives the smallest run so far", async () => {
    const path = specFile("lossy", { ...LOSSY, assert: [ALL] });
    const { code, stdout } = await cli(["shrink", path, "--trials", "4", "--json"]);
    const { outcome, minimal, from, to } = JSON.parse(stdout) as ShrinkResult;
    expect([code, outcome, minimal]).toEqual([2, "shrunk", false]);
    expect(to!.firings).toBeLessThan(from!.firings);
  });
});

describe("compare", () => {
  const two = specFile("two", LOSSY);
  const three = specFile("three", { ...LOSSY, client: { ...LOSSY.client, attemptsMax: 3 } });

  test("shows what changes, and ends with 1 where something gets worse", async () => {
    const { code, stdout, stderr } = await cli(["compare", two, three, "--seeds", "10"]);
    expect(code).toBe(1);
    expect(stderr).toBe("comparing two with three, 10 seeds from 1\n");
    expect(stdout).toMatch(/^figure +A +B +B - A +95 % +change +pairs\n/);
    expect(stdout).toMatch(/^delivery\.ratio .* better +10$/m);
    expect(stdout).toMatch(/^attemptsPerMessage .* worse +10$/m);
    expect(stdout).toMatch(
      /^the same message: delivered in both \d+, only in A 0, only in B \d+, in neither \d+$/m,
    );
  });

  test("ends with 0 where nothing gets worse, with 2 where one pair cannot tell", async () => {
    const same = await cli(["compare", two, two, "--seeds", "3", "--json"]);
    expect(same.code).toBe(0);
    expect((JSON.parse(same.stdout) as Comparison).messages).toMatchObject({
      onlyFirst: 0,
      onlySecond: 0,
    });
    expect((await cli(["compare", two, three, "--seeds", "1"])).code).toBe(2);
  });

  test("reads standard input once only", async () => {
    const { code, stderr } = await cli(["compare", "-", "-"]);
    expect([code, stderr]).toEqual([
      3,
      'faultline: Cannot compare as "b" must be another spec than standard input: got "-"\n',
    ]);
  });
});

test("a server by itself refuses what only a run can do", async () => {
  const firing = { fault: "drop", client: 0, message: 1, attempt: 1, direction: "reply" };
  const schedule = specFile("listed", { ...LOSSY, schedule: [firing] });
  const events = [{ atMs: 1, kind: "restart" }];
  const restarts = specFile("restarts", { ...LOSSY, mode: "simulated", events });
  for (const [path, field] of [
    [schedule, "schedule"],
    [restarts, "events"],
  ] as const) {
    const { code, stderr } = await cli(["server", "--spec", path]);
    expect([code, stderr]).toEqual([
      3,
      `faultline: Cannot serve as "${field}" of the spec must be left out: it needs a run\n`,
    ]);
  }
});
