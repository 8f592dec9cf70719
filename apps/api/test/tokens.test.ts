/** Tokens: made once, kept as digests, compared alike, in a file that only its owner reads. */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileTokens } from "../src/guard/token-book.ts";
import { readTokens, TOKENS_MAX, tokenFileOf } from "../src/guard/token-file.ts";
import { checkToken, makeToken } from "../src/guard/token.ts";
import { createToken, listTokens, revokeToken, TOKEN_DAYS_MAX } from "../src/guard/tokens.ts";
import { makeTempFolder } from "./support/temp-folder.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const clock = { nowMs: () => NOW_MS };
const random = (count: number): Uint8Array => new Uint8Array(count).fill(7);

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

describe("a token", () => {
  test("is a prefix, a public id and 256 bits that nobody else has", () => {
    const data = makeTempFolder();
    const texts = Array.from({ length: 20 }, () => createToken({ data }).text);
    for (const text of texts) expect(text).toMatch(/^flt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(new Set(texts).size).toBe(20);
  });

  test("is kept as the SHA-256 of its text, which is nowhere in the file", () => {
    const data = makeTempFolder();
    const { text, record } = createToken({ data, name: "ci", scopes: ["run"], random, clock });
    expect(text).toBe(`flt_${"07".repeat(8)}_${Buffer.alloc(32, 7).toString("base64url")}`);
    expect(record.sha256).toBe("508622948128cc07c623121c9f321a1ce39f5d334e234d8acd2ecbabba5372c9");
    const kept = readFileSync(tokenFileOf(data), "utf8");
    expect(kept).toContain(record.sha256);
    expect(kept).not.toContain(text.slice(21));
    expect(Object.keys(listTokens(data)[0] ?? {})).not.toContain("sha256");
  });

  test("costs the same work whether its id is known or not: one digest, one comparison", () => {
    const known = makeToken({ name: "a", scopes: ["read"], nowMs: NOW_MS }, random);
    const records = new Map([[known.record.id, known.record]]);
    const unknown = known.text.replace("0707", "0808");
    const wrong = `${known.text.slice(0, -1)}${known.text.endsWith("A") ? "B" : "A"}`;
    const sizes: number[][] = [];
    const compare = (a: Uint8Array, b: Uint8Array): boolean => {
      sizes.push([a.length, b.length]);
      return Buffer.compare(a, b) === 0;
    };
    for (const text of [known.text, unknown, wrong, "", "x".repeat(100_000)]) {
      checkToken(text, records, NOW_MS, compare);
    }
    expect(sizes).toEqual(Array.from({ length: 5 }, () => [32, 32]));
    expect(checkToken(wrong, records, NOW_MS).kind).toBe("unknown");
    expect(checkToken(known.text, records, NOW_MS).kind).toBe("good");
  });

  test("ends with its last day, to the millisecond", () => {
    const { text, record } = makeToken({ name: "a", scopes: ["read"], nowMs: 0, days: 2 }, random);
    const records = new Map([[record.id, record]]);
    expect(checkToken(text, records, 2 * 86_400_000 - 1).kind).toBe("good");
    expect(checkToken(text, records, 2 * 86_400_000).kind).toBe("expired");
  });
});

describe("the file", () => {
  test("is for its owner only, also where it was made for all before", () => {
    const data = makeTempFolder();
    writeFileSync(`${tokenFileOf(data)}.new`, "", { mode: 0o666 });
    createToken({ data });
    expect(statSync(tokenFileOf(data)).mode & 0o777).toBe(0o600);
    expect(existsSync(`${tokenFileOf(data)}.lock`)).toBe(false);
  });

  test("loses a token when it is revoked, and a book over it knows at once", () => {
    const data = makeTempFolder();
    const book = fileTokens(tokenFileOf(data));
    expect(book.records().size).toBe(0);
    const first = createToken({ data });
    const second = createToken({ data, scopes: ["admin", "read"] });
    expect([...book.records().keys()]).toEqual([first.record.id, second.record.id]);
    expect(second.record.scopes).toEqual(["read", "admin"]);
    revokeToken(data, first.record.id);
    expect([...book.records().keys()]).toEqual([second.record.id]);
    expect(codeOf(() => revokeToken(data, first.record.id))).toBe("unknown");
  });

  test.each([
    ["no JSON", "x"],
    ["another shape", '{"tokens":{}}'],
    ["a later version", '{"version":2,"tokens":[]}'],
    ["a scope of its own", `{"version":1,"tokens":[{"scopes":["root"]}]}`],
    ["a key of the prototype", '{"version":1,"tokens":[],"__proto__":{"admin":true}}'],
  ])("that holds %s is refused whole, without a word of what it holds", (_, text) => {
    const data = makeTempFolder();
    writeFileSync(tokenFileOf(data), text);
    expect(codeOf(() => readTokens(tokenFileOf(data)))).toBe("not-tokens");
    expect(codeOf(() => createToken({ data }))).toBe("not-tokens");
    expect(readFileSync(tokenFileOf(data), "utf8")).toBe(text);
  });

  test("that is too large is not read", () => {
    const data = makeTempFolder();
    writeFileSync(tokenFileOf(data), " ".repeat(1_048_577));
    expect(codeOf(() => readTokens(tokenFileOf(data)))).toBe("unreadable");
  });

  test("is not changed by two at once", () => {
    const data = makeTempFolder();
    writeFileSync(`${tokenFileOf(data)}.lock`, "");
    expect(codeOf(() => createToken({ data }))).toBe("busy");
    expect(existsSync(tokenFileOf(data))).toBe(false);
  });

  test("takes so many tokens and no more", () => {
    const data = makeTempFolder();
    const { record } = makeToken({ name: "a", scopes: ["read"], nowMs: 0 }, random);
    const tokens = Array.from({ length: TOKENS_MAX - 1 }, () => record);
    writeFileSync(tokenFileOf(data), JSON.stringify({ version: 1, tokens }));
    createToken({ data });
    expect(codeOf(() => createToken({ data }))).toBe("too-many");
    expect(readTokens(tokenFileOf(data))).toHaveLength(TOKENS_MAX);
  });

  test("is made with its folder, and a place that cannot be written is one clear line", () => {
    const data = join(makeTempFolder(), "a", "b");
    createToken({ data });
    expect(listTokens(data)).toHaveLength(1);
    const file = tokenFileOf(data);
    expect(() => createToken({ data: file })).toThrow(/^Cannot write "[^\n]*": \w+$/);
  });
});

describe("a wish that cannot be", () => {
  const days = `"days" must be an integer from 1 to ${TOKEN_DAYS_MAX}`;
  test.each<[object, string]>([
    [{ days: 0 }, days],
    [{ days: TOKEN_DAYS_MAX + 1 }, days],
    [{ days: 1.5 }, days],
    [{ days: Number.NaN }, days],
    [{ name: "" }, '"name" must be'],
    [{ name: "a\nb" }, '"name" must be'],
    [{ name: "\u202eevil" }, '"name" must be'],
    [{ name: "x".repeat(65) }, '"name" must be'],
    [{ scopes: [] }, '"scopes" must be'],
    [{ scopes: ["root"] }, '"scopes" must be'],
  ])("%j is refused by name, and nothing is kept", (wish, message) => {
    const data = makeTempFolder();
    expect(() => createToken({ data, ...wish })).toThrow(message);
    expect(existsSync(tokenFileOf(data))).toBe(false);
  });
});
