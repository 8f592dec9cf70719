/** Nothing is shipped under a licence that was not agreed to. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isAllowed, shippedFolders, shippedWith } from "./sbom/licences.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("what is shipped", () => {
  const all = shippedWith(shippedFolders(ROOT));

  test("has a licence of the list, package by package", () => {
    const wrong = all.filter(({ licence }) => !isAllowed(licence));
    expect(
      wrong.map(({ name, version, licence, by }) => `${name}@${version} (${licence}), by ${by}`),
    ).toEqual([]);
  });

  test("is all of it: our packages, what they need, and what that needs", () => {
    const names = all.map(({ name }) => name);
    for (const name of [
      "@faultline/protocol",
      "@faultline/server",
      "@faultline/cli",
      "@noble/hashes",
      "hono",
      "tdigest",
    ]) {
      expect(names).toContain(name);
    }
    for (const name of ["@faultline/testkit", "@faultline/planted", "vitest", "oxlint"]) {
      expect(names).not.toContain(name);
    }
    expect(all.length).toBeGreaterThan(100);
  });
});

test.each([
  ["MIT", true],
  ["(MIT AND Zlib)", true],
  ["(AFL-2.1 OR BSD-3-Clause)", true],
  ["Apache-2.0 AND (GPL-3.0-only OR MIT)", true],
  ["GPL-3.0-only", false],
  ["MIT AND GPL-3.0-only", false],
  ["AGPL-3.0-or-later", false],
  ["MPL-2.0", false],
  ["SEE LICENSE IN LICENSE.md", false],
  ["UNLICENSED", false],
  ["", false],
])("the expression %j is met with the list: %s", (licence, allowed) => {
  expect(isAllowed(licence)).toBe(allowed);
});
