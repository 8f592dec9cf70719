/**
 * `faultline run` as a script meets it: output, files, exit codes, Ctrl-C.
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExchangeLine, Result } from "@faultline/experiment";
import { afterAll, describe, expect, test } from "vitest";
import { runChild, startCli } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function specFile(name: string, spec: Record<string, unknown>): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ specVersion: 1, name, ...spec }));
  return path;
}

const resultOf = (stdout: string): Result => {
  expect(stdout.endsWith("}\n")).toBe(true);
  expect(stdout.trim().split("\n").length).toBe(1);
  return JSON.parse(stdout) as Result;
};

const sum = ({ counts }: Result): number =>
  counts.delivered + counts.failed + counts.rejected + counts.indeterminate;

const SMALL = {
  workload: { messages: 20 },
  client: { backoff: { kind: "constant", firstMs: 1, jitter: "none" } },
};

describe("a run", () => {
  test("of a scenario passes with exit code 0 and one line of JSON, progress aside", async () => {
    const run = await runChild(["run", "baseline", "--json"]);
    const result = resultOf(run.stdout);
    expect([run.code, result.verdict]).toEqual([0, "pass"]);
    expect(sum(result)).toBe(result.counts.messages);
    expect(run.stderr).toBe("running baseline over tcp, 1 000 messages, seed 1\n");
  });

  test("takes seed and transport from the command line, over the spec's own", async () => {
    const path = specFile("override", { seed: 1, transport: "tcp", ...SMALL });
    const run = await runChild([
      "run",
      path,
      "--seed",
      "9007199254740991",
      "--transport",
      "udp",
      "--json",
    ]);
    const { seed, spec } = resultOf(run.stdout);
    expect([seed, spec.seed, spec.transport]).toEqual([
      9_007_199_254_740_991,
      9_007_199_254_740_991,
      "udp",
    ]);
  });

  test("draws a seed where nobody names one, and says which", async () => {
    const run = await runChild(["run", "-", "--json"], {
      input: JSON.stringify({ specVersion: 1, ...SMALL }),
    });
    const { seed } = resultOf(run.stdout);
    expect(run.stderr).toContain(`seed ${seed}`);
    expect(Number.isSafeInteger(seed)).toBe(true);
  });

  test("that fails its assertion ends with 1, and says so in JUnit XML", async () => {
    const path = specFile("hopeless", {
      ...SMALL,
      assert: [{ metric: "latencyMs.max", op: "<", value: 0 }],
    });
    const junit = join(folder, "hopeless.xml");
    const run = await runChild(["run", path, "--junit", junit]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/hopeless {2}FAIL/);
    expect(readFileSync(junit, "utf8")).toContain(
      '<failure message="expected latencyMs.max &lt; 0',
    );
  });

  test("whose fault never fired ends with 2: nothing was tried, so nothing was shown", async () => {
    const faults = [{ id: "late", kind: "loss", everyMessages: 1000 }];
    const path = specFile("untried", { ...SMALL, faults });
    const junit = join(folder, "untried.xml");
    const run = await runChild(["run", path, "--json", "--junit", junit]);
    expect([run.code, resultOf(run.stdout).verdict]).toEqual([2, "inconclusive"]);
    expect(readFileSync(junit, "utf8")).toContain("<skipped message=");
  });

  test("that is strict ends with 1 instead, a failure in JUnit XML; the result is the same", async () => {
    const faults = [{ id: "late", kind: "loss", everyMessages: 1000 }];
    const path = specFile("strict", { ...SMALL, faults, mode: "simulated", seed: 4 });
    const junit = join(folder, "strict.xml");
    const run = await runChild(["run", path, "--json", "--strict", "--junit", junit]);
    expect([run.code, resultOf(run.stdout).verdict]).toEqual([1, "inconclusive"]);
    expect(readFileSync(junit, "utf8")).toContain('<failure message="inconclusive: ');
  });

  test("writes each message with the fault that met it, once", async () => {
    const path = join(folder, "exchanges.ndjson");
    const run = await runChild(["run", "loss", "--json", "--exchanges", path]);
    const { counts, faults } = resultOf(run.stdout);
    const lines = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ExchangeLine);
    expect(lines.length).toBe(counts.messages);
    expect(new Set(lines.map(({ client, message }) => `${client}/${message}`)).size).toBe(
      counts.messages,
    );
    const attempts = lines.flatMap((line) => line.attempts);
    expect(attempts.length).toBe(counts.attempts);
    const fired = faults.reduce((total, fault) => total + fault.fired, 0);
    expect(fired).toBeGreaterThan(0);
    expect(attempts.flatMap((attempt) => attempt.faults).length).toBe(fired);
  });

  test("says the same in words to a person", async () => {
    const run = await runChild(["run", "corruption", "--seed", "7"], {
      env: { LC_ALL: "C.UTF-8" },
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/\n.* {2}PASS\nseed 7 · real · tcp/);
    expect(run.stdout).toMatch(/ {2}replay +npx -y pnpm@12 faultline run corruption --seed 7/);
    expect(run.stdout).not.toContain("\u001b");
  });

  test("never writes over its spec, or one result over another", async () => {
    const path = specFile("precious", { ...SMALL, mode: "simulated" });
    const text = readFileSync(path, "utf8");
    const link = join(folder, "precious-link.json");
    symlinkSync(path, link);
    const both = join(folder, "both");
    for (const [args, line] of [
      [
        [path, "--exchanges", path],
        `"--exchanges" must be another file than the spec: got "${path}"`,
      ],
      [[path, "--junit", link], `"--junit" must be another file than the spec: got "${link}"`],
      [
        [path, "--exchanges", both, "--junit", both],
        `"--junit" must be another file than that of "--exchanges": got "${both}"`,
      ],
    ] as const) {
      const run = await runChild(["run", ...args]);
      expect([run.code, run.stdout, run.stderr]).toEqual([
        3,
        "",
        `faultline: Cannot run as ${line}\n`,
      ]);
    }
    expect([readFileSync(path, "utf8"), existsSync(both)]).toEqual([text, false]);
    const nowhere = ["--exchanges", "/dev/null", "--junit", "/dev/null"];
    expect((await runChild(["run", path, ...nowhere])).code).toBe(0);
  });

  test("keeps its result when the disk of the exchanges is full, and still ends with 3", async ({
    skip,
  }) => {
    skip(process.platform !== "linux", "/dev/full is a Linux device");
    const run = await runChild(["run", "baseline", "--json", "--exchanges", "/dev/full"]);
    expect(resultOf(run.stdout).verdict).toBe("pass");
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('faultline: Cannot write "/dev/full": the disk is full\n');
  });
});

describe("Ctrl-C", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s keeps what is finished: a whole result, inconclusive, exit code 2",
    async (signal) => {
      const path = specFile(`long-${signal}`, {
        workload: { messages: 1_000_000, clients: 4 },
        // What was never sent was not delivered, and does not count against the messages that were.
        assert: [{ metric: "delivery.ratio", op: "==", value: 1 }],
      });
      const exchanges = join(folder, `long-${signal}.ndjson`);
      writeFileSync(exchanges, "");
      const child = startCli(["run", path, "--json", "--exchanges", exchanges]);
      const written = new Promise<void>((resolve) => {
        const watcher = watch(exchanges, () => {
          if (statSync(exchanges, { throwIfNoEntry: false })?.size === 0) return;
          watcher.close();
          resolve();
        });
      });
      // It can only end before if it is broken: then what it said is what to look at.
      await Promise.race([written, child.ended]);
      child.kill(signal);
      const ended = await child.ended;
      const result = resultOf(ended.stdout);
      expect([ended.code, result.verdict]).toEqual([2, "inconclusive"]);
      const { counts } = result;
      expect(counts.delivered).toBeGreaterThan(0);
      expect(counts.delivered).toBeLessThan(1_000_000);
      expect(sum(result)).toBe(counts.messages);
      expect(ended.stderr).toContain("stopping; what is finished is kept");
      const lines = readFileSync(exchanges, "utf8").trim().split("\n");
      expect(lines.filter((line) => line.includes('"delivered"')).length).toBe(counts.delivered);
      // What was never sent has no exchange to show.
      expect(lines.length).toBe(counts.messages - counts.rejected);
    },
  );
});
