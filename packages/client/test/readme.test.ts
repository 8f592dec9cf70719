/** The examples of the README that print something, run as they stand there. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as client from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
  .map((match) => match[1] ?? "")
  .filter((example) => /console\.log\(.*\/\/ /.test(example))
  .map((example) => ({ example, name: /import \{ (\w+)/.exec(example)?.[1] }));

describe("the examples of the README", () => {
  test.each(examples)("print what they say: $name", ({ example }) => {
    const body = example.replace(
      /import (\{[\s\S]*?\}) from "@faultline\/client";/,
      "const $1 = client;",
    );
    const printed: string[] = [];
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is ours, from this package
    const run = new Function("client", "console", body) as (...given: unknown[]) => void;
    run(client, { log: (...values: unknown[]) => printed.push(values.map(String).join(" ")) });
    const said = [...example.matchAll(/console\.log\(.*\/\/ (.*)/g)].map((match) => match[1]);
    expect(printed).toEqual(said);
  });

  test("are there for every policy", () => {
    const names = examples.map(({ name }) => name);
    expect(names).toEqual([
      "createRetryBudget",
      "createRttEstimate",
      "createBreaker",
      "createHedge",
    ]);
  });
});
