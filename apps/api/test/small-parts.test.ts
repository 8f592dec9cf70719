/** The pure corners: ids, cursors, preferences, fingerprints, settings, limits, methods. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyFingerprint } from "../src/http/canonical.ts";
import { makeCursor, readCursor } from "../src/http/cursor.ts";
import { Gate } from "../src/http/gate.ts";
import { makeMethodTable } from "../src/http/methods.ts";
import { preferredWaitSeconds } from "../src/http/prefer.ts";
import { isRunId, makeRunIds } from "../src/ids.ts";
import { LIMIT_NAMES, limitEnvName, LIMITS, resolveLimits } from "../src/limits.ts";
import { readSettings } from "../src/settings.ts";
import { makeFakeClock } from "./support/fake-clock.ts";

describe("run ids", () => {
  test("are UUIDv7s that sort by age, also within a millisecond and when the clock goes back", () => {
    const clock = makeFakeClock(1_000_000);
    const next = makeRunIds(clock, (count) => new Uint8Array(count).fill(0xff));
    const ids = Array.from({ length: 5000 }, () => next());
    clock.advance(-500);
    ids.push(next());
    clock.advance(10_000);
    ids.push(next());
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isRunId)).toBe(true);
    expect(ids[0]).toBe("run_0000000f42407000bfffffffffffffff");
  });

  test("other texts are not run ids", () => {
    const wrong = ["", "run_", "run_0", `run_${"g".repeat(32)}`, `run_${"0".repeat(33)}`];
    expect(wrong.filter(isRunId)).toEqual([]);
  });
});

describe("cursors", () => {
  test("give back the id they were made of, and nothing else does", () => {
    const id = `run_${"0123456789abcdef".repeat(2)}`;
    expect(readCursor(makeCursor(id))).toBe(id);
    expect(readCursor(`${makeCursor(id)}=`)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => readCursor(text) === undefined));
  });
});

describe("Prefer", () => {
  test.each([
    ["wait=20", 20],
    ["WAIT = 20", 20],
    ['wait="20"', 20],
    ["respond-async, wait=20", 20],
    ["wait=20; foo=bar", 20],
    ["wait=1, wait=2", 1],
    ['handling="a, wait=9", wait=3', 3],
    ['x="a\\", wait=9", wait=4', 4],
    ["wait=0", 0],
  ])("%s is a wish to wait", (header, seconds) => {
    expect(preferredWaitSeconds(header)).toBe(seconds);
  });

  test.each([
    undefined,
    "",
    "wait",
    "wait=",
    "wait=-1",
    "wait=1.5",
    "wait=1e3",
    "waits=3",
    "wait=9999999999",
  ])("%s is none", (header) => {
    expect(preferredWaitSeconds(header)).toBeUndefined();
  });

  test("no header breaks it", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = preferredWaitSeconds(header);
        return seconds === undefined || Number.isSafeInteger(seconds);
      }),
    );
  });
});

describe("the fingerprint of a body", () => {
  test("does not mind the order of keys, and minds everything else", () => {
    const same = bodyFingerprint({ a: 1, b: { c: [1, 2], d: null } });
    expect(bodyFingerprint({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(same);
    expect(bodyFingerprint({ a: 1, b: { c: [2, 1], d: null } })).not.toBe(same);
    expect(bodyFingerprint({ a: "1", b: { c: [1, 2], d: null } })).not.toBe(same);
  });
});

describe("limits", () => {
  test.each(LIMIT_NAMES)("%s takes its smallest and largest value and nothing beyond", (name) => {
    const { min, max } = LIMITS[name];
    const known = resolveLimits();
    expect(known[name]).toBeGreaterThanOrEqual(min);
    expect(known[name]).toBeLessThanOrEqual(max);
    expect(resolveLimits({ [name]: min })[name]).toBe(min);
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN]) {
      expect(() => resolveLimits({ [name]: value })).toThrow(
        `Cannot start as "${name}" must be an integer from ${min} to ${max}: got ${value}`,
      );
    }
  });

  test("a page is never larger by default than at most", () => {
    expect(resolveLimits({ listLimitMax: 5 }).listLimitDefault).toBe(5);
  });
});

describe("settings", () => {
  test("nothing set is the contract's default", () => {
    expect(readSettings({})).toEqual({
      host: "127.0.0.1",
      port: 8080,
      data: ".faultline",
      graceMs: 10_000,
      limits: {},
      access: { required: false, hosts: [], origins: [] },
      logLevel: "info",
      logPayloads: false,
    });
  });

  test("names and origins are lists by commas, a switch is a word for on or off", () => {
    const { access } = readSettings({
      REQUIRE_TOKENS: "Yes",
      FAULTLINE_HOSTS: "Lab.Example, ,::1",
      FAULTLINE_ORIGINS: "https://lab.example,http://localhost:3000",
    });
    expect(access).toEqual({
      required: true,
      hosts: ["lab.example", "::1"],
      origins: ["https://lab.example", "http://localhost:3000"],
    });
    expect(readSettings({ REQUIRE_TOKENS: "0" }).access.required).toBe(false);
    expect(() => readSettings({ REQUIRE_TOKENS: "constructor" })).toThrow(RangeError);
    for (const wrong of ["a b", "lab:8080", "127.0.0.1:8080", "[::1]:80"]) {
      expect(() => readSettings({ FAULTLINE_HOSTS: wrong })).toThrow(
        '"FAULTLINE_HOSTS" must be host names without ports',
      );
    }
  });

  test("every limit has a variable of its own", () => {
    const names = LIMIT_NAMES.map(limitEnvName);
    expect(new Set(names).size).toBe(names.length);
    expect(limitEnvName("bodyBytesMax")).toBe("FAULTLINE_BODY_BYTES_MAX");
    expect(limitEnvName("runMemoryMiBMax")).toBe("FAULTLINE_RUN_MEMORY_MIB_MAX");
    for (const name of LIMIT_NAMES) {
      const { limits } = readSettings({ [limitEnvName(name)]: String(LIMITS[name].min) });
      expect(limits).toEqual({ [name]: LIMITS[name].min });
    }
  });

  test("the number of runs at once also has a short name", () => {
    expect(readSettings({ RUNS_AT_ONCE: "4" }).limits).toEqual({ runsAtOnceMax: 4 });
  });

  test("an empty variable is one that is not set", () => {
    expect(readSettings({ PORT: "", HOST: " " })).toEqual(readSettings({}));
  });

  test.each(["x", "-1", "65536", "80.5", "0x50", "1e3", " 8 0"])(
    "PORT=%s is refused by name",
    (port) => {
      expect(() => readSettings({ PORT: port })).toThrow(
        `Cannot start as "PORT" must be an integer from 0 to 65535: got ${port.trim()}`,
      );
    },
  );
});

describe("the method table", () => {
  const methodsOf = makeMethodTable([
    { method: "get", path: "/a/{id}" },
    { method: "delete", path: "/a/{id}" },
    { method: "post", path: "/b.json" },
  ]);
  test("knows the methods of a path, and that a path is not known", () => {
    expect(methodsOf("/a/1")).toEqual(["GET", "DELETE", "HEAD", "OPTIONS"]);
    expect(methodsOf("/b.json")).toEqual(["POST", "OPTIONS"]);
    expect(["/a", "/a/", "/a/1/2", "/bxjson"].map(methodsOf)).toEqual([[], [], [], []]);
  });
});

describe("a gate", () => {
  test("lets so many in, and one more for each that leaves, once", () => {
    const gate = new Gate(2);
    const leave = gate.enter();
    gate.enter();
    expect(gate.enter()).toBeUndefined();
    leave?.();
    leave?.();
    expect(gate.enter()).toBeDefined();
    expect(gate.enter()).toBeUndefined();
  });
});
