/**
 * Never executed twice, however late: what a server refuses when it has forgotten, or knows that it may
 * have.
 *
 * A repetition is held for the lifetime of the replies and a millisecond less or more; a server is
 * followed by another that has its memory, or has not, or does not know whether there was one.
 */
import {
  decodeLife,
  FrameFlag,
  LIFE_ANY,
  LIFE_FRESH,
  RETRY_AFTER_STOP,
  StatusCode,
} from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { Life, ServerPast } from "../src/index.ts";
import { createReplyMemory, FIRST_LIFE } from "../src/index.ts";
import type { Talker } from "./support/core-world.ts";
import { CoreWorld, frame, text } from "./support/core-world.ts";

const LIMITS = { replyLifetimeMs: 1000, idleTimeoutMs: 60_000 };
const TOO_OLD = `0!${StatusCode.tooOld}`;

/** A session of its own. */
function session(low: number): { session: { high: number; low: number } } {
  return { session: { high: 7, low } };
}

/** A server that follows another one. */
function following(past: ServerPast, kind: "stream" | "datagram" = "stream"): CoreWorld {
  const life: Life = { tag: 2, past, sinceUs: 0 };
  return new CoreWorld({ kind, memory: createReplyMemory({}, life) });
}

function answersOf(world: CoreWorld, client: Talker): string[] {
  world.advanceMs(1);
  return client.replies;
}

describe.each(["stream", "datagram"] as const)("a repetition over a %s link", (kind) => {
  test.each([
    ["1 ms before the lifetime of the replies is over: answered from memory", 999, "0:Hey"],
    ["when it is over: refused", 1000, TOO_OLD],
    ["1 ms after: refused", 1001, TOO_OLD],
    ["an hour after: refused", 3_600_000, TOO_OLD],
  ])("comes %s", (_, afterMs, answer) => {
    const memory = createReplyMemory(LIMITS);
    const world = new CoreWorld({ kind, limits: LIMITS, memory });
    const client = world.dial();
    client.send({});
    world.advanceMs(afterMs);
    const late = world.dial();
    late.send({});
    expect(answersOf(world, late)).toEqual([answer]);
    expect(world.core.stats()).toMatchObject({ executions: 1, tooOld: answer === TOO_OLD ? 1 : 0 });
  });

  test("of an operation that was never executed is refused below the floor, and executed above", () => {
    const memory = createReplyMemory(LIMITS);
    const world = new CoreWorld({ kind, limits: LIMITS, memory });
    const client = world.dial();
    client.send({ operation: 5 });
    world.advanceMs(5000);
    client.send({ operation: 3, attempt: 2 }, { operation: 5 }, { operation: 6, attempt: 2 });
    const { tooOld } = StatusCode;
    expect(answersOf(world, client).slice(1)).toEqual([`3!${tooOld}`, `5!${tooOld}`, "6:Hey"]);
    // and what was executed now is remembered as ever
    client.send({ operation: 6, attempt: 3 });
    world.advanceMs(1);
    expect(client.frames.at(-1)).toMatchObject({ operation: 6, flags: FrameFlag.replayed });
  });

  test("with another body is an error while it is remembered, and too old later", () => {
    const memory = createReplyMemory(LIMITS);
    const world = new CoreWorld({ kind, limits: LIMITS, memory });
    const client = world.dial();
    client.send({}, { payload: text("other") });
    world.advanceMs(5000);
    client.send({ payload: text("other") });
    expect(answersOf(world, client)).toEqual(["0:Hey", `0!${StatusCode.operationReused}`, TOO_OLD]);
    const [, reused, old] = client.frames;
    expect([reused!.remainingMs, old!.remainingMs]).toEqual([RETRY_AFTER_STOP, RETRY_AFTER_STOP]);
  });
});

