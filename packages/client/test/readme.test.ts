/**
 * The examples of the README, run as they stand there.
 *
 * The first one meets a real server. What the others take for granted (`dialer`, `clock`, `draw`,
 * `session`, …) is a world on a clock that the test moves, with the server that they speak of.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MemoryNetwork } from "@faultline/testkit";
import * as faultline from "../src/index.ts";
import { serveTcp } from "./support/sockets.ts";
import type { Request } from "./support/world.ts";
import { SESSION, World } from "./support/world.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => {
  const example = match[1] ?? "";
  return { example, name: /import \{ (\w+(?:, \w+)*)/.exec(example)?.[1] ?? "" };
});
const [quickstart, ...others] = examples;

type Run = (...given: unknown[]) => Promise<void>;
// oxlint-disable-next-line typescript/no-implied-eval -- a constructor without a name
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...text: string[]
) => Run;

/** What the comments beside its lines say that it prints. */
function saidBy(example: string): (string | undefined)[] {
  return [...example.matchAll(/console\.log\([\s\S]*?\);\s*\/\/ (.*)/g)].map((match) => match[1]);
}

/** Runs an example where these names are known; what it prints comes in `printed`. */
function start(
  example: string,
  scope: Record<string, unknown>,
): { printed: string[]; over: Promise<void> } {
  const body = example.replace(
    /import (\{[\s\S]*?\}) from "@faultline\/client";/,
    "const $1 = faultline;",
  );
  const printed: string[] = [];
  const log = (...values: unknown[]): void => void printed.push(values.map(String).join(" "));
  const all = { faultline, console: { log, error: log }, ...scope };
  return { printed, over: new AsyncFunction(...Object.keys(all), body)(...Object.values(all)) };
}

/** The server that an example speaks of in its first comment. */
function serverOf(example: string): (request: Request) => void {
  const [, comment = ""] = /^\/\/ (.*)$/m.exec(example) ?? [];
  if (comment.includes("never answers")) return () => {};
  if (comment.includes("come again in 200 ms")) {
    return (request) =>
      request.index === 0 ? request.error("overloaded", 0, 200) : request.echo();
  }
  return (request) => request.echo();
}

/** A logger that keeps what it is told, and a meter that keeps the names of its instruments. */
function outlets(): Record<string, unknown> {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const logger = {
    lines,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
  const names: string[] = [];
  const instrument = (name: string): object => {
    names.push(name);
    return { add: () => {}, record: () => {} };
  };
  const meter = {
    names,
    createCounter: instrument,
    createHistogram: instrument,
    createUpDownCounter: instrument,
  };
  return { logger, meter };
}

describe("the examples of the README", () => {
  test.each(others)("print what they say: $name", async ({ example }) => {
    const world = new World({ serve: serverOf(example) });
    const { clock, network: dialer } = world;
    const closed = new MemoryNetwork({ clock });
    const scope = { clock, closed, dialer, draw: () => 0xffff_ffff, session: SESSION };
    const { over, printed } = start(example, { ...scope, ...outlets() });
    let isOver = false;
    void over.finally(() => (isOver = true)).catch(() => {});
    for (let turn = 0; turn < 1000 && !isOver; turn++) {
      await Promise.resolve();
      clock.runUntilIdle();
    }
    await over;
    expect(saidBy(example).length).toBeGreaterThan(0);
    expect(printed).toEqual(saidBy(example));
  });

  test("begin with one that meets a real server", async () => {
    const { example = "" } = quickstart ?? {};
    const server = await serveTcp((frame, peer) => peer.reply(frame));
    const { over, printed } = start(example.replace("port: 7000", `port: ${server.port}`), {});
    await over;
    await server.close();
    expect(printed).toEqual(saidBy(example));
  });

  test("are there for every policy", () => {
    const names = others.map(({ name }) => name);
    expect(names).toEqual([
      "createClient", // deadlines
      "createBackoff",
      "createRetryBudget",
      "createClient", // push-back
      "createRttEstimate, rttProfiles",
      "createBreaker",
      "createHedge",
      "createPool",
      "createOutliers",
      "createClient, createReconnect",
      "createClient, listeners, logEvents, meterEvents",
      "createClient, errorOf",
    ]);
  });
});
