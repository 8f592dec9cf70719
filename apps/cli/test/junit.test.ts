/**
 * JUnit XML: what a build server counts, and that no text can break the document.
 */
import type { AssertionResult, Result } from "@faultline/experiment";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JunitOptions, junitErrorXml, junitXml } from "../src/output/junit.ts";
import { escapeXml } from "../src/output/xml.ts";
import { PASSED, sampleResult } from "./sample-result.ts";
import { type Element, parseXml, problemsOfJunit } from "./xml.ts";

/** The suite of a result, after the whole document was held to the schemas. */
function suiteOf(result: Result, options?: JunitOptions): Element {
  return checked(junitXml(result, options));
}

function checked(document: string): Element {
  const root = parseXml(document);
  expect(problemsOfJunit(root)).toEqual([]);
  expect(document.endsWith("</testsuites>\n")).toBe(true);
  const [suite] = root.children;
  if (suite === undefined) throw new Error("no suite");
  return suite;
}

const casesOf = (suite: Element) => suite.children.filter(({ name }) => name === "testcase");
const outcomeOf = (one: Element | undefined) => one?.children[0]?.name ?? "passed";

const OPEN: AssertionResult = {
  ...PASSED,
  verdict: "inconclusive",
  message: "expected >= 0.99, got 0.99: undecided, about 400 messages would decide",
};

