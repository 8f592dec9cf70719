/** A whole run: a function of its seed, and of nothing else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SimulationOptions } from "../src/index.ts";
import { compareRuns, Simulation, Trace } from "../src/index.ts";
import { pattern, TimedRecorder } from "./helpers.ts";

/** Three clients talk to an echo over a bad network, with a crash, a pause and a partition. */
function busy(options: SimulationOptions): Simulation {
  const simulation = new Simulation({
    link: { delayUs: 2000, jitterUs: 1500, loss: 0.05, reorder: 0.02, duplicate: 0.02 },
    ...options,
  });
  const server = simulation.addNode("server", {
    boot: (process) => {
      for (const kind of ["stream", "datagram"] as const) {
        process.listen({ port: 1, kind }, (link) => {
          const recorder = new TimedRecorder(simulation);
          recorder.react = (event, bytes) => event === "bytes" && link.send(bytes.slice());
          return recorder;
        });
      }
    },
  });
  for (const name of ["a", "b", "c"]) talk(simulation, name);
  simulation.at(300_000, () => server.restart());
  simulation.at(500_000, () => server.pause());
  simulation.at(700_000, () => server.resume());
  simulation.at(800_000, () => simulation.partition("a", "server", "one-way"));
  simulation.at(900_000, () => simulation.heal("a", "server"));
  simulation.at(850_000, () => simulation.partition("server", "b", "one-way"));
  simulation.at(1_150_000, () => simulation.heal("b", "server"));
  return simulation;
}

function talk(simulation: Simulation, name: string): void {
  const { clock, process } = simulation.addNode(name);
  const kind = name === "c" ? "datagram" : "stream";
  const dialer = process.dialer({ host: "server", port: 1, kind });
  let link = dialer.dial(new TimedRecorder(simulation));
  const tick = (count: number): void => {
    if (count % 20 === 19) {
      link.reset();
      link = dialer.dial(new TimedRecorder(simulation));
    }
    link.send(pattern(40 + count, count));
    if (count < 60) clock.setTimer(clock.nowUs() + 20_000, () => tick(count + 1));
  };
  tick(0);
}

function digestOf(seed: number): string {
  const simulation = busy({ seed });
  simulation.run();
  return simulation.digest;
}

test("the same seed gives the same digest, after other runs and beside them", () => {
  const alone = digestOf(42);
  const others = [busy({ seed: 42 }), busy({ seed: 43 })];
  // Step by step, in turns: neither may feel the other.
  let running = others;
  while (running.length > 0) running = running.filter((one) => one.kernel.step());
  expect(others[0]?.digest).toBe(alone);
  expect(digestOf(42)).toBe(alone);
});

test("the digest of this run is the same on every machine and in every runtime", () => {
  expect(digestOf(42)).toMatchInlineSnapshot(`"792de39c36e775e5"`);
});

test("another seed gives another digest, also where only the upper half of it differs", () => {
  const seeds = [0, 1, 2, 42, 42 + 2 ** 32, Number.MAX_SAFE_INTEGER];
  expect(new Set(seeds.map(digestOf)).size).toBe(seeds.length);
});

test("a run in one go, in steps or in pieces of time is the same run", () => {
  const whole = busy({ seed: 7 });
  whole.run();
  const pieces = busy({ seed: 7 });
  for (let timeUs = 0; pieces.run({ timeUs }) !== "idle"; timeUs += 12_345) continue;
  const stopped = busy({ seed: 7 });
  while (stopped.run({ done: () => stopped.kernel.events % 10 === 9 }) === "done") {
    stopped.kernel.step();
  }
  expect([pieces.digest, stopped.digest]).toEqual([whole.digest, whole.digest]);
});

