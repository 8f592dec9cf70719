/** Pitfall 4. What was executed is forgotten too soon, or found under somebody else's name. */
import { FrameFlag, StatusCode } from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { NaiveServer } from "../naive/naive-server.ts";
import { CoreWorld, Talker, text } from "../support/core-world.ts";

const LIFETIME_MS = 247_000;
const OTHER = { session: { high: 9, low: 9 } };

/** Our server and the naive one, as far as a client sees them. */
interface Server {
  dial(): Talker;
  advanceMs(ms: number): void;
  executions(): number;
}

function ours(kind: "stream" | "datagram" = "stream"): Server {
  const world = new CoreWorld({ kind, responder: "counter" });
  return {
    dial: () => world.dial(),
    advanceMs: (ms) => world.advanceMs(ms),
    executions: () => world.core.stats().executions,
  };
}

function naive(): Server {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock });
  const server = new NaiveServer(clock, LIFETIME_MS);
  network.listen((link) => server.accept(link));
  return {
    dial: () => {
      const talker = new Talker(network);
      clock.advance(0);
      return talker;
    },
    advanceMs: (ms) => clock.advance(ms * 1000),
    executions: () => server.executions,
  };
}

/** Executes an operation, holds its duplicate for so long, and says how that was answered. */
function hold(server: Server, ms: number): { answer: string; executions: number } {
  server.dial().send({});
  server.advanceMs(ms);
  const late = server.dial();
  late.send({});
  server.advanceMs(1);
  const { flags, status, type } = late.frames[0]!;
  const word = type === 4 ? `error ${status}` : flags === FrameFlag.replayed ? "replayed" : "new";
  return { answer: word, executions: server.executions() };
}

const REPLAYED = { answer: "replayed", executions: 1 };
const REFUSED = { answer: `error ${StatusCode.tooOld}`, executions: 1 };

describe.each(["stream", "datagram"] as const)("a duplicate over a %s link", (kind) => {
  test("is answered from memory until the lifetime is over, and refused from then on", () => {
    for (const ms of [0, 1, LIFETIME_MS / 2, LIFETIME_MS - 1]) {
      expect(hold(ours(kind), ms)).toEqual(REPLAYED);
    }
    for (const ms of [LIFETIME_MS, LIFETIME_MS + 1, 2 * LIFETIME_MS, 86_400_000]) {
      expect(hold(ours(kind), ms)).toEqual(REFUSED);
    }
  });
});

test("a duplicate is executed again by a naive server, a millisecond after it has forgotten", () => {
  expect(hold(naive(), LIFETIME_MS - 1)).toEqual(REPLAYED);
  expect(hold(naive(), LIFETIME_MS + 1)).toEqual({ answer: "new", executions: 2 });
});

describe("an operation number that was used before", () => {
  test("is an error with another body, and nobody's business in another session", () => {
    const server = ours();
    const [one, other] = [server.dial(), server.dial()];
    one.send({ payload: text("one") }, { payload: text("two"), attempt: 2 });
    other.send({ ...OTHER, payload: text("two") });
    server.advanceMs(1);
    expect(one.frames.map(({ status }) => status)).toEqual([0, StatusCode.operationReused]);
    expect(other.frames[0]).toMatchObject({ type: 3, flags: 0 });
    expect(server.executions()).toBe(2);
  });

  test("is answered by a naive server with what somebody else was told", () => {
    const server = naive();
    const [one, other] = [server.dial(), server.dial()];
    one.send({ payload: text("mine") });
    server.advanceMs(1);
    one.send({ payload: text("another") });
    other.send({ ...OTHER, payload: text("theirs") });
    server.advanceMs(1);
    expect([one.replies.at(-1), other.replies.at(-1)]).toEqual(["0:mine", "0:mine"]);
    expect(server.executions()).toBe(1);
  });
});
