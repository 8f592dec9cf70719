/** The catalog says the same words as the files, the specs and the README. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMON_FIELDS, FAULT_KINDS, faultCatalog } from "../src/index.ts";

/** With the blanks that line up a table taken out. */
const README = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(
  / +/g,
  " ",
);

test("every fault is a file of the same word, and every file but pass is in the catalog", () => {
  const files = readdirSync(new URL("../src/fault/", import.meta.url));
  const words = files.map((file) => file.replace(".ts", ""));
  expect(words.toSorted()).toEqual([...FAULT_KINDS, "pass"].toSorted());
  for (const kind of FAULT_KINDS) expect(faultCatalog[kind].kind).toBe(kind);
});

test("every fault says what it is, and has a test of the same word", () => {
  const tests = readdirSync(new URL("fault/", import.meta.url));
  for (const kind of FAULT_KINDS) {
    const { title, description } = faultCatalog[kind];
    expect(title.toLowerCase().replaceAll(" ", "-")).toBe(kind);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(tests).toContain(`${kind}.test.ts`);
  }
});

test("every default satisfies its own rule", () => {
  for (const kind of FAULT_KINDS) {
    for (const field of Object.values({ ...COMMON_FIELDS, ...faultCatalog[kind].fields })) {
      if (field.default !== undefined) expect(field.accepts(field.default)).toBe(true);
    }
  }
});

test("the README has a row for every fault, with its settings, defaults, units and transports", () => {
  for (const kind of FAULT_KINDS) {
    const row = README.split("\n").find((line) => line.startsWith(`| \`${kind}\` |`));
    expect(row).toBeDefined();
    const entry = faultCatalog[kind];
    for (const [name, field] of Object.entries(entry.fields)) {
      expect(row).toContain(`\`${name}\``);
      if (field.default !== undefined) expect(row).toContain(String(field.default));
    }
    const units = entry.units.length === 0 ? "end of stream" : entry.units.join(", ");
    expect(row).toContain(`| ${units} | ${entry.transports.join(", ")} |`);
  }
});
