/**
 * The house rules as a test: sizes, arrows, where time and chance may enter, documented exports.
 *
 * It reads the source as text, so a rule is a few lines and its message names the file.
 * Types, unused code and formatting belong to other tools (see check.ts).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LINES_MAX = 300;
const TEST_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 60;

/** Who may import whom: everything not listed is refused. */
const ARROWS: Record<string, readonly string[]> = {
  protocol: [],
  faults: ["protocol"],
  capture: ["protocol"],
  certificates: [],
  tls: ["protocol"],
  server: ["protocol", "faults", "capture", "tls"],
  client: ["protocol", "tls"],
  testkit: ["protocol"],
  // the part of the test kit that knows client and server, whose own tests use the other part
  planted: ["protocol", "client", "server"],
  simulation: ["protocol", "faults"],
  experiment: ["protocol", "faults", "capture", "certificates", "server", "client", "simulation"],
  api: ["protocol", "faults", "experiment"],
  // api/log is the side door of what serves no HTTP
  cli: [
    "protocol",
    "faults",
    "capture",
    "server",
    "client",
    "certificates",
    "experiment",
    "api",
    "api/log",
  ],
  examples: ["protocol", "faults", "server", "client", "simulation", "testkit/naive"],
};

/** The composition roots and shells that may read a clock or draw a number. */
const TIME_AND_CHANCE = [
  "packages/certificates/src/serial.ts",
  "packages/client/src/clock.ts",
  "packages/client/src/ids.ts",
  "packages/server/src/chance.ts",
  "packages/server/src/clock.ts",
  "packages/experiment/src/run/world.ts",
  // These name them in order to forbid them.
  "packages/experiment/src/seal/forbidden.ts",
  "packages/experiment/src/seal/guard.ts",
  "apps/api/src/main.ts",
  "apps/api/src/system.ts",
  "apps/cli/src/main.ts",
  "apps/cli/src/system.ts",
];

