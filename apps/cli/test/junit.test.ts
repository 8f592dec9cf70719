/**
 * JUnit XML: what a build server counts, and that no text can break the document.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeXml, junitXml } from "../src/output/junit.ts";
import { PASSED, sampleResult } from "./sample-result.ts";

function suiteAttribute(xml: string, name: string): string | undefined {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? "";
  return new RegExp(`\\b${name}="([^"]*)"`).exec(suite)?.[1];
}

describe("what is counted", () => {
  test("a suite is the experiment, a case is an assertion, properties replay it", () => {
    const xml = junitXml(sampleResult());
    expect(xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')).toBe(true);
    expect(
      ["name", "tests", "failures", "errors", "skipped", "time", "timestamp"].map((name) =>
        suiteAttribute(xml, name),
      ),
    ).toEqual(["corruption over tcp", "1", "0", "0", "0", "1.240", "2026-01-01T00:00:00.000Z"]);
    expect(xml).toContain(
      '<testcase classname="corruption over tcp" name="delivery.ratio &gt;= 0.9"/>',
    );
    for (const property of [
      'name="seed" value="42"',
      'name="bodyHash" value="sha256:bb"',
      'name="replay" value="npx -y pnpm@12',
    ]) {
      expect(xml).toContain(property);
    }
  });

  test("a failure is a failure with its message, and says in which phase", () => {
    const failed = {
      ...PASSED,
      verdict: "fail" as const,
      phase: "recovery",
      message: 'expected >= 0.9, got "0.1"',
    };
    const xml = junitXml(sampleResult({ verdict: "fail", assertions: [PASSED, failed] }));
    expect(xml).toContain('name="delivery.ratio &gt;= 0.9 in recovery"');
    expect(xml).toContain(
      '<failure message="expected &gt;= 0.9, got &quot;0.1&quot;" type="fail"/>',
    );
    expect([suiteAttribute(xml, "tests"), suiteAttribute(xml, "failures")]).toEqual(["2", "1"]);
  });

  test("inconclusive is skipped, with its reason", () => {
    const open = { ...PASSED, verdict: "inconclusive" as const, message: "needs 400 messages" };
    const xml = junitXml(sampleResult({ verdict: "inconclusive", assertions: [open] }));
    expect(xml).toContain('<skipped message="needs 400 messages"/>');
    expect(suiteAttribute(xml, "skipped")).toBe("1");
  });

  test("a fault that never fired shows, although every assertion passed", () => {
    const xml = junitXml(
      sampleResult({ verdict: "inconclusive", reasons: ["the fault flip never fired"] }),
    );
    expect(xml).toContain('name="the run as a whole"');
    expect(xml).toContain('<skipped message="the fault flip never fired"/>');
  });

  test("a run without assertions still has one case, so no server calls it empty", () => {
    const xml = junitXml(sampleResult({ assertions: [] }));
    expect(suiteAttribute(xml, "tests")).toBe("1");
  });
});

describe("escaping", () => {
  test("no text can leave its attribute or be illegal in XML 1.0", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeXml(text);
        expect(escaped).not.toMatch(/[<>"'\n\r\t]|&(?!amp;|lt;|gt;|quot;|apos;|#9;|#10;|#13;)/);
        expect(escaped).toMatch(/^[\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u);
        expect(escaped.isWellFormed()).toBe(true);
      }),
    );
  });

  test("what XML can hold survives, what it cannot is replaced", () => {
    expect(escapeXml("a<b>&\"'\n")).toBe("a&lt;b&gt;&amp;&quot;&apos;&#10;");
    expect(escapeXml("🙂 ]]>")).toBe("🙂 ]]&gt;");
    expect(escapeXml("\u0000\u001b\ud800x")).toBe("\ufffd\ufffd\ufffdx");
  });
});
