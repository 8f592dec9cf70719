/**
 * Which life of the server an operation belongs to, and what a client can prove when another one
 * refuses it.
 *
 * The proof is about time: the server says how long it has been there, the client knows when it first
 * sent. So each case is tried with a server that is a millisecond too young as well.
 */
import {
  encodeFrame,
  encodeLife,
  FrameType,
  LIFE_ANY,
  LIFE_FRESH,
  lifeFields,
} from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { createRetryBudget } from "../src/index.ts";
import type { Request, WorldOptions } from "./support/world.ts";
import { endsOf, World } from "./support/world.ts";

const ONCE = { idempotent: false };
const CLIENT = { attemptTimeoutMs: 100, backoff: { firstMs: 1, jitter: "none" } } as const;

/** A client whose messages travel by datagram: what is known of them does not depend on a link. */
function byDatagram(options: WorldOptions): World {
  return new World({ ...options, network: { kind: "datagram" } });
}

/** Refuses as a server of that life and age. */
function refuse(request: Request, tag: number, ageMs: number): void {
  request.error("tooOld", 0, 0, encodeLife({ tag, ageMs }));
}

/** The lives that the requests of a world named. */
function livesOf({ requests }: World): (number | undefined)[] {
  return requests.map(({ frame }) => frame.life);
}

describe("an operation", () => {
  test("names the life that was known when it was first sent, whatever is learned later", () => {
    let life = 5;
    const world = byDatagram({
      client: { ...CLIENT, inFlightMax: 2 },
      // the third request is not answered: its retry is the fourth, when the fifth has told a life
      serve: (request) => {
        if (request.index === 1) life = 6;
        if (request.index !== 2) request.echo(0, { life });
      },
    });
    world.send("first", ONCE);
    world.send("second", ONCE);
    expect(world.send("third", ONCE).outcome).toBe("delivered");
    expect(livesOf(world)).toEqual([undefined, 5, 6, 6]);
  });

  test("of no known life stays so while nobody says how old the new one is", () => {
    const world = byDatagram({
      client: { ...CLIENT, inFlightMax: 2 },
      serve: (request) => {
        if (request.index > 0) request.echo(0, { life: 9 });
      },
    });
    const lost = world.submit("lost", ONCE);
    world.submit("kept", ONCE);
    world.clock.runUntil(() => lost.outcome !== undefined);
    expect(livesOf(world)).toEqual([undefined, undefined, undefined]);
  });

  test("is given to a life that a pong proves to have been there before it", () => {
    const world = byDatagram({
      client: CLIENT,
      serve: (request) => request.index > 0 && request.echo(),
      onPing: (frame, link) => {
        const life = lifeFields({ tag: 9, ageMs: 5000 });
        link.send(encodeFrame({ ...frame, ...life, type: FrameType.pong }));
      },
    });
    expect(world.send("Hey", ONCE).outcome).toBe("delivered");
    expect(livesOf(world)).toEqual([undefined, 9]);
  });
});

describe("what another life refuses", () => {
  test("is sent again, free of charge, if that life was there before it was first sent", () => {
    const retryBudget = createRetryBudget({ tokensMax: 1, costPerRetry: 1 });
    retryBudget.spend();
    const world = byDatagram({
      client: { ...CLIENT, retryBudget },
      serve: (request) => (request.index === 0 ? refuse(request, 9, 0) : request.echo()),
    });
    const outcome = world.send("Hey", ONCE);
    expect(endsOf(outcome)).toEqual(["error-reply: server-restarted", "reply"]);
    expect(livesOf(world)).toEqual([undefined, 9]);
  });

  test.each([
    ["as old as the operation", 150, "delivered"],
    ["a millisecond younger", 149, "indeterminate"],
  ] as const)("by a life %s: a retry of what was sent before is judged by it", (...given) => {
    const [, ageMs, expected] = given;
    const world = byDatagram({
      client: { ...CLIENT, backoff: { kind: "constant", firstMs: 50, jitter: "none" } },
      onPing: () => {},
      serve: (request) => {
        if (request.index === 1) refuse(request, 9, ageMs);
        else if (request.index > 1) request.echo();
      },
    });
    const outcome = world.send("Hey", ONCE);
    expect(outcome.outcome).toBe(expected);
    expect(world.requests.length).toBe(expected === "delivered" ? 3 : 2);
    if (outcome.error !== undefined) {
      expect(outcome.error).toMatchObject({
        code: "refused-by-server",
        cause: { code: "error-reply", status: "tooOld" },
      });
    }
  });

  test("is repeated without any proof where executing it twice does no harm", () => {
    const world = byDatagram({
      client: CLIENT,
      onPing: () => {},
      serve: (request) => {
        if (request.index === 1) refuse(request, 9, 0);
        else if (request.index > 1) request.echo();
      },
    });
    const outcome = world.send("Hey");
    expect(endsOf(outcome)).toEqual(["timeout", "error-reply: server-restarted", "reply"]);
    expect(livesOf(world)).toEqual([LIFE_ANY, LIFE_ANY, LIFE_ANY]);
  });

  test("is not repeated when it is refused again by the life it was given to", () => {
    const world = byDatagram({ client: CLIENT, serve: (request) => refuse(request, 9, 5000) });
    const outcome = world.send("Hey", ONCE);
    expect(endsOf(outcome)).toEqual(["error-reply: server-restarted", "error-reply: tooOld"]);
    expect(outcome.outcome).toBe("indeterminate");
  });
});

describe("an operation on a connection", () => {
  test("says that it was sent on no other, for as long as that is true", () => {
    const world = new World({
      client: CLIENT,
      onPing: (frame, link) => link.send(encodeFrame({ ...frame, type: FrameType.pong })),
      serve: (request) => {
        if (request.index === 1) request.link.reset();
        else if (request.index > 1) request.echo(0, { life: 9 });
      },
    });
    world.send("first", ONCE);
    world.send("second", ONCE);
    // sent twice on one connection, then on the next, of which nothing is known yet
    expect(livesOf(world)).toEqual([LIFE_FRESH, LIFE_FRESH, undefined, LIFE_FRESH]);
  });

  test("that is refused all the same is given to the life that refused it", () => {
    const world = new World({
      client: CLIENT,
      serve: (request) => (request.index === 0 ? refuse(request, 9, 5000) : request.echo()),
    });
    expect(world.send("Hey", ONCE).outcome).toBe("delivered");
    expect(livesOf(world)).toEqual([LIFE_FRESH, 9]);
  });
});
