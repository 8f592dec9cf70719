/**
 * A result as JUnit XML, for build servers: suite = experiment, case = assertion by phase.
 *
 * Inconclusive is `skipped` with its reason (build servers know no third verdict), or with `strict` a
 * failure. What decided the verdict beyond the assertions, a fault that never fired for example, gets
 * a case of its own, so a suite never looks green when the verdict is not `pass`. The dialect is what
 * the schemas of Surefire and of Jenkins (junit-10.xsd) both allow. All assertions are answered from one
 * run: its whole time stands on the first case, since build servers add the cases up.
 */
import type { AssertionResult, FullSpec, Result } from "@faultline/experiment";

import { type Attributes, escapeXml, tag } from "./xml.ts";

/** How a result is put. */
export interface JunitOptions {
  /** Inconclusive is a failure. @default false */
  readonly strict?: boolean;
}

interface Case {
  readonly classname: string;
  readonly name: string;
  readonly verdict: Result["verdict"];
  readonly message: string;
}

/** What a suite is made of, whether the run came to a result or not. */
interface Suite {
  readonly spec: FullSpec;
  readonly cases: readonly Case[];
  readonly properties: Attributes;
  readonly wallMs: number;
  readonly startedAt: string;
  /** Below each message that is not a pass. */
  readonly footer: string;
}

const PERCENT = 100;
const SECONDS_DIGITS = 3;
const MS_PER_SECOND = 1_000;
/** `2026-01-01T00:00:00`: the one form all schemas know has neither fraction nor zone. */
const TIMESTAMP_CHARACTERS = 19;

const ELEMENT = { fail: "failure", inconclusive: "skipped", error: "error" } as const;

function caseOf(assertion: AssertionResult, experiment: string): Case {
  const { metric, op, value, confidence, phase, sometimes, verdict, message } = assertion;
  const sure = confidence === null ? "" : ` at ${Number((confidence * PERCENT).toPrecision(6))} %`;
  return {
    classname: phase === null ? experiment : `${experiment}.${phase}`,
    name: `${sometimes ? "sometimes " : ""}${metric} ${op} ${value}${sure}`,
    verdict,
    message,
  };
}

/** Build servers know a case by its name alone: the same assertion twice gets a number. */
function distinct(cases: readonly Case[]): Case[] {
  const seen = new Map<string, number>();
  return cases.map((one) => {
    const key = JSON.stringify([one.classname, one.name]);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? one : { ...one, name: `${one.name} (${count})` };
  });
}

function casesOf(result: Result): Case[] {
  const experiment = result.spec.name;
  const cases = distinct(result.assertions.map((one) => caseOf(one, experiment)));
  const explained = cases.some((one) => one.verdict === result.verdict);
  if (result.reasons.length === 0 && explained) return cases;
  // Reasons come from the run as a whole: its verdict is theirs unless an assertion was worse.
  const verdict =
    result.reasons.length > 0 && explained && result.verdict === "fail"
      ? "inconclusive"
      : result.verdict;
  const message = result.reasons.join("; ");
  return [...cases, { classname: experiment, name: "the run as a whole", verdict, message }];
}

function propertiesOf(result: Result): Attributes {
  const { seed, specHash, bodyHash, digest, replay, mode, verdict, spec, runs, envelope } = result;
  return {
    verdict,
    seed,
    ...(runs === null ? {} : { runs: runs.length }),
    mode,
    transport: spec.transport,
    specHash,
    bodyHash,
    ...(digest === null ? {} : { digest }),
    replay,
    runtime: envelope.runtime,
  };
}

/**
 * A result as a whole document, ending in a newline.
 *
 * @example
 * ```ts
 * junitXml(result, { strict: true }); // nothing is skipped
 * ```
 */
export function junitXml(result: Result, options: JunitOptions = {}): string {
  const { wallMs, startedAt } = result.envelope;
  const cases = casesOf(result).map((one) => ({ ...one, ...(options.strict && strictly(one)) }));
  return document({
    spec: result.spec,
    cases,
    properties: propertiesOf(result),
    wallMs,
    startedAt,
    footer: footerOf(result),
  });
}

/** The document of a run that came to no result. */
export function junitErrorXml(
  spec: FullSpec,
  error: { readonly message: string; readonly startedAt: string; readonly wallMs: number },
): string {
  const { message, startedAt, wallMs } = error;
  const { name, seed, mode, transport } = spec;
  const cases: Case[] = [
    { classname: name, name: "the run as a whole", verdict: "error", message },
  ];
  const properties = { verdict: "error", seed, mode, transport };
  return document({ spec, cases, properties, wallMs, startedAt, footer: `seed: ${seed}` });
}

/** How to see it again: of a series also the first run that did not pass alone. */
function footerOf({ replay, runs }: Result): string {
  const bad = runs?.find(({ verdict }) => verdict !== "pass");
  const alone = bad === undefined ? "" : `\nthe first run that did not pass: ${bad.replay}`;
  return `replay: ${replay}${alone}`;
}

function strictly({ verdict, message }: Case): Partial<Case> {
  return verdict === "inconclusive" ? { verdict: "fail", message: `inconclusive: ${message}` } : {};
}

function caseLines({ classname, name, verdict, message }: Case, more: [string, string]): string[] {
  const [time, footer] = more;
  const attributes = { classname, name, time };
  if (verdict === "pass") return [`    ${tag("testcase", attributes, "/>")}`];
  const element = ELEMENT[verdict];
  const about = { message, ...(verdict === "inconclusive" ? {} : { type: verdict }) };
  return [
    `    ${tag("testcase", attributes)}`,
    `      ${tag(element, about)}${escapeXml(`${message}\n${footer}`)}</${element}>`,
    "    </testcase>",
  ];
}

function document({ spec, cases, properties, wallMs, startedAt, footer }: Suite): string {
  const counted = (verdict: Result["verdict"]): number =>
    cases.filter((one) => one.verdict === verdict).length;
  const time = (wallMs / MS_PER_SECOND).toFixed(SECONDS_DIGITS);
  const none = (0).toFixed(SECONDS_DIGITS);
  const totals = {
    tests: cases.length,
    failures: counted("fail"),
    errors: counted("error"),
    time,
  };
  const skipped = counted("inconclusive");
  const timestamp = startedAt.slice(0, TIMESTAMP_CHARACTERS);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    tag("testsuites", { name: "faultline", ...totals }),
    `  ${tag("testsuite", { name: spec.name, ...totals, skipped, timestamp })}`,
    "    <properties>",
    ...Object.entries(properties).map(
      ([name, value]) => `      ${tag("property", { name, value }, "/>")}`,
    ),
    "    </properties>",
    ...cases.flatMap((one, at) => caseLines(one, [at === 0 ? time : none, footer])),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
