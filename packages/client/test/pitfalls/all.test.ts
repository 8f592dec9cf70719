/**
 * The thirty pitfalls of clients that retry: each has a test that is named after it, and that shows both,
 * who avoids it and who falls into it.
 *
 * A test that is lost, or that keeps only the half that is green for everybody, would not be missed
 * otherwise. Files are found by their first line, wherever they are: `Pitfall 7. …`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const PACKAGES = fileURLToPath(new URL("../../../", import.meta.url));
const HEAD = /^\/\*\*\s+(?:\* )?Pitfalls? (\d+)(?: and (\d+))?[.,]/;

/** What falls into it, by the words of a title or of what it is called. */
const VICTIM = /naive|Naive/;

const files = readdirSync(PACKAGES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => testsIn(join(PACKAGES, name, "test")))
  .map((path) => ({ path, text: readFileSync(path, "utf8") }))
  .flatMap(({ path, text }) => {
    const numbers = HEAD.exec(text)?.slice(1).filter(Boolean).map(Number) ?? [];
    return numbers.map((number) => ({ number, path, text }));
  });

function testsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, name));
  } catch {
    return []; // a package without tests
  }
}

const all = Array.from({ length: 30 }, (_, at) => at + 1);

describe("of the thirty pitfalls", () => {
  test.each(all)("number %i has a test, which somebody naive fails", (number) => {
    const its = files.filter((file) => file.number === number);
    expect(its).not.toEqual([]);
    // One of them is enough: another may show the contrast with TCP, or the server's side.
    const shown = its.filter(({ text }) => VICTIM.test(text)).map(({ path }) => path);
    expect(shown, "nobody falls into it").not.toEqual([]);
  });

  test("there is no other", () => {
    expect(files.filter(({ number }) => number < 1 || number > 30)).toEqual([]);
  });
});
