/** Every example says what is true, and says it in the same bytes everywhere. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { runCommand } from "../src/command.ts";
import { examples } from "../src/examples.ts";
import { asText } from "../src/show.ts";

const RUNTIMES = [["node"], ["deno", "run", "-A"]] as const;
/** A child shares its core with its siblings, and on a busy machine with more. */
const CHILD_MS_MAX = 240_000;
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What there is in it. */
interface Printed {
  readonly rows: readonly { readonly name: string }[];
  readonly claims: readonly { readonly holds: boolean }[];
}

/** What a process of a runtime prints. */
async function printed(runtime: (typeof RUNTIMES)[number], name: string): Promise<string> {
  const [program, ...first] = runtime;
  const bin = fileURLToPath(new URL(`../../node_modules/.bin/${program}`, import.meta.url));
  const args = [...first, MAIN, name, "--json"];
  return (await promisify(execFile)(bin, args, { cwd: tmpdir() })).stdout;
}

describe.each(examples)("$name", ({ name }) => {
  test(
    "holds what it claims, in the same bytes in Node and Deno",
    { timeout: CHILD_MS_MAX },
    async () => {
      const [node, deno] = await Promise.all(RUNTIMES.map((runtime) => printed(runtime, name)));
      expect(node).toBe(deno);
      const { claims, rows } = JSON.parse(node!) as Printed;
      expect(claims.filter(({ holds }) => !holds)).toEqual([]);
      expect(claims.length).toBeGreaterThan(2);
      // What is printed is what the README explains; figures may have moved since.
      expect(readme).toContain(`npx -y pnpm@12 example ${name}`);
      for (const row of rows) {
        expect(readme).toContain(`\n${row.name} `);
        for (const title of Object.keys(row).slice(1)) expect(readme).toContain(title);
      }
    },
  );
});

describe("the command", () => {
  test("lists the examples where none is named, and says how it is used", () => {
    for (const { title } of examples) expect(runCommand([]).out).toContain(`${title}\n`);
    const { code, out } = runCommand(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Usage: npx -y pnpm@12 example NAME [--seed N] [--json]");
    expect(out).toContain(examples[0]!.name);
  });

  test("runs one as a table, another with another seed, and fails where a claim does", () => {
    const { code, out } = runCommand(["retry-storm"]);
    expect(code).toBe(0);
    expect(out).toContain("\nnaive, in the outage ");
    expect(out).toContain("\nholds   a naive client sends everything four times\n");
    expect(runCommand(["retry-storm", "--seed", "2"]).out).not.toBe(out);
    const report = { columns: [], rows: [], claims: [{ says: "so", holds: false }] };
    expect(asText(examples[0]!, 1, report)).toContain("\nBROKEN  so\n");
  });

  test("refuses what it does not know, with the exit code of a tool error", () => {
    for (const args of [["no-such"], ["hedging", "--seed", "x"], ["hedging", "--seed"], ["--no"]]) {
      const { code, err, out } = runCommand(args);
      expect([code, out]).toEqual([3, ""]);
      expect(err).not.toBe("");
    }
  });
});
