/**
 * Option values: what is accepted, and that a refusal names the option, the rule and the value.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readers } from "../src/options/values.ts";
import { didYouMean, nearest } from "../src/options/suggest.ts";

const read = readers("run");

describe("integers", () => {
  const seed = read.integer("--seed", 0, Number.MAX_SAFE_INTEGER);

  test("every integer in range, in plain digits, is read exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
        expect(seed(String(value))).toBe(value);
      }),
    );
  });

  test.each([
    "",
    " ",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    " 7",
    "7 ",
    "NaN",
    "Infinity",
    "9007199254740992",
    "99999999999999999999",
    "7n",
    "１",
  ])("%j is refused with the rule and the value", (text) => {
    expect(() => seed(text)).toThrow(
      `Cannot run as "--seed" must be an integer from 0 to 9007199254740991: got "${text}"`,
    );
  });

  test("both ends of a range are inside, their neighbours are not", () => {
    const attempts = read.integer("--attempts", 1, 100);
    expect([attempts("1"), attempts("100")]).toEqual([1, 100]);
    expect(() => attempts("0")).toThrow("from 1 to 100");
    expect(() => attempts("101")).toThrow("from 1 to 100");
  });
});

describe("words", () => {
  const mode = read.choice("--mode", ["real", "simulated"]);

  test("a word of the list is itself", () => {
    expect(mode("real")).toBe("real");
  });

  test("a word that is nearly right is refused with the right one", () => {
    expect(() => mode("simulate")).toThrow(
      'Cannot run as "--mode" must be one of real, simulated: got "simulate" (did you mean "simulated"?)',
    );
  });

  test("a word that is far off gets no guess", () => {
    expect(() => mode("xyz")).toThrow(/got "xyz"$/);
  });

  test("names every object has are not choices", () => {
    expect(() => mode("constructor")).toThrow("must be one of");
    expect(() => mode("__proto__")).toThrow("must be one of");
  });
});

describe("ports and hosts", () => {
  test("a port is 0 to 65535, or off", () => {
    const port = read.portOrOff("--tcp");
    expect([port("0"), port("65535"), port("off")]).toEqual([0, 65_535, "off"]);
    expect(() => port("65536")).toThrow('or "off": got "65536"');
    expect(() => port("http")).toThrow('got "http"');
  });

  test.each(["localhost", "127.0.0.1", "::1", "fe80::1%eth0", "my-host.example"])(
    "%s is a host",
    (text) => {
      expect(read.host("--host")(text)).toBe(text);
    },
  );

  test.each(["", " ", "a b", "http://x", "x/y", "a\nb", "x".repeat(254)])(
    "%j is not a host",
    (text) => {
      expect(() => read.host("--host")(text)).toThrow("must be a host name or an IP address");
    },
  );

  test("a path is anything but nothing", () => {
    expect(read.path("--junit")("out.xml")).toBe("out.xml");
    expect(() => read.path("--junit")("")).toThrow("must be the path of a file");
    expect(() => read.path("--junit")("a\0b")).toThrow(String.raw`got "a\x00b"`);
  });

  test("no file named - is made by who meant standard output", () => {
    const output = read.output("--capture");
    for (const text of ["x.pcapng", "./-", "-.pcapng"]) expect(output(text)).toBe(text);
    for (const text of ["-", "", "a\0b"]) {
      expect(() => output(text)).toThrow("must be the path of a file, not of standard output");
    }
  });
});

describe("suggestions", () => {
  test("the nearest word wins, and nothing is better than a far one", () => {
    const words = ["corruption", "loss", "burst-loss", "delay"];
    expect(nearest("corupt", words)).toBe("corruption");
    expect(nearest("CORRUPTION", words)).toBe("corruption");
    expect(nearest("xyz", words)).toBeUndefined();
    expect(nearest("los", words)).toBe("loss");
    expect(nearest("dealy", words)).toBe("delay");
    expect(nearest("", words)).toBeUndefined();
    expect(nearest("x".repeat(10_000), words)).toBeUndefined();
    expect(didYouMean("dealy", words)).toBe(' (did you mean "delay"?)');
  });

  test("a refusal never prints what would move the cursor, nor without end", () => {
    expect(() => read.host("--host")("\u001b[2J")).toThrow(String.raw`got "\x1b[2J"`);
    const long = (): unknown => read.integer("--seed", 0, 9)("9".repeat(1_000_000));
    expect(long).toThrow("(1000000 characters)");
    try {
      long();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(300);
    }
  });
});
