/** The plan: who sends what when, each a function of the seed and its key. */
import { faultCatalog, FAULT_KINDS } from "@faultline/faults";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, runTrial } from "../src/index.ts";
import { planBodies } from "../src/plan/bodies.ts";
import { declaredFaults, faultPlan } from "../src/plan/faults.ts";
import { runServerLimits } from "../src/plan/server-limits.ts";
import { messagesOf, phaseAt, phaseStartsUs, plannedUs } from "../src/plan/schedule.ts";
import { backoffDraw, sessionOf } from "../src/plan/streams.ts";

function spec(input: object = {}): FullSpec {
  const parsed = parseSpec({ specVersion: 1, seed: 42, ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

const text = (body: Uint8Array): string => new TextDecoder().decode(body);

describe("bodies", () => {
  test("are the same for the same seed, client and message, whatever was asked before", () => {
    const [one, other] = [planBodies(spec()), planBodies(spec())];
    for (let message = 9; message >= 0; message -= 1) other(3, message);
    expect(text(one(3, 7))).toBe(text(other(3, 7)));
    expect(text(one(3, 7))).not.toBe(text(planBodies(spec({ seed: 43 }))(3, 7)));
  });

  test("are pinned for ever", () => {
    const bodies = planBodies(spec());
    expect(text(bodies(0, 0))).toMatchInlineSnapshot(
      `"0.0.1_nnl9m-nx3g-d58wrdv2nv6k6ndwq7m5-fn1-fqz2f5bcd4mrpt9ngn5_pm"`,
    );
    expect(text(bodies(12, 345_678))).toMatchInlineSnapshot(
      `"d.2Lfx.7qp705bn0l_j8msdc88x5431nm_ns7sg2wng4bl5tmfx-qgsrvrck56xg"`,
    );
  });

  test("differ between any two messages of a run, have their size and can be printed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 300 }),
        fc.nat(999),
        fc.nat(99_999),
        (size, client, message) => {
          const bodies = planBodies(spec({ workload: { payloadBytes: size } }));
          const body = bodies(client, message);
          expect(body.byteLength).toBe(size);
          expect(text(body)).toMatch(/^[0-9A-Za-z_.-]+$/);
          expect(text(body)).not.toBe(text(bodies(client, message + 1)));
          expect(text(body)).not.toBe(text(bodies(client + 1, message)));
        },
      ),
    );
  });

  test("too small for their identity keep its end", () => {
    const bodies = planBodies(spec({ workload: { payloadBytes: 2 } }));
    const seen = new Set(Array.from({ length: 50 }, (_, message) => text(bodies(0, message))));
    expect(seen.size).toBe(50);
  });

  test("of a drawn size cover the whole range, ends included", () => {
    const bodies = planBodies(spec({ workload: { payloadBytes: { min: 20, max: 23 } } }));
    const sizes = Array.from({ length: 200 }, (_, message) => bodies(0, message).byteLength);
    expect([...new Set(sizes)].toSorted((a, b) => a - b)).toEqual([20, 21, 22, 23]);
  });

  test("of the user are sent in turn over the whole run", () => {
    const bodies = planBodies(
      spec({ workload: { bodies: ["a", "ü", "c"], clients: 2, messages: 6 } }),
    );
    const sent = [0, 1, 2].flatMap((message) =>
      [0, 1].map((client) => text(bodies(client, message))),
    );
    expect(sent).toEqual(["a", "ü", "c", "a", "ü", "c"]);
  });
});

describe("the schedule", () => {
  test("deals messages in turn", () => {
    const { workload } = spec({ workload: { messages: 10, clients: 4 } });
    expect([0, 1, 2, 3].map((client) => messagesOf(workload, client))).toEqual([3, 3, 2, 2]);
  });

  test("plans message k of the run at k / rate", () => {
    const { workload } = spec({ workload: { messages: 6, clients: 2, ratePerSecond: 4 } });
    const planned = [0, 1, 2].flatMap((message) =>
      [0, 1].map((client) => plannedUs(workload, client, message)),
    );
    expect(planned).toEqual([0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]);
    expect(plannedUs(spec().workload, 0, 5)).toBeNull();
  });

  test("phases follow one another, and the last one stays", () => {
    const phases =
      spec({
        phases: [
          { name: "a", durationMs: 1.5 },
          { name: "b", durationMs: 2 },
        ],
      }).phases ?? [];
    const starts = phaseStartsUs(phases);
    expect(starts).toEqual([0, 1_500]);
    expect([0, 1_499, 1_500, 1e9].map((us) => phaseAt(starts, us))).toEqual([0, 0, 1, 1]);
    expect(phaseAt([], 5)).toBe(-1);
  });
});