describe("what is counted", () => {
  test("a suite is the experiment, a case is an assertion, properties replay it", () => {
    const suite = suiteOf(sampleResult());
    expect(suite.attributes).toEqual({
      name: "corruption over tcp",
      tests: "1",
      failures: "0",
      errors: "0",
      time: "1.240",
      skipped: "0",
      timestamp: "2026-01-01T00:00:00",
    });
    const [one] = casesOf(suite);
    expect(one?.attributes).toEqual({
      classname: "corruption over tcp",
      name: "delivery.ratio >= 0.9 at 95 %",
      time: "1.240",
    });
    const [properties] = suite.children;
    const list = Object.fromEntries(
      properties?.children.map(({ attributes }) => [attributes["name"], attributes["value"]]) ?? [],
    );
    expect(list).toEqual({
      verdict: "pass",
      seed: "42",
      mode: "real",
      transport: "tcp",
      specHash: "sha256:aa",
      bodyHash: "sha256:bb",
      replay: "npx -y pnpm@12 faultline run corruption --transport tcp --seed 42",
      runtime: "node 26.10.0",
    });
  });

  test("a case stands in the class of its phase, and the time of the run on the first alone", () => {
    const failed = { ...PASSED, verdict: "fail" as const, phase: "recovery", confidence: null };
    const suite = suiteOf(sampleResult({ verdict: "fail", assertions: [PASSED, failed] }));
    expect(casesOf(suite).map(({ attributes }) => attributes)).toEqual([
      { classname: "corruption over tcp", name: "delivery.ratio >= 0.9 at 95 %", time: "1.240" },
      { classname: "corruption over tcp.recovery", name: "delivery.ratio >= 0.9", time: "0.000" },
    ]);
  });

  test("a failure is a failure with its message, and with the line that replays it below", () => {
    const failed = { ...PASSED, verdict: "fail" as const, message: 'expected >= 0.9, got "0.1"' };
    const suite = suiteOf(sampleResult({ verdict: "fail", assertions: [failed] }));
    expect(casesOf(suite)[0]?.children).toEqual([
      {
        name: "failure",
        attributes: { message: 'expected >= 0.9, got "0.1"', type: "fail" },
        children: [],
        text: 'expected >= 0.9, got "0.1"\nreplay: npx -y pnpm@12 faultline run corruption --transport tcp --seed 42',
      },
    ]);
    expect(suite.attributes["failures"]).toBe("1");
  });

  test("a series says how many runs, and how to see the first that did not pass alone", () => {
    const { counts, latencyMs } = sampleResult();
    const run = (seed: number, verdict: Result["verdict"]) => ({
      seed,
      verdict,
      reasons: [],
      counts,
      delivery: { ratio: 0.99 },
      latencyMs,
      recovery: null,
      faults: [],
      digest: null,
      bodyHash: "sha256:cc",
      replay: `faultline run loss --seed ${seed}`,
    });
    const runs = [run(1, "pass"), run(2, "fail"), run(3, "fail")];
    const failed = { ...PASSED, verdict: "fail" as const };
    const suite = suiteOf(sampleResult({ verdict: "fail", assertions: [failed], runs }));
    expect(casesOf(suite)[0]?.children[0]?.text).toMatch(
      /\nthe first run that did not pass: faultline run loss --seed 2$/,
    );
    expect(suite.children[0]?.children.map(({ attributes }) => attributes)).toContainEqual({
      name: "runs",
      value: "3",
    });
  });

  test("the same assertion twice are two cases", () => {
    const suite = suiteOf(
      sampleResult({ assertions: [PASSED, PASSED, { ...PASSED, phase: "a" }] }),
    );
    expect(casesOf(suite).map(({ attributes }) => attributes["name"])).toEqual([
      "delivery.ratio >= 0.9 at 95 %",
      "delivery.ratio >= 0.9 at 95 % (2)",
      "delivery.ratio >= 0.9 at 95 %",
    ]);
  });

  test("inconclusive is skipped with its reason, and failed when strict", () => {
    const result = sampleResult({ verdict: "inconclusive", assertions: [PASSED, OPEN] });
    const [, skipped] = casesOf(suiteOf(result));
    expect([outcomeOf(skipped), skipped?.children[0]?.attributes["message"]]).toEqual([
      "skipped",
      OPEN.message,
    ]);
    const strict = suiteOf(result, { strict: true });
    expect(casesOf(strict).map(outcomeOf)).toEqual(["passed", "failure"]);
    expect(casesOf(strict)[1]?.children[0]?.attributes["message"]).toBe(
      `inconclusive: ${OPEN.message}`,
    );
    expect(strict.attributes).toMatchObject({ failures: "1", skipped: "0" });
  });

  test("a fault that never fired shows, although every assertion passed", () => {
    const suite = suiteOf(
      sampleResult({ verdict: "inconclusive", reasons: ["the fault flip never fired"] }),
    );
    const whole = casesOf(suite).at(-1);
    expect(whole?.attributes["name"]).toBe("the run as a whole");
    expect([outcomeOf(whole), whole?.children[0]?.attributes["message"]]).toEqual([
      "skipped",
      "the fault flip never fired",
    ]);
  });

  test("a laboratory that broke is an error, strict or not", () => {
    const broken = sampleResult({ verdict: "error", reasons: ["a server worker crashed"] });
    for (const strict of [false, true]) {
      const suite = suiteOf(broken, { strict });
      expect(casesOf(suite).map(outcomeOf)).toEqual(["passed", "error"]);
      expect(suite.attributes["errors"]).toBe("1");
    }
  });

  test("a run without assertions still has one case, so no server calls it empty", () => {
    expect(casesOf(suiteOf(sampleResult({ assertions: [] }))).length).toBe(1);
  });

  test("a run that came to no result is one error with its reason", () => {
    const { spec } = sampleResult();
    const error = {
      message: "The server was lost: gone",
      startedAt: "2026-01-01T10:00:00.500Z",
      wallMs: 12,
    };
    const suite = checked(junitErrorXml(spec, error));
    expect(casesOf(suite).map(outcomeOf)).toEqual(["error"]);
    expect(suite.attributes).toMatchObject({ tests: "1", errors: "1", time: "0.012" });
    expect(casesOf(suite)[0]?.children[0]?.text).toBe("The server was lost: gone\nseed: 42");
  });
});

describe("escaping", () => {
  const any = fc.string({ unit: "binary", maxLength: 20 });
  const verdict = fc.constantFrom<Result["verdict"]>("pass", "fail", "inconclusive", "error");
  const assertion = fc
    .record({ metric: any, message: any, phase: fc.option(any), verdict })
    .map((drawn) => ({ ...PASSED, ...drawn }));

  test("whatever a result holds, the document is well-formed, fits the schemas and adds up", () => {
    fc.assert(
      fc.property(
        fc.record({
          assertions: fc.array(assertion, { maxLength: 5 }),
          reasons: fc.array(any, { maxLength: 3 }),
          verdict,
          replay: any,
        }),
        any,
        fc.boolean(),
        (drawn, name, strict) => {
          const result = sampleResult(drawn);
          const suite = suiteOf({ ...result, spec: { ...result.spec, name } }, { strict });
          if (strict) expect(suite.attributes["skipped"]).toBe("0");
          const outcomes = casesOf(suite).map(outcomeOf);
          const green = outcomes.every((outcome) => outcome === "passed");
          if (drawn.verdict !== "pass") expect(green).toBe(false);
        },
      ),
    );
  });

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
