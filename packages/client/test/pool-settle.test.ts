/**
 * Whatever becomes of the endpoints: every message settles exactly once and in time, nothing is
 * executed twice that must not be, no connection keeps a load, and nothing is left.
 */
import fc from "fast-check";
import { seed } from "@faultline/testkit";
import { expect, test } from "vitest";
import type { Outcome } from "../src/index.ts";
import { createHedge } from "../src/index.ts";
import { Chance } from "./support/chance.ts";
import type { Request } from "./support/scripted-server.ts";
import { PoolWorld } from "./support/pool-world.ts";
import { sumsOf, textOf } from "./support/world.ts";

const DEADLINE_MS = 400;
const MESSAGES = 25;

/** One random set of endpoints, chances as shares of 100. */
const weather = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  kind: fc.constantFrom("stream" as const, "datagram" as const),
  endpoints: fc.integer({ min: 1, max: 4 }),
  connectionsMax: fc.integer({ min: 1, max: 3 }),
  inFlightMax: fc.integer({ min: 1, max: 12 }),
  latencyUs: fc.nat(3000),
  hedged: fc.boolean(),
  silence: fc.nat(30),
  errors: fc.nat(30),
  resets: fc.nat(20),
  crashes: fc.nat(15),
  doubled: fc.nat(20),
  aborts: fc.nat(30),
});
type Weather = typeof weather extends fc.Arbitrary<infer Value> ? Value : never;

class Storm {
  readonly world: PoolWorld;
  readonly settled: Outcome[][] = Array.from({ length: MESSAGES }, () => []);
  /** How often each was executed, by all endpoints together. */
  readonly executions = new Map<number, number>();
  /** What each endpoint remembers. */
  readonly #known: Set<number>[];
  readonly #chance: Chance;
  readonly #weather: Weather;

  constructor(given: Weather) {
    this.#chance = new Chance(given.seed);
    this.#weather = given;
    const names = Array.from({ length: given.endpoints }, (_, index) => `${index}`);
    this.#known = names.map(() => new Set());
    const { connectionsMax, hedged, inFlightMax, kind, latencyUs } = given;
    this.world = new PoolWorld({
      names,
      network: {
        kind,
        latencyUs,
        meddle: (bytes, { from }) =>
          kind === "datagram" && from === "client" && this.#chance.happens(given.doubled)
            ? [bytes, bytes]
            : bytes,
      },
      pool: {
        connectionsMax,
        inFlightMax,
        attemptsMax: 4,
        attemptTimeoutMs: 60,
        deadlineMs: DEADLINE_MS,
        connectTimeoutMs: 30,
        closeTimeoutMs: 50,
        backoff: { firstMs: 10, maxMs: 50 },
        outliers: { consecutiveFailures: 2, baseEjectionMs: 50 },
        hedge: hedged ? createHedge({ samplesMin: 2, extraLoadMax: 1 }) : null,
        draw: this.#chance.draw,
      },
    });
    this.world.servers.forEach((server, index) => {
      server.script = { serve: (request) => this.#serve(request, index) };
    });
  }

  run(): void {
    for (let message = 0; message < MESSAGES; message++) {
      const controller = new AbortController();
      const { signal } = controller;
      this.world.pool.submit(
        `message ${message}`,
        { signal, idempotent: message % 2 === 0 },
        (outcome) => this.settled[message]!.push(outcome),
      );
      if (this.#chance.happens(this.#weather.aborts)) {
        this.world.later(this.#chance.below(DEADLINE_MS), () => controller.abort());
      }
      this.world.clock.advance(this.#chance.below(10_000));
    }
    this.world.clock.runUntilIdle();
  }

  #serve(request: Request, index: number): void {
    const { crashes, errors, resets, silence } = this.#weather;
    const server = this.world.servers[index]!;
    if (this.#chance.happens(crashes)) {
      server.crash();
      this.world.later(this.#chance.below(100), () => server.listen());
      return;
    }
    // Turned away before it is looked at: so it was not executed.
    if (this.#chance.happens(errors)) {
      request.error(
        this.#chance.happens(50) ? "overloaded" : "shuttingDown",
        this.#chance.below(30),
      );
      return;
    }
    const { operation } = request.frame;
    if (!this.#known[index]!.has(operation)) {
      this.#known[index]!.add(operation);
      this.executions.set(operation, (this.executions.get(operation) ?? 0) + 1);
    }
    if (this.#chance.happens(resets)) request.link.reset();
    else if (this.#chance.happens(silence)) return;
    else request.echo(this.#chance.below(90));
  }
}

test("in any weather", () => {
  const met = { delivered: 0, failed: 0, indeterminate: 0, rejected: 0, moved: 0 };
  const property = fc.property(weather, (given) => {
    const storm = new Storm(given);
    storm.run();
    const { executions, settled, world } = storm;
    for (const [message, outcomes] of settled.entries()) {
      expect(outcomes).toHaveLength(1);
      const [outcome] = outcomes as [Outcome];
      met[outcome.outcome]++;
      if (outcome.outcome === "delivered") expect(textOf(outcome)).toBe(`message ${message}`);
      expect(outcome.endedUs - outcome.submittedUs).toBeLessThanOrEqual(DEADLINE_MS * 1000 + 1);
      expect(outcome.attempts.length).toBeLessThanOrEqual(4);
      if (new Set(outcome.attempts.map(({ endpoint }) => endpoint)).size > 1) met.moved++;
      if (message % 2 === 0) continue;
      const times = executions.get(message) ?? 0;
      expect(times).toBeLessThanOrEqual(1);
      // "failed" is a promise: it has had no effect. Of a datagram that comes twice, one may be
      // turned away and the other not: there it is a server's word against its own.
      if (outcome.outcome === "failed" && given.kind === "stream") expect(times).toBe(0);
    }
    expect(sumsOf(world.pool)).toEqual({ operations: 0, attempts: 0 });
    const stats = world.pool.stats();
    expect(stats).toMatchObject({ inFlight: 0, queued: 0 });
    expect(stats.endpoints.map(({ load }) => load)).toEqual(stats.endpoints.map(() => 0));
    expect(world.connections.every((count) => count <= 100)).toBe(true);
    expect(world.clock.timersPending).toBe(0);
  });
  fc.assert(property, { numRuns: 400, seed: seed() });
  expect(Math.min(met.delivered, met.failed, met.indeterminate, met.moved)).toBeGreaterThan(50);
});