describe("a session that begins", () => {
  test("with a repetition is served by a server that follows nobody", () => {
    for (const kind of ["stream", "datagram"] as const) {
      const world = new CoreWorld({ kind });
      const client = world.dial();
      client.send({ attempt: 2 }, { operation: 900, attempt: 7 });
      expect(answersOf(world, client)).toEqual(["0:Hey", "900:Hey"]);
    }
  });

  test("with a repetition is refused by one that may follow another", () => {
    for (const kind of ["stream", "datagram"] as const) {
      for (const past of ["unknown", "lost"] as const) {
        const world = following(past, kind);
        const client = world.dial();
        client.send({ attempt: 2 });
        expect(answersOf(world, client)).toEqual([TOO_OLD]);
        expect(world.core.stats()).toMatchObject({ executions: 0, tooOld: 1 });
      }
    }
  });

  test("with a first attempt is served on a connection, which nothing survives", () => {
    for (const past of ["unknown", "lost"] as const) {
      const world = following(past);
      const client = world.dial();
      client.send({ operation: 4 });
      expect(answersOf(world, client)).toEqual(["4:Hey"]);
    }
  });

  test("with a first attempt by datagram is believed, unless somebody is known to have gone before", () => {
    const believed = following("unknown", "datagram");
    const client = believed.dial();
    client.send({});
    expect(answersOf(believed, client)).toEqual(["0:Hey"]);
    const doubted = following("lost", "datagram");
    const other = doubted.dial();
    other.send({});
    expect(answersOf(doubted, other)).toEqual([TOO_OLD]);
  });

  test("is served whatever it begins with, where it names this life", () => {
    const world = following("lost", "datagram");
    const client = world.dial();
    client.send({ life: 2, attempt: 3 }, { life: 1, operation: 1 }, { life: 3, operation: 2 });
    const { tooOld } = StatusCode;
    expect(answersOf(world, client)).toEqual(["0:Hey", `1!${tooOld}`, `2!${tooOld}`]);
  });

  test("on a connection is served what was sent on no other one", () => {
    const world = following("lost");
    const client = world.dial();
    client.send({ life: LIFE_FRESH, attempt: 3 }, { life: 1, operation: 1, attempt: 1 });
    expect(answersOf(world, client)).toEqual(["0:Hey", "1:Hey"]);
    // and anywhere what does no harm twice
    client.send({ life: LIFE_ANY, operation: 2, attempt: 9 });
    expect(answersOf(world, client)).toEqual(["0:Hey", "1:Hey", "2:Hey"]);
    // a datagram proves nothing
    const datagrams = following("lost", "datagram");
    const other = datagrams.dial();
    other.send({ life: LIFE_FRESH });
    expect(answersOf(datagrams, other)).toEqual([TOO_OLD]);
  });

  test("and goes on knows which of its operations are new and which were sent to another life", () => {
    const world = following("lost");
    const client = world.dial();
    client.send({ operation: 1 }, { operation: 0, attempt: 2 }, { operation: 2, life: 2 });
    expect(answersOf(world, client)).toEqual(["1:Hey", TOO_OLD, "2:Hey"]);
  });

  test("is told the life and its age with every refusal and pong of a server with a past", () => {
    const world = following("lost");
    const client = world.dial();
    world.advanceMs(1234);
    client.send({ attempt: 2 }, { type: 5, payload: text("") });
    world.advanceMs(1);
    const [refused, pong] = client.frames;
    expect(decodeLife(refused!.payload)).toEqual({ tag: 2, ageMs: 1234 });
    expect(pong).toMatchObject({ life: 2, remainingMs: 1234 });
    expect(refused!.remainingMs).toBe(0);
  });
});

describe("floorsMax", () => {
  const limits = { ...LIMITS, floorsMax: 4 };

  /** Sessions 0, 1, … each execute one operation, and are all forgotten. */
  function forgotten(sessions: number): { world: CoreWorld; client: Talker } {
    const memory = createReplyMemory(limits);
    const world = new CoreWorld({ kind: "datagram", limits, memory });
    const client = world.dial();
    for (let low = 0; low < sessions; low++) {
      client.send(session(low));
      world.advanceMs(10);
    }
    world.advanceMs(5000);
    return { world, client };
  }

  test("a connection that is older than the new life proves nothing to it", () => {
    const memory = createReplyMemory(limits);
    const world = new CoreWorld({ limits, memory });
    const clients = Array.from({ length: 5 }, () => world.dial());
    clients.forEach((client, low) => client.send(session(low)));
    world.advanceMs(5000);
    clients[0]!.send({ ...session(0), operation: 1, life: LIFE_FRESH });
    const late = world.dial();
    late.send({ ...session(0), operation: 2, life: LIFE_FRESH });
    world.advanceMs(1);
    expect(late.replies).toEqual(["2:Hey"]);
    expect(clients[0]!.replies).toEqual(["0:Hey", `1!${StatusCode.tooOld}`]);
  });

  test("so many sessions are refused what they had executed, and served anew above it", () => {
    const { world, client } = forgotten(4);
    for (let low = 0; low < 4; low++) client.send(session(low), { ...session(low), operation: 1 });
    expect(answersOf(world, client).slice(4)).toEqual(
      Array.from({ length: 4 }, () => [TOO_OLD, "1:Hey"]).flat(),
    );
    expect(client.frames.at(-1)!.life).toBe(FIRST_LIFE.tag);
  });

  test("above it a new life begins, which refuses what the forgotten one may have executed", () => {
    const { world, client } = forgotten(5);
    // the oldest is forgotten altogether; it had heard of life 1
    client.send({ ...session(0), life: 1 }, { ...session(0), attempt: 2 });
    client.send({ ...session(4), life: 1 }, { ...session(4), life: 1, operation: 1 });
    expect(answersOf(world, client).slice(5)).toEqual([TOO_OLD, TOO_OLD, TOO_OLD, "1:Hey"]);
    // the life is as old as the last thing that was forgotten, done at 0
    const refusedMs = world.clock.nowUs() / 1000 - 1;
    const refused = client.frames[5]!;
    expect(decodeLife(refused.payload)).toEqual({ tag: 2, ageMs: refusedMs - 1 });
    expect(world.core.stats().executions).toBe(6);
  });
});

test("a memory that is handed on needs no new life", () => {
  const memory = createReplyMemory();
  const before = new CoreWorld({ kind: "datagram", memory });
  const client = before.dial();
  client.send({});
  before.advanceMs(1);
  const after = new CoreWorld({ kind: "datagram", memory });
  const late = after.dial();
  late.send({ attempt: 2 }, { operation: 1, attempt: 2 });
  after.advanceMs(1);
  expect(late.frames).toEqual([
    frame({ type: 3, life: 1, attempt: 2, flags: FrameFlag.replayed }),
    frame({ type: 3, life: 1, attempt: 2, operation: 1 }),
  ]);
});
