/** Datagrams: each arrives whole, damaged, twice, late or not at all, and nobody is told. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { connected, expectKept, pattern, PORT, since, stage, TimedRecorder } from "./helpers.ts";

test("datagrams sent at once over a constant delay all arrive after that delay", () => {
  const { simulation, client, server, startUs } = connected("datagram", { link: { delayUs: 800 } });
  for (let index = 0; index < 100; index++) client.link?.send(pattern(10, index));
  simulation.run();
  expect(new Set(since(startUs, server.at("bytes")))).toEqual(new Set([800]));
  expect(server.pieces).toEqual(Array.from({ length: 100 }, (_, index) => pattern(10, index)));
});

test("datagrams back to back arrive at the rate of the link", () => {
  const { simulation, client, server, startUs } = connected("datagram", {
    link: { delayUs: 800, bytesPerSecond: 1_000_000 },
  });
  for (let index = 0; index < 4; index++) client.link?.send(pattern(500));
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([1300, 1800, 2300, 2800]);
});

test("a datagram as large as the MTU arrives; a larger one is dropped and counted", () => {
  const { simulation, client, server } = connected("datagram", { link: { mtuBytes: 1200 } });
  expect(client.link?.send(pattern(1200))).toBe(true);
  expect(client.link?.send(pattern(1201))).toBe(true);
  simulation.run();
  expect(server.pieces).toEqual([pattern(1200)]);
  expect(simulation.link("client", "server").stats.oversized).toBe(1);
});

test("a datagram that is duplicated arrives twice, and is the same", () => {
  const { simulation, client, server } = connected("datagram", { link: { duplicate: 0 } });
  simulation.link("client", "server").set({ duplicate: 1 });
  client.link?.send(pattern(20));
  simulation.run();
  expect(server.pieces).toEqual([pattern(20), pattern(20)]);
});

test("a datagram that is damaged differs in one bit, and the sender's bytes do not", () => {
  const { simulation, client, server } = connected("datagram");
  simulation.link("client", "server").set({ corrupt: 1 });
  const bytes = pattern(50);
  client.link?.send(bytes);
  client.link?.send(new Uint8Array(0));
  simulation.run();
  expect(bytes).toEqual(pattern(50));
  const [arrived, empty] = server.pieces;
  const flipped = bytes.reduce((bits, byte, at) => bits + bitsOf(byte ^ (arrived?.[at] ?? 0)), 0);
  expect([flipped, arrived?.length, empty?.length]).toEqual([1, 50, 0]);
});

function bitsOf(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}

test("a datagram that is held back is passed by later ones", () => {
  const { simulation, client, server } = connected("datagram");
  const link = simulation.link("client", "server");
  link.set({ reorder: 1, reorderDelayUs: 500 });
  client.link?.send(Uint8Array.of(1));
  link.set({ reorder: 0 });
  client.link?.send(Uint8Array.of(2));
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(2, 1));
});

test("a partition takes what is sent and what is on its way, in its direction only", () => {
  const { simulation, client, server, startUs } = connected("datagram", { link: { delayUs: 800 } });
  client.link?.send(Uint8Array.of(1));
  server.link?.send(Uint8Array.of(2));
  simulation.at(startUs + 400, () => {
    simulation.partition("client", "server", "one-way");
    client.link?.send(Uint8Array.of(3));
  });
  simulation.at(startUs + 5000, () => {
    simulation.heal("client", "server");
    client.link?.send(Uint8Array.of(4));
  });
  simulation.run();
  expect([server.received(), client.received()]).toEqual([Uint8Array.of(4), Uint8Array.of(2)]);
  expect(simulation.link("client", "server").stats.cut).toBe(2);
});

test("whatever the link does, what arrives was sent, and nothing arrives that was not", () => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), chance, chance, chance, (seed, loss, duplicate, reorder) => {
      const { simulation, dial, accepted } = stage("datagram", {
        seed,
        link: { loss, duplicate, reorder, jitterUs: 300 },
      });
      const { link } = dial();
      for (let index = 0; index < 40; index++) link?.send(Uint8Array.of(index));
      simulation.run();
      const { stats } = simulation.link("client", "server");
      const pieces = accepted[0]?.pieces ?? [];
      expect(pieces.length).toBe(40 - stats.lost + stats.duplicated);
      expect(new Set(pieces.map((piece) => piece[0])).size).toBe(40 - stats.lost);
    }),
    { numRuns: 50 },
  );
});

test("a reader that paused gets what its buffer holds, in order; what comes then is dropped", () => {
  const { simulation, client, server } = connected("datagram", {
    datagram: { receiveBufferBytes: 30 },
  });
  server.link?.pause();
  for (const index of [1, 2, 3, 4]) client.link?.send(pattern(10, index));
  simulation.run();
  expect(server.pieces).toEqual([]);
  server.link?.resume();
  server.link?.resume();
  simulation.run();
  expect(server.pieces).toEqual([1, 2, 3].map((index) => pattern(10, index)));
});

test("empty datagrams take room in the buffer too", () => {
  const { simulation, client, server } = connected("datagram", {
    datagram: { receiveBufferBytes: 2 },
  });
  server.link?.pause();
  for (let index = 0; index < 3; index++) client.link?.send(new Uint8Array(0));
  server.link?.resume();
  server.link?.pause();
  simulation.run();
  server.link?.resume();
  simulation.run();
  expect(server.pieces).toHaveLength(2);
});

test("a reader that pauses in the middle of what waited gets the rest when it goes on", () => {
  const { simulation, client, server } = connected("datagram");
  server.link?.pause();
  for (const index of [1, 2, 3]) client.link?.send(Uint8Array.of(index));
  simulation.run();
  server.react = () => server.link?.pause();
  server.link?.resume();
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(1));
  server.react = () => {};
  server.link?.resume();
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(1, 2, 3));
});

test("a listener tells its peers apart, up to as many as it may", () => {
  const { simulation, accepted, dial } = stage("datagram", { datagram: { peersMax: 2 } });
  const clients = [dial(), dial(), dial()];
  clients.forEach((client, index) => client.link?.send(Uint8Array.of(index)));
  simulation.run();
  expect(accepted.map((one) => one.received())).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
  expect(accepted.map((one) => one.link?.remote)).toEqual(["client:49152", "client:49153"]);
  expect(clients.map((one) => one.link?.local)).toContain("client:49153");
  expectKept(...accepted, ...clients);
});

test("a peer whose link the listener dropped is met anew with its next datagram", () => {
  const { simulation, client, server, accepted } = connected("datagram");
  server.link?.reset();
  simulation.run();
  expect([server.isClosed, server.error]).toEqual([true, undefined]);
  client.link?.send(Uint8Array.of(5));
  simulation.run();
  expect(accepted).toHaveLength(2);
  expect(accepted[1]?.received()).toEqual(Uint8Array.of(5));
  // The second link goes on in the draws where the first ended: no luck is used twice.
  accepted[1]?.link?.send(Uint8Array.of(6));
  simulation.run();
  expect(client.received()).toEqual(Uint8Array.of(6));
});

test("a listener may refuse a peer by dropping its link at once", () => {
  const { simulation } = stage("datagram");
  const refused = new TimedRecorder(simulation);
  simulation.listen("server", { port: 9, kind: "datagram" }, (link) => {
    link.reset();
    return refused;
  });
  const recorder = new TimedRecorder(simulation);
  simulation
    .dialer("client", { host: "server", port: 9, kind: "datagram" })
    .dial(recorder)
    .send(Uint8Array.of(1));
  simulation.run();
  expect(refused.events).toEqual(["close"]);
});

test("a listener that pauses a link as it takes it gets the first datagram when it goes on", () => {
  const { simulation } = stage("datagram");
  const paused = new TimedRecorder(simulation);
  simulation.listen("server", { port: 9, kind: "datagram" }, (link) => {
    paused.link = link;
    link.pause();
    return paused;
  });
  simulation
    .dialer("client", { host: "server", port: 9, kind: "datagram" })
    .dial(new TimedRecorder(simulation))
    .send(Uint8Array.of(1));
  simulation.run();
  expect(paused.events).toEqual(["open"]);
  paused.link?.resume();
  simulation.run();
  expect(paused.events).toEqual(["open", "bytes"]);
});

test("a listener that closed meets nobody new, and keeps those it knows", () => {
  const { simulation, accepted } = stage("datagram");
  const server = new TimedRecorder(simulation);
  const listener = simulation.listen("server", { port: 9, kind: "datagram" }, (link) => {
    server.link = link;
    return server;
  });
  const dialer = simulation.dialer("client", { host: "server", port: 9, kind: "datagram" });
  const known = dialer.dial(new TimedRecorder(simulation));
  known.send(Uint8Array.of(1));
  simulation.run();
  listener.close();
  dialer.dial(new TimedRecorder(simulation)).send(Uint8Array.of(2));
  known.send(Uint8Array.of(3));
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(1, 3));
  expect(accepted).toEqual([]);
  server.link?.end();
  simulation.run();
  // The last peer gone, the port is free again.
  simulation.listen("server", { port: 9, kind: "datagram" }, () => server).close();
  simulation.listen("server", { port: 9, kind: "datagram" }, () => server);
});

test("a link that was dialled hears its peer only, and nothing once it is over", () => {
  const { simulation, client, server } = connected("datagram");
  const stranger = simulation.addNode("stranger");
  const dialer = stranger.process.dialer({ host: "client", port: 49_152, kind: "datagram" });
  dialer.dial(new TimedRecorder(simulation)).send(Uint8Array.of(1));
  simulation.run();
  expect(client.pieces).toEqual([]);
  client.link?.end();
  client.link?.end();
  expect(() => client.link?.send(Uint8Array.of(1))).toThrow(/after its end\(\) was called/);
  server.link?.send(Uint8Array.of(2));
  simulation.run();
  expect(client.events).toEqual(["open", "close"]);
  expect(server.isClosed).toBe(false);
});

test("a link that was dropped before it opened never opens, and takes bytes without a word", () => {
  const { simulation, dial, accepted } = stage("datagram");
  const client = dial();
  client.link?.reset();
  expect(client.link?.send(Uint8Array.of(1))).toBe(true);
  simulation.run();
  expect([client.events, accepted.length]).toEqual([["close"], 0]);
});

test("a dial to a node that is not there is unreachable", () => {
  const { simulation } = stage("datagram");
  const recorder = new TimedRecorder(simulation);
  const dialer = simulation.dialer("client", { host: "nowhere", port: PORT, kind: "datagram" });
  const link = dialer.dial(recorder);
  expect(recorder.events).toEqual([]);
  simulation.run();
  expect([recorder.events, recorder.error?.code]).toEqual([["close"], "unreachable"]);
  expect(link.remote).toBe("nowhere:7000");
});

test("a node gives every open link a port of its own, as long as it has one", () => {
  const { simulation } = stage("datagram");
  const dialer = simulation.dialer("client", { host: "server", port: PORT, kind: "datagram" });
  const first = dialer.dial(new TimedRecorder(simulation));
  for (let index = 1; index < 16_384; index++) dialer.dial(new TimedRecorder(simulation));
  expect(() => dialer.dial(new TimedRecorder(simulation))).toThrow(/no free port/);
  first.reset();
  dialer.dial(new TimedRecorder(simulation));
});
