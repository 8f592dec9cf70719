/**
 * A result as JUnit XML, for build servers: suite = experiment, case = assertion.
 *
 * Inconclusive is `skipped` with its reason (build servers know no third verdict). What decided
 * the verdict beyond the assertions, a fault that never fired for example, gets a case of its
 * own, so a suite never looks green when the verdict is not `pass`. The dialect is the common
 * subset that Jenkins, GitLab and GitHub reporters read.
 */
import type { AssertionResult, Result } from "@faultline/experiment";

// Not among the characters of XML 1.0 (section 2.2): they cannot be written, not even as a reference.
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Text as an attribute value or as element content; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(ILLEGAL, "\ufffd")
    .replace(/[&<>"'\t\n\r]/g, (found) => ENTITIES[found] ?? found);
}

type Attributes = Readonly<Record<string, string | number>>;

function open(name: string, attributes: Attributes, end: ">" | "/>"): string {
  const parts = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(String(value))}"`,
  );
  return `<${name}${parts.join("")}${end}`;
}

interface Case {
  readonly name: string;
  readonly verdict: Result["verdict"];
  readonly message: string;
}

function caseOf(assertion: AssertionResult): Case {
  const phase = assertion.phase === null ? "" : ` in ${assertion.phase}`;
  const name = `${assertion.metric} ${assertion.op} ${assertion.value}${phase}`;
  return { name, verdict: assertion.verdict, message: assertion.message };
}

function casesOf(result: Result): Case[] {
  const cases = result.assertions.map(caseOf);
  const explained = cases.some((one) => one.verdict === result.verdict);
  if (result.reasons.length === 0 && explained) return cases;
  // Reasons come from the run as a whole: its verdict is theirs unless an assertion was worse.
  const verdict =
    result.reasons.length > 0 && explained && result.verdict === "fail"
      ? "inconclusive"
      : result.verdict;
  return [...cases, { name: "the run as a whole", verdict, message: result.reasons.join("; ") }];
}

const ELEMENT = { fail: "failure", inconclusive: "skipped", error: "error" } as const;

function caseLines(one: Case, classname: string): string[] {
  const attributes = { classname, name: one.name };
  if (one.verdict === "pass") return [`    ${open("testcase", attributes, "/>")}`];
  const about = {
    message: one.message,
    ...(one.verdict === "inconclusive" ? {} : { type: one.verdict }),
  };
  return [
    `    ${open("testcase", attributes, ">")}`,
    `      ${open(ELEMENT[one.verdict], about, "/>")}`,
    "    </testcase>",
  ];
}

function propertiesOf(result: Result): string[] {
  const { seed, specHash, bodyHash, replay, mode, verdict, spec, envelope } = result;
  const properties: Attributes = {
    verdict,
    seed,
    mode,
    transport: spec.transport,
    specHash,
    bodyHash,
    replay,
    runtime: envelope.runtime,
  };
  return Object.entries(properties).map(
    ([name, value]) => `      ${open("property", { name, value }, "/>")}`,
  );
}

/** The whole document, ending in a newline. */
export function junitXml(result: Result): string {
  const cases = casesOf(result);
  const counted = (verdict: Result["verdict"]): number =>
    cases.filter((one) => one.verdict === verdict).length;
  const totals = {
    tests: cases.length,
    failures: counted("fail"),
    errors: counted("error"),
    skipped: counted("inconclusive"),
    time: (result.envelope.wallMs / 1000).toFixed(3),
  };
  const suite = { name: result.spec.name, ...totals, timestamp: result.envelope.startedAt };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    open("testsuites", { name: "faultline", ...totals }, ">"),
    `  ${open("testsuite", suite, ">")}`,
    "    <properties>",
    ...propertiesOf(result),
    "    </properties>",
    ...cases.flatMap((one) => caseLines(one, result.spec.name)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
