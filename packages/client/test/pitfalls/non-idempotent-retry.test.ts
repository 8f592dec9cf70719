/** Pitfall 3. A lost reply looks like a lost request, and the operation is executed again. */
import { encodePipe } from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/index.ts";
import { createClient } from "../../src/index.ts";
import { SESSION, World } from "../support/world.ts";
import { chanceOf, CountingServer, Naive } from "./support.ts";

const INCREMENTS = 1000;

/** A world whose server counts, and then loses three replies in ten. */
function counting(): { world: World; server: CountingServer } {
  const server = new CountingServer();
  const isLost = chanceOf(300);
  const world = new World({
    client: { attemptTimeoutMs: 20, attemptsMax: 30, backoff: { firstMs: 1 } },
    serve: (request) => {
      const reply = server.execute(request);
      if (!isLost()) request.echo(0, reply);
    },
  });
  return { world, server };
}

describe("a retry of an operation that is not idempotent", () => {
  test("is executed once, and answered from memory", () => {
    const { world, server } = counting();
    let replayed = 0;
    for (let increment = 1; increment <= INCREMENTS; increment++) {
      const outcome = world.send("+1", { idempotent: false });
      expect(outcome.outcome).toBe("delivered");
      if (outcome.replayed) replayed++;
    }
    expect(server.executions).toBe(INCREMENTS);
    expect(replayed).toBeGreaterThan(200);
  });

  test("counts twice with a naive client, which makes a new id for every attempt", () => {
    const { world, server } = counting();
    const naive = new Naive(world, { timeoutMs: 20, attemptsMax: 30, backoffMs: 1 });
    for (let increment = 1; increment <= 100; increment++) naive.send("+1");
    expect(server.executions).toBeGreaterThan(120);
  });

  test("is not made where no server could tell: sent once, and the outcome is open", () => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ clock });
    const received: Uint8Array[] = [];
    const nothing = (): void => {};
    network.listen((link) => ({
      onOpen: nothing,
      onBytes: (bytes) => received.push(bytes.slice()),
      onDrain: nothing,
      onEnd: () => link.end(),
      onClose: nothing,
    }));
    const client = createClient({
      dialer: network,
      clock,
      draw: () => 0,
      session: SESSION,
      codec: "pipe",
    });
    let outcome: Outcome | undefined;
    client.submit("+1", { idempotent: false }, (got) => (outcome = got));
    clock.runUntil(() => outcome !== undefined);
    expect(outcome).toMatchObject({ outcome: "indeterminate", error: { code: "outcome-unknown" } });
    expect(received).toEqual([encodePipe(new TextEncoder().encode("+1"))]);
  });
});
