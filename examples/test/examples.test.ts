/** Every example says what is true, says it for other seeds too, and says it in the same bytes everywhere. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { runCommand } from "../src/command.ts";
import { examples } from "../src/examples.ts";

const RUNTIMES = [["node"], ["deno", "run", "-A"]] as const;
/** A child shares its core with its siblings, and on a busy machine with more. */
const CHILD_MS_MAX = 240_000;
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What there is in it. */
interface Printed {
  readonly seed: number;
  readonly rows: readonly { readonly name: string }[];
  readonly claims: readonly { readonly holds: boolean }[];
}

/** What a process of a runtime prints. */
async function printed(runtime: (typeof RUNTIMES)[number], name: string): Promise<string> {
  const [program, ...first] = runtime;
  const bin = fileURLToPath(new URL(`../../node_modules/.bin/${program}`, import.meta.url));
  const args = [...first, MAIN, name, "--json", "--seed", "3"];
  return (await promisify(execFile)(bin, args, { cwd: tmpdir() })).stdout;
}

describe.each(examples)("$name", ({ name, run }) => {
  const report = run(1);

  test("holds what it claims", () => {
    const { claims } = report;
    expect(claims.filter(({ holds }) => !holds)).toEqual([]);
    expect(claims.length).toBeGreaterThan(2);
  });

  test(
    "prints the same bytes in Node and Deno, for a seed of its own",
    { timeout: CHILD_MS_MAX },
    async () => {
      const [node, deno] = await Promise.all(RUNTIMES.map((runtime) => printed(runtime, name)));
      expect(node).toBe(deno);
      const { claims, rows, seed } = JSON.parse(node!) as Printed;
      expect(seed).toBe(3);
      expect(claims.every(({ holds }) => holds)).toBe(true);
      // Another seed is another course.
      const figures = rows.map((row) => Object.values(row).slice(1));
      expect(figures).toHaveLength(report.rows.length);
      expect(figures).not.toEqual(report.rows.map((row) => row.figures));
    },
  );

  test("is explained in the README, with a table of these rows", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const { columns, rows } = report;
    for (const { title } of columns) expect(readme).toContain(title);
    for (const row of rows) expect(readme).toContain(`\n${row.name} `);
    expect(readme).toContain(`npx -y pnpm@12 example ${name}`);
  });
});

describe("the command", () => {
  test("lists the examples where none is named, and says how it is used", () => {
    for (const { title } of examples) expect(runCommand([]).out).toContain(`${title}\n`);
    const { code, out } = runCommand(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Usage: npx -y pnpm@12 example NAME [--seed N] [--json]");
    expect(out).toContain(examples[0]!.name);
  });

  test("refuses what it does not know, with the exit code of a tool error", () => {
    for (const args of [["no-such"], ["hedging", "--seed", "x"], ["hedging", "--seed"], ["--no"]]) {
      const { code, err, out } = runCommand(args);
      expect([code, out]).toEqual([3, ""]);
      expect(err).not.toBe("");
    }
  });
});
