/**
 * The tripwire: what is forbidden in a simulated run throws, with the name of the code that used it,
 * while events happen; at any other moment nothing is disturbed.
 */
import childProcess, { spawn } from "node:child_process";
import crypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs, { readFile } from "node:fs";
import http from "node:http";
import net, { connect } from "node:net";
import process from "node:process";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import threads from "node:worker_threads";
import zlib from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { RunError } from "../src/index.ts";
import { outside, removeGuards, sealed, unguarded } from "../src/seal/seal.ts";

afterEach(() => removeGuards());

const isDeno = process.versions["deno"] !== undefined;
const nothing = (): void => {};
/** Something of a global object that not every runtime has, or not in its types. */
const global = (...path: string[]): ((...args: unknown[]) => unknown) =>
  path.reduce<unknown>((at, name) => Reflect.get(at as object, name), globalThis) as never;
const NOWHERE = { port: 9, host: "127.0.0.1" };

/** Taken before any guard was on: what a module might have done when it was loaded. */
const captured = { now: Date.now, setTimeout, readFile: fs.readFile };

/** How each forbidden thing is used, by the name the error must give it. */
const USES: Record<string, () => unknown> = {
  "Date.now()": () => Date.now(),
  "new Date()": () => new Date(),
  "Date()": () => Date(),
  "performance.now()": () => performance.now(),
  "performance.timeOrigin": () => performance.timeOrigin,
  "process.hrtime()": () => process.hrtime(),
  "process.hrtime.bigint()": () => process.hrtime.bigint(),
  "process.uptime()": () => process.uptime(),
  "process.memoryUsage()": () => process.memoryUsage(),
  "Atomics.wait()": () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1),
  setTimeout: () => setTimeout(nothing),
  setInterval: () => setInterval(nothing),
  setImmediate: () => setImmediate(nothing),
  "timers.setTimeout()": () => timers.setTimeout(nothing),
  "timers/promises.setTimeout()": () => timersPromises.setTimeout(0),
  "AbortSignal.timeout()": () => AbortSignal.timeout(1),
  "queueMicrotask()": () => queueMicrotask(nothing),
  "process.nextTick()": () => process.nextTick(nothing),
  "Math.random()": () => Math.random(),
  "crypto.getRandomValues()": () => globalThis.crypto.getRandomValues(new Uint8Array(1)),
  "crypto.randomUUID()": () => globalThis.crypto.randomUUID(),
  "crypto.randomBytes()": () => crypto.randomBytes(4),
  "crypto.randomInt()": () => crypto.randomInt(4),
  "crypto.subtle.digest()": () => globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(1)),
  "crypto.pbkdf2()": () => crypto.pbkdf2("a", "b", 1, 16, "sha256", nothing),
  "crypto.scrypt()": () => crypto.scrypt("a", "b", 16, nothing),
  "fetch()": () => fetch("http://127.0.0.1:9/"),
  WebSocket: () => new WebSocket("ws://127.0.0.1:9/"),
  "net.connect()": () => net.connect(NOWHERE),
  "net.createConnection()": () => net.createConnection(NOWHERE),
  "net.Socket.connect()": () => new net.Socket().connect(NOWHERE),
  "net.Server.listen()": () => net.createServer().listen(0),
  "dgram.createSocket()": () => dgram.createSocket("udp4"),
  "dns.lookup()": () => dns.lookup("localhost", nothing),
  "dns.promises.lookup()": () => dns.promises.lookup("localhost"),
  "fs.readFile()": () => fs.readFile("/nowhere", nothing),
  "fs.readFileSync()": () => fs.readFileSync("/nowhere"),
  "fs.promises.readFile()": () => fs.promises.readFile("/nowhere"),
  "child_process.spawn()": () => childProcess.spawn("true"),
  "child_process.execFileSync()": () => childProcess.execFileSync("true"),
  "new worker_threads.Worker()": () => new threads.Worker("0", { eval: true }),
  MessageChannel: () => new MessageChannel(),
  "Temporal.Now.instant()": () => global("Temporal", "Now", "instant")(),
  ...(isDeno
    ? { "Deno.readTextFileSync()": () => global("Deno", "readTextFileSync")("/nowhere") }
    : {}),
  ...(isDeno ? {} : { "zlib.gzip()": () => zlib.gzip("a", nothing) }),
};

function culprit(use: () => unknown): unknown {
  return use();
}