const TIME_AND_CHANCE_PATTERN =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.(now|timeOrigin)\b|\bMath\.random\b|\bcrypto\.random|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b|\bset(Timeout|Interval|Immediate)\(|\bAbortSignal\.timeout\b|\bhrtime\b/;

/** Where results are made: nothing here may depend on the engine, the place or the moment. */
const RESULTS = [
  "protocol",
  "faults",
  "capture",
  "simulation",
  "client",
  "server",
  "experiment",
].map((name) => `packages/${name}/src/`);

/** What engines, places and moments differ in, as far as text can tell; the rest is in docs/determinism.md. */
const LEAKS: Readonly<Record<string, RegExp>> = {
  "mathematics that engines round differently":
    /\bMath\.(?!(?:abs|ceil|clz32|floor|fround|imul|max|min|random|round|sign|sqrt|trunc)\b)[a-z]/,
  "a power of anything but 2": /(?<!\b2) \*\*=? /,
  "words of a place": /\.toLocale\w*\(|\.localeCompare\(|\bIntl\b/,
  "dates read from text or by time zone":
    /\bDate\.parse\(|\bnew Date\(|\.get(?:Date|Day|FullYear|Hours|Minutes|Month|TimezoneOffset)\(/,
  "the collector's moment": /\bWeakRef\b|\bFinalizationRegistry\b/,
  "keys in an order nobody wrote": /\bfor \((?:const|let|var) \w+ in /,
  "the process around it": /\bprocess\.(?:argv|cwd|env|pid|ppid|title)\b|from "node:os"/,
};

/** Files that may, and why. */
const LEAKS_ALLOWED: Readonly<Record<string, string>> = {
  "packages/experiment/src/capture/spill.ts": "a file that only its own run reads back",
  "packages/experiment/src/run/world.ts": "the envelope, which is never hashed",
  "packages/experiment/src/seal/guard.ts": "the guard of Date",
  "packages/experiment/src/series/series.ts": "the number of threads, which changes no byte",
};

const PURE = ["protocol", "faults", "capture", "simulation"].map((name) => `packages/${name}/src`);

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

function walk(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(".ts") && !name.includes("node_modules") && !name.includes("dist/"),
    )
    .map((name) => join(folder, name))
    .toSorted();
}

function load(paths: readonly string[]): Source[] {
  return paths.map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, lines: text.split("\n") };
  });
}

const rooms = Object.keys(ARROWS).map((name) => {
  if (name === "examples") return name;
  return ["api", "cli"].includes(name) ? `apps/${name}` : `packages/${name}`;
});
const sources = load(rooms.flatMap((room) => walk(`${room}/src`)));
const tests = load(rooms.flatMap((room) => walk(`${room}/test`)));

/** The code of a file without comments, line numbers kept. */
function codeLines(source: Source): string[] {
  const blank = (comment: string): string => comment.replace(/[^\n]/g, "");
  return source.text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|[^:"'`\\])\/\/[^\n]*/g, (_, before: string) => before)
    .split("\n");
}

/** Top-level functions and class methods, told by indentation: the formatter keeps it exact. */
function longFunctions(source: Source): string[] {
  const found: string[] = [];
  const head =
    /^( {0,4})(?:export )?(?:default )?(?:static |private |override )*(?:async )?(?:function\*? ?[\w$]*|(?:get |set |\*)?[#\w$]+)\s*(?:<[^(]*>)?\(.*\{$|^( {0,4})(?:export )?const [\w$]+ = .*=> \{$/;
  source.lines.forEach((line, index) => {
    const match = head.exec(line);
    if (match === null || /^\s*(if|for|while|switch|return|catch)\b/.test(line)) return;
    const indent = match[1] ?? match[2] ?? "";
    const end = source.lines.findIndex((later, at) => at > index && later.startsWith(`${indent}}`));
    if (end - index + 1 > FUNCTION_LINES_MAX)
      found.push(`${source.path}:${index + 1} has ${end - index + 1} lines`);
  });
  return found;
}

function undocumented(source: Source): string[] {
  const pattern =
    /^export (?:abstract |async )?(?:const|function\*?|class|interface|type) ([\w$]+)/;
  const companions = new Set<string>();
  return source.lines.flatMap((line, index) => {
    const name = pattern.exec(line)?.[1];
    if (name === undefined) return [];
    const documented = (source.lines[index - 1] ?? "").trimEnd().endsWith("*/");
    if (documented) companions.add(name);
    return documented || companions.has(name) ? [] : [`${source.path}:${index + 1} ${name}`];
  });
}

describe("sizes", () => {
  test(`a source file has at most ${LINES_MAX} lines`, () => {
    const long = sources.filter((source) => source.lines.length > LINES_MAX + 1);
    expect(long.map((source) => `${source.path}: ${source.lines.length - 1}`)).toEqual([]);
  });

  test(`a test file has at most ${TEST_LINES_MAX} lines`, () => {
    const long = tests.filter((source) => source.lines.length > TEST_LINES_MAX + 1);
    expect(long.map((source) => `${source.path}: ${source.lines.length - 1}`)).toEqual([]);
  });

  test(`a function has at most ${FUNCTION_LINES_MAX} lines`, () => {
    expect(sources.flatMap(longFunctions)).toEqual([]);
  });
});

describe("arrows", () => {
  test("a package imports only those below it, by the door", () => {
    const wrong = sources.flatMap((source) => {
      const [top = "", below = ""] = source.path.split("/");
      const room = top === "examples" ? top : below;
      return [...source.text.matchAll(/from "@faultline\/([^"]+)"/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !(ARROWS[room] ?? []).includes(target))
        .map((target) => `${source.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test("the pure packages know no runtime", () => {
    const wrong = sources.filter(
      (source) =>
        PURE.some((folder) => source.path.startsWith(folder)) &&
        /from "node:|\bDeno\b|\bBuffer\b/.test(codeLines(source).join("\n")),
    );
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  test("no file asks which runtime it is in", () => {
    const wrong = sources.filter((source) =>
      /\bglobalThis\.Deno\b|"Deno" in |typeof Deno\b/.test(source.text),
    );
    expect(wrong.map((source) => source.path)).toEqual([]);
  });
});

describe("time and chance", () => {
  test("enter only through the composition roots", () => {
    const wrong = sources
      .filter((source) => !TIME_AND_CHANCE.includes(source.path))
      .flatMap((source) =>
        codeLines(source).flatMap((line, index) =>
          TIME_AND_CHANCE_PATTERN.test(line) ? [`${source.path}:${index + 1} ${line.trim()}`] : [],
        ),
      );
    expect(wrong).toEqual([]);
  });

  test("every file that may use them exists", () => {
    expect(TIME_AND_CHANCE.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("what differs between engines, places and moments", () => {
  const suspects = sources.filter(
    ({ path }) =>
      RESULTS.some((folder) => path.startsWith(folder)) && LEAKS_ALLOWED[path] === undefined,
  );

  test.each(Object.entries(LEAKS))("%s: not where results are made", (_, pattern) => {
    const wrong = suspects.flatMap((source) =>
      codeLines(source).flatMap((line, index) =>
        pattern.test(line) ? [`${source.path}:${index + 1} ${line.trim()}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });

  test("every pattern finds what it is for", () => {
    const planted = [
      "Math.log(x)",
      "10 ** digits",
      "name.localeCompare(other)",
      'new Date("1 May")',
      "new WeakRef(link)",
      "for (const key in counts) {",
      "process.env.SEED",
    ];
    expect(Object.values(LEAKS).map((pattern, at) => pattern.test(planted[at] ?? ""))).toEqual(
      planted.map(() => true),
    );
    expect(LEAKS["a power of anything but 2"]?.test("2 ** 32")).toBe(false);
  });

  test("every file that may has something to allow", () => {
    const idle = Object.keys(LEAKS_ALLOWED).filter((path) => {
      const source = sources.find((one) => one.path === path);
      const lines = source === undefined ? [] : codeLines(source);
      return !lines.some((line) => Object.values(LEAKS).some((pattern) => pattern.test(line)));
    });
    expect(idle).toEqual([]);
  });
});

describe("words", () => {
  test("every source file opens by saying what it is for", () => {
    const silent = sources.filter((source) => !/^(#![^\n]*\n)?\/\*\*/.test(source.text));
    expect(silent.map((source) => source.path)).toEqual([]);
  });

  test("every export is documented", () => {
    expect(sources.flatMap(undocumented)).toEqual([]);
  });

  test("a door is a list of names", () => {
    const doors = sources.filter((source) => source.path.endsWith("src/index.ts"));
    expect(doors.filter((door) => /export \*/.test(door.text)).map((door) => door.path)).toEqual(
      [],
    );
  });

  test("every fault is one word: file, catalogue, docs", () => {
    const words = [
      "delay",
      "loss",
      "corrupt",
      "duplicate",
      "reorder",
      "burst-loss",
      "bandwidth",
      "slice",
      "reset",
      "blackhole",
      "slow-close",
      "partition",
    ];
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    expect(
      words.filter(
        (word) =>
          !sources.some(
            (source) =>
              source.path.endsWith(`faults/src/${word}.ts`) ||
              source.path.endsWith(`faults/src/fault/${word}.ts`),
          ),
      ),
    ).toEqual([]);
    expect(words.filter((word) => !readme.includes(`\`${word}\``))).toEqual([]);
  });

  test("every file that the docs name exists", () => {
    const named = ["docs/determinism.md", "docs/security.md"].flatMap((doc) => {
      const text = readFileSync(join(ROOT, doc), "utf8");
      return [...text.matchAll(/`((?:packages|apps|scripts|docs)\/[\w./-]+\.\w+)`/g)];
    });
    expect(named.length).toBeGreaterThan(10);
    const missing = named
      .map((match) => match[1] ?? "")
      .filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });

  test("no test is left out or alone", () => {
    const wrong = tests.filter((source) => /\b(test|it|describe)\.(only|todo)\b/.test(source.text));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });
});