describe("the faults in force", () => {
  const drop = { id: "drop", kind: "loss", probability: 0.1 };
  const phased = spec({
    workload: { clients: 3 },
    faults: [drop, { ...drop, id: "cut" }],
    phases: [
      { name: "a", durationMs: 1 },
      { name: "b", durationMs: 1, faults: [{ ...drop, id: "own" }, "cut"] },
    ],
  });

  test("are those that no phase names, and the phase's own", () => {
    const ids = (phase: number) => faultPlan(phased, phase).faults.map(({ id }) => id);
    expect([ids(0), ids(1), ids(-1)]).toEqual([["drop"], ["drop", "own", "cut"], ["drop"]]);
    expect(declaredFaults(phased).map(({ id }) => id)).toEqual(["drop", "cut", "own"]);
    const plain = spec({ faults: [drop] });
    expect([declaredFaults(plain), faultPlan(plain, -1).faults]).toEqual([
      plain.faults,
      plain.faults,
    ]);
  });

  test("know the sessions of the run in the order of the clients", () => {
    const { sessions = [] } = faultPlan(phased, 0);
    expect(sessions).toHaveLength(3);
    expect(new Set(sessions).size).toBe(3);
    const { high, low } = sessionOf(42, 2);
    expect(Number.parseInt(sessions[2] ?? "", 16)).toBeCloseTo(high * 2 ** 32 + low, -4);
  });
});

describe("what the runner draws", () => {
  test("has a key: client, message and attempt", () => {
    expect(backoffDraw(42, 1)(7, 2)).toBe(backoffDraw(42, 1)(7, 2));
    const draws = new Set([
      backoffDraw(42, 1)(7, 2),
      backoffDraw(42, 2)(7, 2),
      backoffDraw(42, 1)(8, 2),
      backoffDraw(42, 1)(7, 3),
      backoffDraw(43, 1)(7, 2),
    ]);
    expect(draws.size).toBe(5);
  });
});

describe("the schema and the fault catalogue", () => {
  const required: Record<string, object> = {
    delay: { delayMs: 1 },
    "slow-close": { delayMs: 1 },
    bandwidth: { bytesPerSecond: 1 },
  };

  test.each(FAULT_KINDS)("agree on %s: same fields, same defaults", (kind) => {
    const { fields, directionDefault, transports } = faultCatalog[kind];
    const transport = transports[0];
    const [fault] = spec({ transport, faults: [{ id: "f", kind, ...required[kind] }] }).faults;
    const given = Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, field.default ?? null]),
    );
    const common = { probability: 1, firstMessages: null, everyMessages: null, countMax: null };
    const computed = kind === "delay" ? { distribution: "constant" } : {};
    expect(fault).toEqual({
      id: "f",
      kind,
      direction: directionDefault,
      ...common,
      ...given,
      ...required[kind],
      ...computed,
    });
  });
});

describe("the limits of a run's server", () => {
  const held = (clients: number): number =>
    runServerLimits(spec({ workload: { clients, messages: clients } })).heldBytesMax ?? 0;

  test("are its own as long as all links together hold back at most 1 GiB", () => {
    expect([held(1), held(256)]).toEqual([4_194_304, 4_194_304]);
    expect(held(257)).toBeLessThan(4_194_304);
  });

  test("share 1 GiB among more clients, with room for the largest datagram in each", () => {
    for (const clients of [257, 500, 1000]) {
      expect(held(clients) * clients).toBeLessThanOrEqual(1_073_741_824);
      expect(held(clients)).toBeGreaterThan(65_507 + 256);
    }
  });

  test("are those that a simulated run is given", async () => {
    const { createClient } = await import("@faultline/client");
    const { createServerCore } = await import("@faultline/server");
    const given: unknown[] = [];
    await runTrial(spec({ mode: "simulated", workload: { clients: 512, messages: 512 } }), {
      createParts: () => ({
        createClient,
        createServerCore: (options) => {
          given.push(options.limits);
          return createServerCore(options);
        },
      }),
    });
    expect(given).toEqual([{ heldBytesMax: 2_097_152 }]);
  });
});
