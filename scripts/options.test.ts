/** The scripts as somebody meets them who does not know them. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const BEFORE_FILE = process.versions["deno"] === undefined ? [] : ["run", "-A"];

function script(file: string, ...args: string[]) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [...BEFORE_FILE, path, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe.each([
  ["bench/main.ts", "only", "nothing"],
  ["fuzz.ts", "seconds", ""],
  ["soak.ts", "messages", "9"],
])("%s", (file, name, wrong) => {
  test("--help says how it is used", () => {
    const { status, stdout, stderr } = script(file, "--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Usage: npx -y pnpm@12 ");
    expect(stdout).toContain(`--${name} `);
  });

  test("an option that it does not know is one line", () => {
    const { status, stdout, stderr } = script(file, "--sed", "1");
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: "",
      stderr: "Unknown option '--sed'; see --help\n",
    });
  });

  test("a value that breaks its rule is one line that names both", () => {
    const { status, stdout, stderr } = script(file, `--${name}`, wrong);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^Cannot \\w+ as "${name}" must be .*: got ${wrong}\n$`));
  });
});
