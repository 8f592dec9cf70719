/** Pitfall 13. The peer is gone without a word, and the kernel would notice in two hours. */
import { describe, expect, test } from "vitest";
import { endsOf, World } from "../support/world.ts";
import { Naive } from "./support.ts";

/** A network whose first connection falls silent, both ways, after one exchange. */
function blackhole(): World {
  let isSilent = false;
  const world = new World({
    network: {
      meddle: (bytes, { connection }) => (isSilent && connection === 0 ? undefined : bytes),
    },
    client: { attemptTimeoutMs: 200, backoff: { firstMs: 10, jitter: "none" } },
  });
  world.clock.setTimer(1000, () => (isSilent = true));
  return world;
}

describe("a half-open connection", () => {
  test("is found by a ping, replaced, and never used again", () => {
    const world = blackhole();
    expect(world.send("before").outcome).toBe("delivered");
    world.advanceMs(10);
    const outcome = world.send("after");
    expect(outcome.outcome).toBe("delivered");
    // One timeout, then as long again for the pong that does not come.
    expect(endsOf(outcome)).toEqual(["timeout", "reset: link-silent", "reply"]);
    expect(outcome.endedUs - outcome.submittedUs).toBeLessThan(500_000);
    expect(world.client.stats()).toMatchObject({ pings: 1, reconnects: 1 });
    expect(world.send("later").attempts).toHaveLength(1);
  });

  test("is used by a naive client until it has no attempt left", () => {
    const world = blackhole();
    const naive = new Naive(world, { timeoutMs: 200, backoffMs: 10 });
    expect(naive.send("before").ok).toBe(true);
    world.advanceMs(10);
    expect(naive.send("after")).toMatchObject({ ok: false, attempts: 4 });
    expect(world.network.connections).toHaveLength(1);
  });

  test("whose peer has restarted, and answers the first write with a reset, costs one attempt", () => {
    const world = new World({
      serve: (request) => (request.index === 1 ? request.link.reset() : request.echo()),
    });
    world.send("before");
    expect(endsOf(world.send("after"))).toEqual(["reset: link-reset", "reply"]);
  });
});