test("compareRuns finds the runs of one seed the same, and names the first event of a leak", () => {
  const run = (seed: number) => (trace: Trace) => {
    const simulation = busy({ seed, trace });
    simulation.run();
    return simulation.digest;
  };
  expect(compareRuns(run(5)).same).toBe(true);
  let leak = 0;
  const comparison = compareRuns((trace) => {
    const simulation = busy({ seed: 5, trace });
    // What real chance would do: a delay that nobody drew from the seed.
    simulation.at(400_000, () => simulation.link("server", "b").set({ delayUs: 2000 + leak++ }));
    simulation.run();
    return simulation.digest;
  });
  const { first, second } = comparison.difference!;
  const at = first.findIndex((entry, index) => entry.digest !== second[index]?.digest);
  expect(comparison.same).toBe(false);
  expect(first[at]?.timeUs).toBeGreaterThan(400_000);
  expect(first[at]?.what).toMatch(/ of |timer|read|RST|SYN/);
});

test("a trace tells of every kind of event in words", () => {
  const trace = new Trace({ from: 0, lastMax: 1_000_000 });
  const simulation = busy({ seed: 3, trace, stream: { windowBytes: 60 } });
  simulation.run();
  const words = new Set(trace.entries.map((entry) => entry.what.replaceAll(/[\d:]+/g, "#")));
  for (const word of [
    "timer of the world",
    "timer of a",
    "timer of the stack of a",
    "data # of a# to server#, # bytes, attempt #",
    "open # of b# to server#, # bytes, attempt #",
    "probe # of b# to server#, # bytes, attempt #",
    "datagram # of c# to server#, # bytes",
    "SYN, a# dials server#",
    "SYN-ACK, a# dials server#",
    "reset of server# by b#",
    "acknowledgement for b#",
    "server# reads what waited",
  ]) {
    expect(words).toContain(word);
  }
});

test("a node that nobody talks to changes nothing that is drawn", () => {
  const received = (idle: boolean): number[] => {
    const simulation = new Simulation({ seed: 9, link: { loss: 0.3 } });
    if (idle) simulation.addNode("idle");
    simulation.addNode("server");
    simulation.addNode("client");
    const server = new TimedRecorder(simulation);
    simulation.listen("server", { port: 1, kind: "datagram" }, () => server);
    const dialer = simulation.dialer("client", { host: "server", port: 1, kind: "datagram" });
    const link = dialer.dial(new TimedRecorder(simulation));
    for (let index = 0; index < 200; index++) link.send(Uint8Array.of(index));
    simulation.run();
    return [...server.received()];
  };
  expect(received(true)).toEqual(received(false));
});

test("with the same luck, more loss never lets more datagrams through", () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  const arrived = (loss: number): Set<number> => {
    const simulation = new Simulation({ seed: 11, link: { loss } });
    simulation.addNode("server");
    simulation.addNode("client");
    const server = new TimedRecorder(simulation);
    simulation.listen("server", { port: 1, kind: "datagram" }, () => server);
    const dialer = simulation.dialer("client", { host: "server", port: 1, kind: "datagram" });
    const link = dialer.dial(new TimedRecorder(simulation));
    for (let index = 0; index < 100; index++) link.send(Uint8Array.of(index));
    simulation.run();
    return new Set(server.received());
  };
  fc.assert(
    fc.property(chance, chance, (one, other) => {
      const few = arrived(Math.max(one, other));
      const many = arrived(Math.min(one, other));
      expect([...few].filter((index) => !many.has(index))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("a seed that is none is refused", () => {
  for (const seed of [-1, 0.5, 2 ** 53]) {
    expect(() => new Simulation({ seed })).toThrow(/Cannot simulate as "seed" must be an integer/);
  }
  expect(() => new Simulation({ seed: "1" as never })).toThrow(TypeError);
});

test("links are counted, each direction for itself", () => {
  const simulation = busy({ seed: 1 });
  simulation.run();
  const names = simulation.links.map((one) => `${one.source}>${one.target}`);
  expect(names.toSorted()).toEqual([
    "a>server",
    "b>server",
    "c>server",
    "server>a",
    "server>b",
    "server>c",
  ]);
  for (const one of simulation.links) expect(one.stats.packets).toBeGreaterThan(0);
});
