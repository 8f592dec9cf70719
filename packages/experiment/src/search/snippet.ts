/**
 * A failing run as a test that fails with it, and passes once it is mended.
 *
 * It stands on the public door alone and brings its spec along, so that it can be put into a
 * repository as it is. The spec is data: it says nothing of the parts under test, which are
 * imported where they are not the true ones.
 */
import type { FullSpec } from "../spec/types.ts";
import { type Failure, shouldHave } from "./failure.ts";

/** What the test is about. */
export interface SnippetOptions {
  readonly spec: FullSpec;
  readonly failure: Failure;
  readonly story: string;
  /** A module whose default export makes the parts; undefined: the true parts. */
  readonly partsModule: string | undefined;
}

/** What the test imports: this package by its public name. */
const DOOR = "@faultline/experiment";
const COMMENT_COLUMNS = 96;

/** The text of a vitest file. */
export function writeSnippet({ spec, failure, story, partsModule }: SnippetOptions): string {
  const parts = partsModule === undefined ? "" : ", { createParts }";
  const imported =
    partsModule === undefined ? "" : `import createParts from ${JSON.stringify(partsModule)};\n`;
  return `${comment(story)}
import { parseSpec, runTrial } from ${JSON.stringify(DOOR)};
import { expect, test } from "vitest";
${imported}
const spec = ${JSON.stringify(spec, null, 2)};

test(${JSON.stringify(shouldHave(failure.signature))}, async () => {
  const parsed = parseSpec(spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { failures } = await runTrial(parsed.spec${parts});
  expect(failures.map(({ message }) => message)).toEqual([]);
});
`;
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll("*/", "* /").split(" ")) {
    if (line !== "" && line.length + word.length + 1 > COMMENT_COLUMNS) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return ["/**", ...[...lines, line].map((one) => ` * ${one}`), " */"].join("\n");
}
