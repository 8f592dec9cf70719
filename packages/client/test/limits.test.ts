/** Every limit from both sides, and the door: who is let in, and what a refusal costs. */
import { createMessageCheck } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { Sent } from "./support/world.ts";
import { sumsOf, textOf, World } from "./support/world.ts";

describe("in flight", () => {
  test.each([1, 7, 1024])("never more than inFlightMax: %i", (inFlightMax) => {
    let most = 0;
    const world = new World({
      client: { inFlightMax, queueMax: 10_000 },
      serve: (request) => {
        most = Math.max(most, world.client.stats().inFlight);
        request.echo(10);
      },
    });
    const sent: Sent[] = [];
    for (let n = 0; n < 2000; n++) sent.push(world.submit(`${n}`));
    world.clock.runUntil(() => world.client.stats().delivered === 2000);
    expect(most).toBe(inFlightMax);
    expect(sent.every(({ calls, outcome }, n) => calls === 1 && textOf(outcome!) === `${n}`)).toBe(
      true,
    );
  });

  test("one at a time keeps the order, whatever is retried", () => {
    const world = new World({
      serve: (request) => {
        if (request.frame.attempt < 3) request.error("lost");
        else request.echo();
      },
    });
    const order: number[] = [];
    for (let n = 0; n < 5; n++) {
      world.client.submit(`${n}`, {}, ({ operation }) => order.push(operation));
    }
    world.clock.runUntil(() => order.length === 5);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test("operations span less than 1024 ids: the server still knows every one of them", () => {
    let widest = 0;
    const world = new World({
      client: { inFlightMax: 1024, queueMax: 10_000, attemptTimeoutMs: 1000 },
      serve: (request) => {
        if (request.frame.operation === 3 && request.frame.attempt === 1) return;
        const oldest = world.client.stats().inFlight > 0 && !isThirdDone ? 3 : 0;
        if (oldest === 3) widest = Math.max(widest, request.frame.operation - oldest);
        request.echo();
      },
    });
    let isThirdDone = false;
    for (let n = 0; n < 3000; n++) {
      world.client.submit(`${n}`, {}, ({ operation }) => {
        if (operation === 3) isThirdDone = true;
      });
    }
    world.clock.advance(500_000);
    expect(world.client.stats()).toMatchObject({ inFlight: 1, delivered: 3 + 1023 });
    expect(widest).toBe(1023);
    world.clock.runUntil(() => world.client.stats().delivered === 3000);
    expect(world.client.stats()).toMatchObject({ delivered: 3000, retries: 1 });
  });
});

describe("the queue", () => {
  test("takes queueMax messages and refuses the next at once", () => {
    const world = new World({ client: { queueMax: 3 }, serve: (request) => request.echo(10) });
    const sent = Array.from({ length: 5 }, (_, n) => world.submit(`${n}`));
    // Never before submit has returned, always before the event is over.
    expect(sent[4]?.calls).toBe(0);
    world.clock.advance(0);
    expect(sent[4]?.outcome).toMatchObject({
      outcome: "rejected",
      operation: 4,
      attempts: [],
      error: { code: "queue-full", attempts: 0 },
    });
    for (const one of sent.slice(0, 4)) expect(world.outcomeOf(one).outcome).toBe("delivered");
  });

  test("takes queueBytesMax bytes and refuses one more", () => {
    const world = new World({
      client: { queueBytesMax: 10 },
      serve: (request) => request.echo(10),
    });
    world.submit("in flight: does not count");
    const [six, four, one] = ["6 byte", "four", "1"].map((body) => world.submit(body));
    world.clock.advance(0);
    expect(one?.outcome?.error?.code).toBe("queue-full");
    expect(world.outcomeOf(six!).outcome).toBe("delivered");
    expect(world.outcomeOf(four!).outcome).toBe("delivered");
  });

  test("of length 0 lets in what can be sent at once, and nothing else", () => {
    const world = new World({ client: { queueMax: 0 } });
    const [first, second] = [world.submit("a"), world.submit("b")];
    expect(world.outcomeOf(first)).toMatchObject({ outcome: "delivered" });
    expect(world.outcomeOf(second)).toMatchObject({ outcome: "rejected" });
    expect(world.send("c").outcome).toBe("delivered");
  });
});

describe("at the door", () => {
  test("a message that the check refuses takes a number, and nothing is sent", () => {
    const world = new World({ client: { check: createMessageCheck() } });
    const refused = world.send("please DROP TABLE users");
    expect(refused).toMatchObject({
      outcome: "rejected",
      operation: 0,
      attempts: [],
      error: { code: "refused-by-check", attempts: 0 },
    });
    expect(world.send("   ").outcome).toBe("rejected");
    expect(world.requests).toEqual([]);
    expect(world.eventNames("submitted")).toEqual(["settled", "settled"]);
    const next = world.send("Hey");
    expect(next).toMatchObject({ outcome: "delivered", operation: 2 });
    expect(world.client.stats()).toMatchObject({ operations: 3, rejected: 2, delivered: 1 });
  });

  test.each([
    ["stream", "frame", 1_048_576],
    ["datagram", "frame", 65_507 - 56],
    ["stream", "pipe", 65_536 - 9],
    ["datagram", "pipe", 65_507 - 9],
  ] as const)("over a %s with %s the largest body has %i bytes", (kind, codec, bytes) => {
    const world = new World({ network: { kind }, client: { codec, expectReply: false } });
    expect(world.send(new Uint8Array(bytes)).outcome).toBe("delivered");
    const outcome = world.send(new Uint8Array(bytes + 1));
    expect(outcome).toMatchObject({ outcome: "rejected", error: { code: "too-large" } });
    expect(outcome.error?.message).toContain(`at most ${bytes} bytes: got ${bytes + 1}`);
    expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
  });

  test("a thousand refusals submitted from within each other do not pile up on the stack", () => {
    const world = new World({ client: { check: createMessageCheck() } });
    let settled = 0;
    const next = (): void => {
      settled++;
      if (settled < 100_000) world.client.submit("", {}, next);
    };
    world.client.submit("", {}, next);
    world.clock.advance(0);
    expect(settled).toBe(100_000);
  });
});

describe("a check that throws", () => {
  test("throws from submit, uses up no number, and disturbs nothing else", () => {
    const world = new World({
      client: {
        check: (body) => {
          if (body === "bad") throw new Error("mine");
          return { ok: true };
        },
      },
    });
    expect(() => world.submit("bad")).toThrow("mine");
    expect(world.send("good")).toMatchObject({ outcome: "delivered", operation: 0 });
    expect(sumsOf(world.client).operations).toBe(0);
  });
});
