/**
 * A simulated run whose parts leak: a client, a server, a clock that ask the world outside.
 *
 * Each leak is planted where it would hide in real code, and the run must fail of it by name; the same
 * part without the leak must not.
 */
import fs from "node:fs";
import net from "node:net";
import { createClient } from "@faultline/client";
import { FaultChain } from "@faultline/faults";
import { createServerCore } from "@faultline/server";
import { afterEach, describe, expect, test } from "vitest";
import { type FullSpec, parseSpec, type Result, runExperiment } from "../src/index.ts";
import type { SimulatedParts } from "../src/run/simulated.ts";
import { removeGuards } from "../src/seal/seal.ts";

afterEach(() => removeGuards());

function spec(more: object = {}): FullSpec {
  const parsed = parseSpec({
    specVersion: 1,
    mode: "simulated",
    seed: 3,
    workload: { messages: 40, clients: 2 },
    faults: [{ id: "drop", kind: "loss", probability: 0.2, answer: "error" }],
    ...more,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

async function run(parts: Partial<SimulatedParts>): Promise<Result> {
  return (await runExperiment(spec(), { parts })).result;
}

const LEAKS: Record<string, () => unknown> = {
  "Date.now()": () => Date.now(),
  "Math.random()": () => Math.random(),
  setTimeout: () => setTimeout(() => {}),
  "fs.readFile()": () => fs.readFile("/nowhere", () => {}),
  "net.connect()": () => net.connect(9),
};

/** A client that leaks for the jitter of its waits. */
function withJitter(leak: () => unknown): Partial<SimulatedParts> {
  return {
    createClient(options) {
      const { draw } = options;
      return createClient({
        ...options,
        draw: function jitter(...key) {
          leak();
          return draw(...key);
        },
      });
    },
  };
}

/** A server that leaks as it looks at its clock. */
function withClock(leak: () => unknown): Partial<SimulatedParts> {
  return {
    createServerCore(options) {
      const { clock } = options;
      return createServerCore({
        ...options,
        clock: {
          nowUs: function serverClock() {
            leak();
            return clock.nowUs();
          },
          setTimer: (atUs, due) => clock.setTimer(atUs, due),
          defer: (due) => clock.defer(due),
        },
      });
    },
  };
}

describe("a leak", () => {
  test.each(Object.keys(LEAKS))("of %s in a client's retries fails the run", async (name) => {
    const failure = run(withJitter(LEAKS[name] as () => unknown));
    await expect(failure).rejects.toMatchObject({ name: "RunError", code: "unsealed" });
    await expect(failure).rejects.toThrow(name);
    await expect(failure).rejects.toThrow(/Used by .*unsealed\.test\.ts/);
  });

  test.each(Object.keys(LEAKS))("of %s in a server fails the run", async (name) => {
    const failure = run(withClock(LEAKS[name] as () => unknown));
    await expect(failure).rejects.toMatchObject({ name: "RunError", code: "unsealed" });
    await expect(failure).rejects.toThrow(name);
  });

  test("in what a fault decides fails the run", async () => {
    const { decide } = FaultChain.prototype;
    FaultChain.prototype.decide = function decideByClock(...given) {
      performance.now();
      return decide.apply(this, given);
    };
    try {
      await expect(run({})).rejects.toThrow(/performance\.now\(\).*decideByClock/);
    } finally {
      FaultChain.prototype.decide = decide;
    }
  });

  test("in the first message fails the run as one in the last does", async () => {
    const early: Partial<SimulatedParts> = {
      createClient(options) {
        const client = createClient(options);
        const submit = client.submit.bind(client);
        client.submit = function submitLate(...given) {
          Date.now();
          return submit(...given);
        };
        return client;
      },
    };
    await expect(run(early)).rejects.toThrow(/Date\.now\(\).*submitLate/);
  });

  test("as a client is made, or a server boots, fails the run", async () => {
    const made: Partial<SimulatedParts> = {
      createClient(options) {
        Math.random();
        return createClient(options);
      },
    };
    const booted: Partial<SimulatedParts> = {
      createServerCore(options) {
        Math.random();
        return createServerCore(options);
      },
    };
    for (const parts of [made, booted]) {
      await expect(run(parts)).rejects.toMatchObject({ code: "unsealed" });
    }
  });

  test("that the client catches and swallows fails the run all the same", async () => {
    const swallowed = withJitter(() => {
      try {
        Math.random();
      } catch {
        // as careless code does
      }
    });
    await expect(run(swallowed)).rejects.toMatchObject({ code: "unsealed" });
  });
});

describe("no leak", () => {
  test("lets the same parts through", async () => {
    const result = await run({ ...withJitter(() => {}), ...withClock(() => {}) });
    expect(result.verdict).toBe("pass");
    const { result: plain } = await runExperiment(spec());
    expect(result.bodyHash).toBe(plain.bodyHash);
  });

  test("is seen in what the caller does when it is called back", async () => {
    let called = 0;
    const look = (): void => {
      called += 1;
      expect(Date.now() + performance.now() + Math.random()).toBeGreaterThan(0);
      expect(fs.existsSync(".")).toBe(true);
    };
    const { result } = await runExperiment(spec(), { onExchange: look, onProgress: look });
    expect(result.verdict).toBe("pass");
    expect(called).toBeGreaterThan(40);
  });

  test("is seen in timers and runs of the same thread that go on between slices", async () => {
    const plan = spec({ workload: { messages: 20_000, clients: 4 } });
    let ticks = 0;
    const timer = setInterval(() => (ticks += Date.now() > 0 ? 1 : 0));
    const real = runExperiment(spec({ mode: "real" }));
    const [one, other] = await Promise.all([runExperiment(plan), runExperiment(plan)]);
    clearInterval(timer);
    expect(one.result.bodyHash).toBe(other.result.bodyHash);
    expect((await real).result.counts.delivered).toBe(40);
    expect(ticks).toBeGreaterThan(0);
  });
});
