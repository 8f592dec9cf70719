/** Pitfall 23. The pause is over, and everybody who waited tries at once, or behind one that hangs. */
import { describe, expect, test } from "vitest";
import { createBreaker } from "../../src/index.ts";
import { NaiveBreaker } from "../naive/naive-breaker.ts";
import { World } from "../support/world.ts";

const OPEN_MS = 5000;

/** A client whose breaker has just been open for long enough, at a server that hangs. */
function reopened(): World {
  const breaker = createBreaker({ callsMin: 1, openMs: OPEN_MS, probes: 3 });
  const world = new World({
    serve: () => {},
    client: { breaker, attemptsMax: 1, attemptTimeoutMs: 200, inFlightMax: 200 },
  });
  world.send("opens it");
  world.advanceMs(OPEN_MS);
  return world;
}

describe("a hundred callers after the pause of a breaker", () => {
  test("are three probes, and ninety-seven refused at once although the probes hang", () => {
    const world = reopened();
    const fromUs = world.clock.nowUs();
    const sent = Array.from({ length: 100 }, () => world.submit("x"));
    world.advanceMs(0);
    expect(world.requests).toHaveLength(1 + 3);
    const refused = sent.filter(({ outcome }) => outcome?.error?.code === "breaker-open");
    expect(refused).toHaveLength(97);
    expect(refused.every(({ outcome }) => outcome!.endedUs === fromUs)).toBe(true);
  });

  test("find it open again when a probe has timed out", () => {
    const world = reopened();
    for (let call = 0; call < 100; call++) world.submit("x");
    world.advanceMs(200);
    expect(world.send("later").error?.code).toBe("breaker-open");
    expect(world.requests).toHaveLength(1 + 3);
  });

  test("leave the place of an aborted probe to another", () => {
    const world = reopened();
    const caller = new AbortController();
    for (let call = 0; call < 3; call++) world.submit("x", { signal: caller.signal });
    caller.abort();
    const next = world.submit("x");
    world.advanceMs(0);
    expect(next.outcome).toBeUndefined();
    expect(world.client.stats().inFlight).toBe(1);
  });

  test("all pass a naive one", () => {
    const breaker = new NaiveBreaker();
    breaker.ended(0, false);
    const nowUs = OPEN_MS * 1000;
    const passed = Array.from({ length: 100 }, () => !breaker.isOpen(nowUs));
    expect(passed.every(Boolean)).toBe(true);
  });
});
