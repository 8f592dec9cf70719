/**
 * What comes in: files with limits, lines as they come, Ctrl-C once and twice.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { LineFile, prepareFile, readTextFile } from "../src/input/file.ts";
import { readLines } from "../src/input/lines.ts";
import { listenForStop, untilAborted } from "../src/input/stop.ts";
import { fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* chunksOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function linesOf(parts: readonly Uint8Array[], lineBytesMax?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(chunksOf(parts), "standard input", lineBytesMax))
    lines.push(line);
  return lines;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("files", () => {
  const file = (text: string | Uint8Array): string => {
    const path = join(folder, "in");
    writeFileSync(path, text);
    return path;
  };

  test("a file up to the limit is read, one byte more is refused", () => {
    expect(readTextFile(file("abcd"), 4)).toBe("abcd");
    expect(() => readTextFile(file("abcde"), 4)).toThrow("it is larger than 4 bytes");
  });

  test("a byte order mark is not part of the text", () => {
    expect(readTextFile(file("\ufeffab"), 10)).toBe("ab");
  });

  test("every failure names the file and the reason", () => {
    expect(() => readTextFile(join(folder, "none"), 9)).toThrow(
      /^Cannot read ".*none": no such file or folder$/,
    );
    expect(() => readTextFile(folder, 9)).toThrow("it is a folder");
    expect(() => readTextFile(file(new Uint8Array([0xff, 0xfe])), 9)).toThrow(
      "it is not UTF-8 text",
    );
    expect(() => prepareFile(join(folder, "no", "x.xml"))).toThrow(
      /^Cannot write ".*": no such file or folder$/,
    );
    expect(() => new LineFile(folder)).toThrow("it is a folder");
  });

  test("lines are written whole and in order, whatever the block size", () => {
    const path = join(folder, "lines");
    const out = new LineFile(path);
    const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at} ü`);
    for (const line of lines) out.add(line);
    out.close();
    expect(readFileSync(path, "utf8")).toBe(`${lines.join("\n")}\n`);
  });

  test.skipIf(process.platform !== "linux")(
    "a full disk is reported at the end, and stops nothing before",
    () => {
      const out = new LineFile("/dev/full");
      out.add("x".repeat(100_000));
      out.add("y");
      expect(() => out.close()).toThrow('Cannot write "/dev/full": the disk is full');
    },
  );
});

describe("lines", () => {
  test("any cut of the same bytes gives the same lines", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "")),
          { maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 7 }),
        async (lines, size) => {
          const whole = bytes(lines.map((line) => `${line}\n`).join(""));
          const parts: Uint8Array[] = [];
          for (let at = 0; at < whole.length; at += size) parts.push(whole.subarray(at, at + size));
          expect(await linesOf(parts)).toEqual(lines);
        },
      ),
    );
  });

  test("a last line needs no newline, CRLF is one end, blank lines count", async () => {
    expect(await linesOf([bytes("a\r\n\nb")])).toEqual(["a", "", "b"]);
    expect(await linesOf([])).toEqual([]);
  });

  test("a line at the limit passes, one byte more is refused with its number", async () => {
    expect(await linesOf([bytes("abcd\nab")], 4)).toEqual(["abcd", "ab"]);
    await expect(linesOf([bytes("ab\nabcde\n")], 4)).rejects.toThrow(
      "line 2 of standard input: it is longer than 4 bytes",
    );
    await expect(linesOf([bytes("abc"), bytes("de")], 4)).rejects.toThrow("longer than 4 bytes");
  });

  test("bytes that are not text are refused, not sent as something else", async () => {
    await expect(linesOf([new Uint8Array([0x61, 0xff, 0x0a])])).rejects.toThrow(
      "line 1 of standard input: it is not UTF-8 text",
    );
  });
});

describe("Ctrl-C", () => {
  test("the first asks to stop, the second leaves at once", () => {
    const system = fakeSystem();
    let told = 0;
    const stop = listenForStop(system, () => (told += 1));
    system.press();
    expect([stop.signal.aborted, told, system.exits]).toEqual([true, 1, []]);
    system.advance(1_000);
    system.press();
    expect([told, system.exits]).toEqual([1, [130]]);
  });

  test("one key press that arrives twice counts once", () => {
    const system = fakeSystem();
    listenForStop(system);
    system.press();
    system.advance(20);
    system.press();
    expect(system.exits).toEqual([]);
  });

  test("what is waited for is left, what had come is kept", async () => {
    const controller = new AbortController();
    async function* source(): AsyncGenerator<string> {
      yield "first";
      await new Promise(() => undefined);
    }
    const items: string[] = [];
    for await (const item of untilAborted(source(), controller.signal)) {
      items.push(item);
      controller.abort();
    }
    expect(items).toEqual(["first"]);
  });

  test("after the work the signal belongs to the process again", () => {
    const system = fakeSystem();
    const stop = listenForStop(system);
    stop.dispose();
    system.press();
    expect(stop.signal.aborted).toBe(false);
  });
});
