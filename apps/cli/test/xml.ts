/**
 * A strict reader of the XML that reports are written in, and the rules of the schemas for JUnit.
 *
 * It knows elements, attributes and text with the five entities and numbered references, and throws at
 * anything else: what it accepts is well-formed. The rules are those of Jenkins' junit-10.xsd that bear on
 * what a report has, with what Surefire's demands on top.
 */

/** One element. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const TAG = /^<(\/?)([a-z]+)((?: [a-zA-Z]+="[^"<>\n\t\r]*")*)(\/?)>/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function plain(text: string): string {
  if (!/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u.test(text)) {
    throw new Error(`not a character of XML: ${JSON.stringify(text)}`);
  }
  return text.replace(/&([^;]*);|&/g, (found, name: string | undefined) => {
    const known = name === undefined ? undefined : ENTITIES[name];
    if (known !== undefined) return known;
    const code = /^#(\d+)$/.exec(name ?? "")?.[1];
    if (code === undefined) throw new Error(`a bare ampersand at ${found}`);
    return String.fromCodePoint(Number(code));
  });
}

/** The root element of a document; throws where it is not well-formed. */
export function parseXml(document: string): Element {
  if (!document.startsWith(DECLARATION)) throw new Error("no declaration");
  let rest = document.slice(DECLARATION.length);
  const open: {
    name: string;
    attributes: Record<string, string>;
    children: Element[];
    text: string;
  }[] = [{ name: "", attributes: {}, children: [], text: "" }];
  while (rest !== "") {
    const upTo = rest.indexOf("<");
    const text = upTo === -1 ? rest : rest.slice(0, upTo);
    const top = open.at(-1);
    if (top === undefined) throw new Error("closed too often");
    top.text += plain(text);
    rest = rest.slice(text.length);
    if (rest === "") break;
    const found = TAG.exec(rest);
    if (found === null) throw new Error(`no tag: ${rest.slice(0, 80)}`);
    const [whole, closing, name = "", list = "", alone] = found;
    rest = rest.slice(whole.length);
    if (closing === "/") {
      const last = open.pop();
      if (last?.name !== name) throw new Error(`${last?.name} closed by ${name}`);
      open.at(-1)?.children.push(last);
      continue;
    }
    const attributes: Record<string, string> = {};
    for (const [, key = "", value = ""] of list.matchAll(/ ([a-zA-Z]+)="([^"]*)"/g)) {
      if (key in attributes) throw new Error(`${key} twice`);
      attributes[key] = plain(value);
    }
    const element = { name, attributes, children: [], text: "" };
    if (alone === "/") top.children.push(element);
    else open.push(element);
  }
  const [document_] = open;
  const [root] = document_?.children ?? [];
  if (open.length !== 1 || root === undefined || document_?.children.length !== 1) {
    throw new Error("not one root");
  }
  return root;
}

/** An element of the schema: attributes (`!` marks those that must be there) and children. */
const SCHEMA: Readonly<
  Record<string, { attributes: readonly string[]; children: readonly string[] }>
> = {
  testsuites: {
    attributes: ["name", "time", "tests", "failures", "errors"],
    children: ["testsuite"],
  },
  testsuite: {
    attributes: ["name!", "tests!", "failures!", "errors!", "skipped!", "time!", "timestamp"],
    children: ["properties", "testcase"],
  },
  properties: { attributes: [], children: ["property"] },
  property: { attributes: ["name!", "value!"], children: [] },
  testcase: {
    attributes: ["name!", "classname!", "time!"],
    children: ["skipped", "error", "failure"],
  },
  skipped: { attributes: ["message"], children: [] },
  failure: { attributes: ["message", "type!"], children: [] },
  error: { attributes: ["message", "type!"], children: [] },
};
const MIXED = ["skipped", "failure", "error"];
const TIME = /^\d+\.\d{3}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

/** What breaks the schemas, or does not add up; empty where nothing does. */
export function problemsOfJunit(root: Element): string[] {
  if (root.name !== "testsuites") return [`the root is ${root.name}`];
  return [...shapeOf(root), ...sumsOf(root), ...root.children.flatMap(sumsOf)];
}

function shapeOf(element: Element): string[] {
  const rule = SCHEMA[element.name];
  if (rule === undefined) return [`unknown element ${element.name}`];
  const known = rule.attributes.map((name) => name.replace("!", ""));
  const { attributes, children } = element;
  return [
    ...Object.keys(attributes)
      .filter((name) => !known.includes(name))
      .map((name) => `${element.name} has ${name}`),
    ...rule.attributes
      .filter((name) => name.endsWith("!") && !(name.slice(0, -1) in attributes))
      .map((name) => `${element.name} lacks ${name}`),
    ...children
      .filter(({ name }) => !rule.children.includes(name))
      .map(({ name }) => `${element.name} holds ${name}`),
    ...(MIXED.includes(element.name) || element.text.trim() === "" ? [] : ["stray text"]),
    ...("time" in attributes && !TIME.test(attributes["time"] ?? "") ? ["no time"] : []),
    ...("timestamp" in attributes && !TIMESTAMP.test(attributes["timestamp"] ?? "")
      ? ["no timestamp"]
      : []),
    ...(element.name === "testcase" && children.length > 1 ? ["two outcomes"] : []),
    ...children.flatMap(shapeOf),
  ];
}

/** Counts and times of a suite, or of all suites, against their cases. */
function sumsOf(element: Element): string[] {
  const cases = allCases(element);
  const outcomes = (name: string): number =>
    cases.filter(({ children }) => children.some((child) => child.name === name)).length;
  const sums: Record<string, number> = {
    tests: cases.length,
    failures: outcomes("failure"),
    errors: outcomes("error"),
    skipped: outcomes("skipped"),
  };
  const ms = (one: Element): number => Math.round(Number(one.attributes["time"]) * 1_000);
  const total = cases.reduce((sum, one) => sum + ms(one), 0);
  return [
    ...Object.entries(sums)
      .filter(([name]) => name in element.attributes)
      .filter(([name, sum]) => Number(element.attributes[name]) !== sum)
      .map(([name, sum]) => `${element.name} says ${element.attributes[name]} ${name}: ${sum}`),
    ...(ms(element) === total
      ? []
      : [`${element.name} took ${ms(element)} ms, its cases ${total}`]),
  ];
}

function allCases(element: Element): Element[] {
  return element.name === "testcase" ? [element] : element.children.flatMap(allCases);
}
