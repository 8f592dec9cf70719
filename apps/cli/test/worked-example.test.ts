/**
 * The worked example of docs/determinism.md: every command is run, and must say what the page says.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { fakeSystem } from "./fake-system.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MODULE = "packages/planted/src/shared-replies.ts";
const folder = mkdtempSync(join(tmpdir(), "faultline-example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  readonly args: readonly string[];
  readonly output: string;
}

/** Commands and what follows each, from the blocks of the page marked `console`. */
function shownIn(text: string): Shown[] {
  return [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ npx -y pnpm@12 faultline /m)
      .filter((part) => part !== "")
      .map((part) => {
        const [command = "", ...lines] = part.split("\n");
        return { args: command.split(" "), output: lines.join("\n") };
      }),
  );
}

/** The module as it is after the fix: what it exports as sound. */
function fixedModule(): string {
  const path = join(folder, "fixed.ts");
  const url = pathToFileURL(join(ROOT, MODULE)).href;
  writeFileSync(path, `export { sound as default } from ${JSON.stringify(url)};\n`);
  return path;
}

/** Everything a person sees, with our own paths in the place of the page's. */
async function see({ args }: Shown, parts: string): Promise<string> {
  const ours = new Map([
    [MODULE, parts],
    [
      "packages/planted/specs/shared-replies.json",
      join(ROOT, "packages/planted/specs/shared-replies.json"),
    ],
    ["/tmp/found", join(folder, "found")],
  ]);
  const there = (text: string): string =>
    [...ours].reduce((done, [page, own]) => done.replaceAll(page, own), text);
  const back = (text: string): string =>
    [...ours].reduce((done, [page, own]) => done.replaceAll(own, page), text);
  const system = fakeSystem({ args: args.map(there) });
  await runCli(system);
  return back(system.stderr.text() + system.stdout.text());
}

test("the page shows what the commands say", async () => {
  const page = readFileSync(join(ROOT, "docs/determinism.md"), "utf8");
  const example = page.slice(page.indexOf("## Worked example"));
  const [before = "", after = ""] = example.split("**Fix.**");
  const [broken, fixed] = [shownIn(before), shownIn(after)];
  expect([broken.length, fixed.length]).toEqual([2, 2]);
  for (const shown of broken) expect(await see(shown, join(ROOT, MODULE))).toBe(shown.output);
  for (const shown of fixed) expect(await see(shown, fixedModule())).toBe(shown.output);
});
