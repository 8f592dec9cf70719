/**
 * Whatever the network does: every message settles exactly once, by its deadline, and all that is
 * counted adds up. Loss, damage, delay, repeats, resets, refusals and cuts at random, on both
 * kinds of link, with aborts and a close in the middle.
 */
import fc from "fast-check";
import { seed } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { ClientEvent, Outcome } from "../src/index.ts";
import { Chance } from "./support/chance.ts";
import { sumsOf, textOf, World } from "./support/world.ts";

const DEADLINE_MS = 400;
const MESSAGES = 20;

/** One random network, as shares of 100. */
const weather = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  kind: fc.constantFrom("stream" as const, "datagram" as const),
  inFlightMax: fc.integer({ min: 1, max: 12 }),
  latencyUs: fc.nat(5000),
  segmentBytes: fc.constantFrom(7, 64, 100_000),
  damage: fc.nat(20),
  silence: fc.nat(30),
  errors: fc.nat(30),
  resets: fc.nat(20),
  outages: fc.nat(10),
  aborts: fc.nat(30),
  closeAtMs: fc.option(fc.nat(300), { nil: undefined }),
});
type Weather = typeof weather extends fc.Arbitrary<infer Value> ? Value : never;

class Storm {
  readonly world: World;
  readonly settled: Outcome[][] = Array.from({ length: MESSAGES }, () => []);
  readonly #chance: Chance;
  readonly #weather: Weather;

  constructor(given: Weather) {
    this.#chance = new Chance(given.seed);
    this.#weather = given;
    const { inFlightMax, kind, latencyUs, segmentBytes } = given;
    this.world = new World({
      network: {
        kind,
        latencyUs,
        segmentBytes,
        queueBytesMax: 500,
        meddle: (bytes, { from }) => (from === "server" ? this.#damage(bytes) : bytes),
      },
      client: {
        inFlightMax,
        attemptTimeoutMs: 60,
        deadlineMs: DEADLINE_MS,
        connectTimeoutMs: 30,
        closeTimeoutMs: 50,
        backoff: { firstMs: 10, maxMs: 50 },
        draw: this.#chance.draw,
      },
      serve: (request) => {
        const { errors, outages, resets, silence } = given;
        if (this.#chance.happens(outages)) {
          this.world.network.unlisten();
          this.world.later(40, () => this.world.listen());
        }
        if (this.#chance.happens(resets)) request.link.reset();
        else if (this.#chance.happens(errors)) request.error("overloaded", this.#chance.below(30));
        else if (!this.#chance.happens(silence)) {
          const copies = 1 + this.#chance.below(2);
          for (let copy = 0; copy < copies; copy++) request.echo(this.#chance.below(90));
        }
      },
    });
  }

  run(): void {
    const { aborts, closeAtMs } = this.#weather;
    if (closeAtMs !== undefined) {
      this.world.later(closeAtMs, () => void this.world.client.close({ graceMs: 20 }));
    }
    for (let message = 0; message < MESSAGES; message++) {
      const controller = new AbortController();
      const { signal } = controller;
      const idempotent = this.#chance.happens(50);
      this.world.client.submit(`message ${message}`, { signal, idempotent }, (outcome) =>
        this.settled[message]!.push(outcome),
      );
      if (this.#chance.happens(aborts)) {
        this.world.later(this.#chance.below(DEADLINE_MS), () => controller.abort());
      }
      this.world.clock.advance(this.#chance.below(10_000));
    }
    this.world.clock.runUntilIdle();
  }

  #damage(bytes: Uint8Array): Uint8Array {
    if (!this.#chance.happens(this.#weather.damage) || bytes.length === 0) return bytes;
    const damaged = bytes.slice();
    const at = this.#chance.below(bytes.length);
    damaged[at] = damaged[at]! ^ (1 << this.#chance.below(8));
    return damaged;
  }
}

function checkOutcome(outcome: Outcome, message: number): void {
  expect(outcome.operation).toBe(message);
  if (outcome.outcome === "delivered") expect(textOf(outcome)).toBe(`message ${message}`);
  else expect(outcome.error.attempts).toBe(outcome.attempts.length);
  expect(outcome.endedUs - outcome.submittedUs).toBeLessThanOrEqual(DEADLINE_MS * 1000 + 1);
  expect(outcome.attempts.length).toBeLessThanOrEqual(4);
  for (const [index, { attempt, endedUs, sentUs }] of outcome.attempts.entries()) {
    expect(attempt).toBe(index + 1);
    expect(sentUs).toBeGreaterThanOrEqual(outcome.submittedUs);
    expect(endedUs).toBeGreaterThanOrEqual(sentUs);
    expect(endedUs).toBeLessThanOrEqual(outcome.endedUs);
  }
}

/** What the events tell has to be what the counters say. */
function checkEvents(events: readonly ClientEvent[], world: World): void {
  const count = (event: string): number => events.filter((one) => one.event === event).length;
  const stats = world.client.stats();
  expect(count("submitted")).toBe(MESSAGES);
  expect(count("settled")).toBe(MESSAGES);
  expect(count("late-reply")).toBe(stats.lateReplies);
  expect(count("attempt-ended")).toBe(stats.attempts);
  expect(count("stale-reply")).toBe(stats.staleReplies);
  expect(count("refusal")).toBe(stats.corruptionsDetected);
  expect(count("ping")).toBe(stats.pings);
  expect(Math.max(count("open") - 1, 0)).toBe(stats.reconnects);
  expect(count("sent") + stats.ended.refused).toBeGreaterThanOrEqual(stats.attempts);
}

describe("in any weather", () => {
  test("every message settles exactly once and in time, and the counts add up", () => {
    const met = { delivered: 0, failed: 0, indeterminate: 0, rejected: 0 };
    const property = fc.property(weather, (given) => {
      const storm = new Storm(given);
      storm.run();
      for (const [message, outcomes] of storm.settled.entries()) {
        expect(outcomes).toHaveLength(1);
        checkOutcome(outcomes[0]!, message);
        met[outcomes[0]!.outcome]++;
      }
      const { world } = storm;
      expect(sumsOf(world.client)).toEqual({ operations: 0, attempts: 0 });
      expect(world.client.stats()).toMatchObject({ inFlight: 0, queued: 0 });
      checkEvents(world.events, world);
      // Nothing is left to happen but what a sound idle client may have: nothing.
      expect(world.clock.timersPending).toBe(0);
    });
    fc.assert(property, { numRuns: 400, seed: seed() });
    // The weather was of every kind.
    expect(Math.min(...Object.values(met))).toBeGreaterThan(50);
  });
});
