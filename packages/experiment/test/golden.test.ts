/** Results on record: what a change alters here, it alters for everybody who kept a seed. */
import { expect, test } from "vitest";
import { GOLDEN, type Golden, goldenText, readGolden, rerun } from "./support/golden.ts";

test("the specs on record give the digests and the bodies on record", async () => {
  const again: Golden[] = [];
  for (const golden of readGolden()) again.push(await rerun(golden));
  await expect(goldenText(again)).toMatchFileSnapshot(GOLDEN);
});

test("there are enough of them, each with a digest of its own", () => {
  const all = readGolden();
  expect(all.length).toBeGreaterThanOrEqual(8);
  expect(new Set(all.map(({ digest }) => digest)).size).toBe(all.length);
  expect(new Set(all.map(({ bodyHash }) => bodyHash)).size).toBe(all.length);
});
