/**
 * What is drawn: pictures, tables, progress, figures, and the safety of foreign text.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, duration, figure, percent } from "../src/output/numbers.ts";
import { bar, LatencyPicture, sparkline } from "../src/output/picture.ts";
import { clipped, printable, shown } from "../src/output/printable.ts";
import { Progress } from "../src/output/progress.ts";
import { columnsOf, styleFor } from "../src/output/style.ts";
import { drawTable } from "../src/output/table.ts";
import { fakeSystem } from "./fake-system.ts";

const plain = styleFor({ isTTY: false }, { LANG: "C.UTF-8" });

describe("pictures", () => {
  test("one column a count: empty for none, lowest for the least, full for the most", () => {
    expect(sparkline([0, 1, 4, 8], { unicode: true })).toBe(" ▁▄█");
    expect(sparkline([0, 1, 4, 8], { unicode: false })).toBe(" .=#");
    expect(sparkline([], { unicode: true })).toBe("");
    expect(sparkline([0, 0], { unicode: true })).toBe("  ");
  });

  test("a single late message among a million is still seen", () => {
    expect(sparkline([1_000_000, 0, 1], { unicode: true })).toBe("█ ▁");
  });

  test("the axis is the same for every picture: two columns a decade from 10 µs to 10 s", () => {
    const picture = new LatencyPicture();
    for (const us of [10, 100, 1_000, 10_000, 100_000, 1_000_000]) picture.add(us);
    expect(picture.draw({ unicode: true })).toBe("█ █ █ █ █ █ ");
  });

  test("what lies beyond the axis is drawn at its ends", () => {
    const picture = new LatencyPicture(4);
    picture.add(0);
    picture.add(3_600_000_000);
    expect(picture.draw({ unicode: true })).toBe("█  █");
  });

  test("a bar never leaves its frame", () => {
    expect(bar(0.5, 4, { unicode: true })).toBe("██░░");
    expect(bar(-1, 4, { unicode: false })).toBe("----");
    expect(bar(7, 4, { unicode: false })).toBe("####");
  });
});

describe("tables", () => {
  const columns = [
    { title: "name" },
    { title: "n", align: "right" as const },
    { title: "note", giveUp: 1 },
    { title: "extra", giveUp: 2 },
  ];
  const rows = [
    ["a", "1", "first", "x"],
    ["longer", "200", "second", "y"],
  ];

  test("columns line up, figures on the right", () => {
    expect(drawTable(columns, rows, { columnsMax: Infinity, style: plain })).toEqual([
      "name      n  note    extra",
      "──────────────────────────",
      "a         1  first   x",
      "longer  200  second  y",
    ]);
  });

  test("a narrow terminal loses the least important columns first, never the needed ones", () => {
    const at = (columnsMax: number): string =>
      drawTable(columns, rows, { columnsMax, style: plain })[0] ?? "";
    expect(at(25)).toBe("name      n  note");
    expect(at(18)).toBe("name      n");
    expect(at(3)).toBe("name      n");
  });

  test("colour takes no room", () => {
    const style = styleFor({ isTTY: true }, { TERM: "xterm" });
    const [, , first, second] = drawTable(
      [{ title: "x" }, { title: "y" }],
      [
        [style.good("ab"), "1"],
        ["abc", "2"],
      ],
      {
        columnsMax: 80,
        style,
      },
    );
    expect(first).toBe("\u001b[32mab\u001b[39m   1");
    expect(second).toBe("abc  2");
  });

  test("wide and combining characters are counted as the terminal draws them", () => {
    expect(["ab", "漢字", "e\u0301", "🙂", "\u001b[31mx\u001b[39m"].map(columnsOf)).toEqual([
      2, 4, 1, 2, 1,
    ]);
  });
});

describe("colour and shapes", () => {
  const color = (isTTY: boolean, env: Record<string, string>): boolean =>
    styleFor({ isTTY }, env).color;
  const unicode = (env: Record<string, string>): boolean => styleFor({ isTTY: true }, env).unicode;

  test("colour only where a person looks, and never against NO_COLOR", () => {
    expect(color(true, {})).toBe(true);
    expect(color(false, {})).toBe(false);
    expect(color(true, { NO_COLOR: "1" })).toBe(false);
    expect(color(true, { NO_COLOR: "" })).toBe(true);
    expect(color(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
    expect(color(true, { TERM: "dumb" })).toBe(false);
    expect(color(false, { FORCE_COLOR: "1" })).toBe(true);
    expect(color(true, { FORCE_COLOR: "0" })).toBe(false);
  });

  test("without colour no escape is written", () => {
    const style = styleFor({ isTTY: false }, {});
    expect([style.good("x"), style.bold("x"), style.dim("x")]).toEqual(["x", "x", "x"]);
  });

  test("only ASCII where the locale or the terminal knows no more", () => {
    expect(unicode({})).toBe(true);
    expect(unicode({ LANG: "de_DE.UTF-8" })).toBe(true);
    expect(unicode({ LANG: "C.utf8" })).toBe(true);
    expect(unicode({ LC_ALL: "C", LANG: "C.UTF-8" })).toBe(false);
    expect(unicode({ LANG: "en_US.ISO-8859-1" })).toBe(false);
    expect(unicode({ TERM: "linux" })).toBe(false);
    expect(unicode({ FAULTLINE_ASCII: "1", LANG: "C.UTF-8" })).toBe(false);
  });
});

describe("figures", () => {
  test("three digits that matter, a dash for what is not known", () => {
    expect([0, 0.2137, 3.14159, 99.96, 104.4, 12_345, 0.0000123].map(figure)).toEqual([
      "0",
      "0.214",
      "3.14",
      "100",
      "104",
      "12 345",
      "1.2e-5",
    ]);
    expect([null, undefined, Number.NaN, Infinity].map(figure)).toEqual(["–", "–", "–", "–"]);
  });

  test("counts, shares and times read well", () => {
    expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(["0", "999", "1 000", "1 234 567"]);
    expect([1, 0.98154, null].map(percent)).toEqual(["100 %", "98.15 %", "–"]);
    expect([0.4213, 640, 1_240, 125_000].map(duration)).toEqual([
      "0.42 ms",
      "640 ms",
      "1.2 s",
      "2 min 5 s",
    ]);
  });
});

describe("foreign text", () => {
  test("nothing that is printed can move the cursor, break the line or turn the writing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      }),
    );
    expect(printable("a\u001b[31m\n\u202eb")).toBe(String.raw`a\x1b[31m\n\u202eb`);
  });

  test("ordinary text is left alone, long text is cut with a note", () => {
    expect(printable('Grüße, 世界 🙂 <>|"')).toBe('Grüße, 世界 🙂 <>|"');
    expect(clipped("abcdef", 3)).toBe("abc… (6 characters)");
    expect(shown("x")).toBe('"x"');
  });
});

describe("progress", () => {
  test("a log gets lines and no drawing", () => {
    const system = fakeSystem();
    const progress = new Progress(system);
    progress.status(() => "half");
    progress.line("done");
    progress.clear();
    expect(system.stderr.text()).toBe("done\n");
    expect(system.stdout.text()).toBe("");
  });

  test("a terminal is redrawn at most ten times a second, and left clean", () => {
    const system = fakeSystem({ isTTY: true });
    const progress = new Progress(system);
    for (let ms = 0; ms < 1_000; ms += 10) {
      progress.status(() => `at ${ms}`);
      system.advance(10);
    }
    progress.clear();
    const drawn = system.stderr.text().split("\r\u001b[2K").slice(1);
    expect(drawn.length).toBe(11);
    expect(drawn.at(-1)).toBe("");
  });

  test("a status longer than the terminal is cut, since a wrapped line cannot be cleared", () => {
    const system = fakeSystem({ isTTY: true, columns: 10 });
    new Progress(system).status(() => "0123456789abcdef");
    expect(system.stderr.text()).toBe("\r\u001b[2K012345678");
  });
});
