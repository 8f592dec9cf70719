/** What a build server reads of a run that came to no result. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ToolError } from "../src/exit.ts";
import { withErrorReport } from "../src/verbs/error-report.ts";
import { fakeSystem } from "./fake-system.ts";
import { sampleResult } from "./sample-result.ts";
import { parseXml, problemsOfJunit } from "./xml.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-error-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { spec } = sampleResult();
const lost = new ToolError("The server was lost", { details: ["worker 1: gone", "worker 2: <b>"] });

describe("a run that came to no result", () => {
  test("is an error with all that was said, and its time; the error goes on", async () => {
    const system = fakeSystem();
    const junit = join(folder, "lost.xml");
    const work = withErrorReport({ system, spec, junit }, () => {
      system.advance(1_500);
      return Promise.reject(lost);
    });
    await expect(work).rejects.toBe(lost);
    const root = parseXml(readFileSync(junit, "utf8"));
    expect(problemsOfJunit(root)).toEqual([]);
    expect(root.attributes).toMatchObject({ tests: "1", errors: "1", time: "1.500" });
    const [suite] = root.children;
    const error = suite?.children.at(-1)?.children[0];
    expect([error?.name, error?.attributes["message"]]).toEqual([
      "error",
      "The server was lost\nworker 1: gone\nworker 2: <b>",
    ]);
  });

  test("whose report cannot be written either is still told by its own error", async () => {
    const junit = join(folder, "no such folder", "lost.xml");
    const work = withErrorReport({ system: fakeSystem(), spec, junit }, () => Promise.reject(lost));
    await expect(work).rejects.toBe(lost);
  });

  test("writes nothing where nobody asked, and nothing where there is a result", async () => {
    const before = readdirSync(folder);
    const result = sampleResult();
    const silent = { system: fakeSystem(), spec, junit: undefined };
    await expect(withErrorReport(silent, () => Promise.reject(lost))).rejects.toBe(lost);
    const good = { ...silent, junit: join(folder, "good.xml") };
    expect(await withErrorReport(good, () => Promise.resolve(result))).toBe(result);
    expect(readdirSync(folder)).toEqual(before);
  });
});