function caught(run: () => unknown): RunError {
  try {
    run();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("nothing was caught");
}

describe("while events happen", () => {
  test.each(Object.keys(USES))("%s throws, and the error names its caller", (name) => {
    const error = caught(() => sealed(() => culprit(USES[name] as () => unknown)));
    expect(error.code).toBe("unsealed");
    expect(error.message).toContain(name);
    expect(error.message).toMatch(/^Cannot use .* in a simulated run: it lets in /);
    // the arrow in the table stands in this file, and nothing of the guards comes before it
    expect(error.message).toMatch(/Used by [^:]*.*seal\.test\.ts/);
  });

  test("a named function is named", () => {
    function responder(): number {
      return Date.now();
    }
    expect(caught(() => sealed(responder)).message).toMatch(/Used by .*responder \(.*seal\.test/);
  });

  test("a request through the runtime's own code is laid to who asked for it", () => {
    const { message } = caught(() =>
      sealed(() => http.get("http://127.0.0.1:9/").on("error", nothing)),
    );
    // Deno's own code looks at the time before it dials.
    expect(message).toMatch(/it lets in (the network|real time)\. Used by .*seal\.test\.ts/);
  });

  test("names imported from a module are guarded as its members are, sockets and children in every runtime", () => {
    expect(caught(() => sealed(() => connect(NOWHERE))).message).toContain("seal.test.ts");
    expect(caught(() => sealed(() => spawn("true"))).message).toContain("seal.test.ts");
    if (isDeno) return;
    expect(caught(() => sealed(() => readFile("/nowhere", nothing))).message).toContain(
      "fs.readFile",
    );
  });

  test("an error that is caught on its way comes out at the end of the slice", () => {
    const error = caught(() =>
      sealed(() => {
        try {
          Date.now();
        } catch {
          return "went on";
        }
        return "unseen";
      }),
    );
    expect(error.message).toContain("Date.now()");
  });

  test("the tripwire is the reason, whatever the slice failed of afterwards", () => {
    const broken = (): void => {
      try {
        Math.random();
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw new Error("something else");
      }
    };
    expect(caught(() => sealed(broken)).message).toContain("Math.random()");
  });

  test("what follows from its arguments alone goes on working", () => {
    const got = sealed(() => [
      new Date(0).toISOString(),
      Date.UTC(2000, 0),
      Date.parse("2000-01-01T00:00:00Z"),
      new Date(1) instanceof Date,
      new Date(1).constructor === Date,
      Math.imul(3, 5),
      crypto.createHash("sha256").update("a").digest("hex").length,
      zlib.gunzipSync(zlib.gzipSync("a")).length,
    ]);
    const time = 946_684_800_000;
    expect(got).toEqual(["1970-01-01T00:00:00.000Z", time, time, true, true, 15, 64, 1]);
  });

  test("a person may still write to the console", () => {
    const show = (): void => console.debug("written in the middle of a slice, at %s", "no time");
    expect(() => sealed(show)).not.toThrow();
  });

  test("a timer is told by the runtime, even by a function that was taken before the guards were on", () => {
    const error = caught(() => sealed(() => clearTimeout(captured.setTimeout(nothing, 1))));
    expect(error.message).toMatch(/Timeout.*seal\.test\.ts/);
  });

  test("so is a file in Node; Deno does not tell", () => {
    const read = (): unknown => sealed(() => captured.readFile("/nowhere", nothing));
    if (isDeno) expect(read).not.toThrow();
    else expect(caught(read).message).toMatch(/FSREQCALLBACK.*seal\.test\.ts/);
  });

  test("a time that was taken hold of before is the one thing that goes unseen", () => {
    expect(sealed(() => captured.now())).toBeGreaterThan(0);
  });
});

describe("at any other moment", () => {
  test("everything works as it did, before, between and after slices", () => {
    const works = (): void => {
      expect(Date.now()).toBeGreaterThan(0);
      expect(new Date().getTime()).toBeGreaterThan(0);
      expect(performance.now()).toBeGreaterThan(0);
      expect(Math.random()).toBeLessThan(1);
      expect(crypto.randomBytes(4)).toHaveLength(4);
      expect(fs.existsSync(process.execPath)).toBe(true);
      clearTimeout(setTimeout(nothing, 1));
    };
    works();
    for (let slice = 0; slice < 3; slice += 1) {
      sealed(nothing);
      works();
    }
    expect(() => sealed(() => outside(works))).not.toThrow();
  });

  test("timers and promises that were there before a slice are heard after it", async () => {
    const heard: string[] = [];
    const timer = new Promise<void>((resolve) => {
      setTimeout(() => {
        heard.push("timer");
        resolve();
      });
    });
    const reaction = sealed(() => Promise.resolve().then(() => heard.push("reaction")));
    await Promise.all([timer, reaction]);
    expect(heard.toSorted()).toEqual(["reaction", "timer"]);
  });

  test("a callback of the caller in the middle of a slice is free, and what follows is not", () => {
    const use = (): number => outside(() => Date.now()) + Date.now();
    expect(caught(() => sealed(use)).message).toContain("Date.now()");
  });

  test("a run that is begun in a callback leaves the slice around it as sealed as it was", () => {
    const begun = (): void => outside(() => sealed(nothing));
    const late = (): void => {
      begun();
      clearTimeout(captured.setTimeout(nothing, 1));
    };
    const early = (): number => {
      begun();
      return Date.now();
    };
    expect(caught(() => sealed(late)).message).toContain("Timeout");
    expect(caught(() => sealed(early)).message).toContain("Date.now()");
  });

  test("guards that are taken away leave everything as it was", () => {
    const was = [Date, Date.now, setTimeout, Math.random, net.connect, fs.readFile];
    sealed(nothing);
    expect(Date.now === was[1]).toBe(false);
    removeGuards();
    expect([Date, Date.now, setTimeout, Math.random, net.connect, fs.readFile]).toEqual(was);
    expect(new Date(0).constructor).toBe(was[0]);
  });
});

test("a slice in a slice is one slice, and an offence is told once", () => {
  expect(caught(() => sealed(() => sealed(() => Date.now()))).code).toBe("unsealed");
  expect(sealed(() => 1)).toBe(1);
});

test("what a runtime does not let anybody guard is known by name", () => {
  const known = isDeno ? /^zlib\./ : /^crypto\.getRandomValues$/;
  expect(unguarded().filter((name) => !known.test(name))).toEqual([]);
});

test("where one name cannot be guarded, the one below it is", () => {
  const use = (): unknown => crypto.getRandomValues(new Uint8Array(1));
  expect(caught(() => sealed(use)).message).toContain("crypto.getRandomValues()");
});
