import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const COMPILED = fileURLToPath(new URL("../src/compiled.ts", import.meta.url));
const isDeno = process.versions["deno"] !== undefined;

/** Calls `keepCompiled` in a process of its own; gives what threads would find, and what was kept. */
async function keep(env: NodeJS.ProcessEnv) {
  const program = `
    const { keepCompiled } = await import(${JSON.stringify(COMPILED)});
    keepCompiled();
    await import("node:fs");
    console.log(JSON.stringify(process.env.NODE_COMPILE_CACHE ?? null));`;
  const args = isDeno
    ? ["eval", `import process from "node:process";${program}`]
    : ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as string | null;
}

/** This process's, without what has a say in the cache: measuring coverage turns it off. */
function environment(): NodeJS.ProcessEnv {
  const voices = ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE"];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !voices.includes(name)));
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "faultline-compiled-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("threads are told where the compiled files are kept; Deno needs no telling", async () => {
  const rest = environment();
  const temporary = await folder();
  const told = await keep({ ...rest, TMPDIR: temporary });
  expect(told).toBe(isDeno ? null : join(temporary, "node-compile-cache"));
  expect(await readdir(temporary)).toEqual(isDeno ? [] : ["node-compile-cache"]);
});

test("a folder that the user named stays in force", async () => {
  const named = await folder();
  expect(await keep({ ...environment(), NODE_COMPILE_CACHE: named })).toBe(named);
});

test("who does without the cache tells no thread of one", async () => {
  expect(await keep({ ...environment(), NODE_DISABLE_COMPILE_CACHE: "1" })).toBeNull();
});
