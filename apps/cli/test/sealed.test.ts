/**
 * A leak in a simulated run, as a person at a terminal meets it.
 *
 * Planted in a function that the draws of every run go through, which is where a patched runtime or a
 * library that measures itself would sit.
 */
import { expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { fakeSystem } from "./fake-system.ts";

test("code that looks at the real clock in a simulated run ends it with 3, and is named", async () => {
  const { imul } = Math;
  Math.imul = function measured(a, b) {
    Date.now();
    return imul(a, b);
  };
  const system = fakeSystem({ args: ["run", "loss", "--mode", "simulated", "--json"] });
  const code = await runCli(system).finally(() => (Math.imul = imul));
  expect([code, system.stdout.text()]).toEqual([3, ""]);
  const said = system.stderr.text();
  expect(said).toMatch(
    /faultline: Cannot use Date\.now\(\) in a simulated run: .*measured \(.*\n$/,
  );
  expect(said).not.toContain("bug in the tool");
});

test("the same run without it passes", async () => {
  const system = fakeSystem({ args: ["run", "loss", "--mode", "simulated", "--json"] });
  expect(await runCli(system)).toBe(0);
});
