/**
 * What the README at the root shows, as somebody would type it.
 *
 * The demo's table is a picture of one machine and no promise; the spec is one.
 */
import { readFileSync } from "node:fs";
import { parseSpec, runExperiment } from "@faultline/experiment";
import { expect, test } from "vitest";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const [, spec = ""] = /`my-spec\.json`[^\n]*\n\n```\w+\n([\s\S]*?)```/.exec(readme) ?? [];

test("the spec in the README is one as it stands, and passes in simulated mode", async () => {
  const parsed = parseSpec({ ...(JSON.parse(spec) as object), mode: "simulated", seed: 1 });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  expect(parsed.spec.faults).toHaveLength(1);
  expect((await runExperiment(parsed.spec)).result.verdict).toBe("pass");
});
