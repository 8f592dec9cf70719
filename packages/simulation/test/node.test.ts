/** Nodes: crash, restart, pause and resume, as their peers see them. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { expect, test } from "vitest";
import type { SimulatedProcess } from "../src/index.ts";
import { Simulation } from "../src/index.ts";
import { connected, expectKept, pattern, PORT, since, stage, TimedRecorder } from "./helpers.ts";

const D = 1000;
const RTO = 200_000 + 2 * D;
const link = { delayUs: D };

test("a process that crashes resets its connections, and its port refuses new ones", () => {
  const { simulation, client, server, dial, startUs } = connected("stream", { link });
  simulation.node("server").crash();
  const late = dial();
  simulation.run();
  expect([client.error?.code, since(startUs, client.at("close"))]).toEqual(["reset", [D]]);
  expect(late.error?.code).toBe("refused");
  // Its memory is gone: nobody is told in there.
  expect(server.isClosed).toBe(false);
  expectKept(client, server);
});

test("a machine that goes off falls silent: who sends to it times out, who waits hears nothing", () => {
  const { simulation, client, dial } = connected("stream", {
    link,
    stream: { timeoutsMax: 2, connectRetriesMax: 1 },
  });
  const waiting = dial();
  simulation.run();
  simulation.node("server").crash({ connections: "silent" });
  const startUs = simulation.nowUs;
  client.link?.send(pattern(3));
  const late = dial();
  simulation.run();
  expect([client.error?.code, since(startUs, client.at("close"))]).toEqual(["timeout", [7 * RTO]]);
  expect([late.error?.code, since(startUs, late.at("close"))]).toEqual(["timeout", [3_000_000]]);
  expect(waiting.events).toEqual(["open"]);
});

test("a machine that is back knows of no connection: what still arrives is answered by a reset", () => {
  const { simulation, client, startUs } = connected("stream", { link });
  const server = simulation.node("server");
  server.crash({ connections: "silent" });
  client.link?.send(pattern(3));
  simulation.at(startUs + RTO / 2, () => server.restart());
  simulation.run();
  expect([client.error?.code, since(startUs, client.at("close"))]).toEqual([
    "reset",
    [RTO + 2 * D],
  ]);
});

test("a machine that goes off takes what its stack was about to send again with it", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  simulation.partition("client", "server");
  client.link?.send(pattern(3));
  client.link?.end();
  simulation.node("client").crash({ connections: "silent" });
  simulation.node("client").restart();
  simulation.heal("client", "server");
  simulation.run();
  expect([server.bytesReceived, server.isClosed]).toEqual([0, false]);
  expect(simulation.nowUs).toBe(startUs);
});

test("the stack of a process that ended in peace still brings its last bytes over", () => {
  const { simulation, client, server } = connected("stream", { link });
  server.link?.end();
  simulation.run();
  const way = simulation.link("client", "server");
  way.set({ loss: 1 });
  client.link?.send(pattern(3));
  client.link?.end();
  simulation.run({ timeUs: simulation.nowUs + 10 });
  expect(client.isClosed).toBe(true);
  way.set({ loss: 0 });
  simulation.node("client").crash();
  simulation.run();
  expect([server.received(), server.events.at(-1), server.error]).toEqual([
    pattern(3),
    "close",
    undefined,
  ]);
});

test("and where it cannot, nobody is left to be told", () => {
  const { simulation, client, server } = connected("stream", { link, stream: { timeoutsMax: 1 } });
  server.link?.end();
  simulation.run();
  simulation.partition("client", "server");
  client.link?.send(pattern(3));
  client.link?.end();
  simulation.run();
  expect([client.error, server.isClosed]).toEqual([undefined, false]);
  simulation.heal("client", "server");
  expectKept(client, server);
});

test("a restart boots a new process with a new memory; the crash tore the old one down", () => {
  const simulation = new Simulation({ seed: 1, link });
  const lives: string[] = [];
  const node = simulation.addNode("server", {
    boot(process: SimulatedProcess) {
      let served = 0;
      const life = lives.length;
      lives.push("running");
      process.listen({ port: PORT, kind: "stream" }, (accepted: Link): LinkEvents => {
        served++;
        accepted.send(Uint8Array.of(life, served));
        return new TimedRecorder(simulation);
      });
      return () => void (lives[life] = "torn down");
    },
  });
  simulation.addNode("client");
  const ask = (): Uint8Array => {
    const client = new TimedRecorder(simulation);
    simulation.dialer("client", { host: "server", port: PORT, kind: "stream" }).dial(client);
    simulation.run();
    return client.received();
  };
  expect([ask(), ask()]).toEqual([Uint8Array.of(0, 1), Uint8Array.of(0, 2)]);
  node.crash();
  node.crash();
  expect([lives, node.isCrashed, node.isUp]).toEqual([["torn down"], true, true]);
  node.restart();
  expect(ask()).toEqual(Uint8Array.of(1, 1));
  // Restarting what runs crashes it first.
  node.restart();
  expect(lives).toEqual(["torn down", "torn down", "running"]);
  expect(simulation.nodes).toEqual([node, simulation.node("client")]);
});

test("timers, deferred calls and dialers of a process end with it", () => {
  const { simulation } = stage("stream", { link });
  const node = simulation.node("client");
  const { clock } = node;
  const dialers = (["stream", "datagram"] as const).map((kind) =>
    simulation.dialer("client", { host: "server", port: PORT, kind }),
  );
  const fired: string[] = [];
  clock.setTimer(500, () => fired.push("timer"));
  clock.setTimer(100, () => {
    clock.defer(() => fired.push("deferred"));
    node.restart();
  });
  node.process.listen({ port: 5, kind: "stream" }, () => new TimedRecorder(simulation));
  const old = node.process;
  simulation.run();
  expect(fired).toEqual([]);
  expect(simulation.nowUs).toBe(100);
  for (const dialer of dialers) {
    const recorder = new TimedRecorder(simulation);
    expect(dialer.dial(recorder).send(pattern(3))).toBe(true);
    simulation.run();
    expect(recorder.events).toEqual([]);
  }
  expect(() =>
    old.listen({ port: 6, kind: "stream" }, () => new TimedRecorder(simulation)),
  ).toThrow(/Cannot listen: client has crashed/);
  expect(simulation.link("client", "server").stats.packets).toBe(0);
});

test("a dialler that dies while it dials leaves no half connection behind", () => {
  for (const connections of ["reset", "silent"] as const) {
    for (const atUs of [D / 2, D + D / 2, 2 * D + D / 2]) {
      const { simulation, dial, accepted } = stage("stream", { link });
      dial();
      simulation.at(atUs, () => simulation.node("client").crash({ connections }));
      simulation.run();
      const last = accepted.at(-1);
      expect([undefined, "open", "close"]).toContain(last?.events.at(-1));
      if (connections === "reset" && last !== undefined) expect(last.error?.code).toBe("reset");
    }
  }
});

test("a paused process fires nothing; going on, it does all of it in the order it came due", () => {
  const simulation = new Simulation({ seed: 1 });
  const node = simulation.addNode("sleeper");
  const seen: [string, number][] = [];
  const say = (word: string) => (): void => void seen.push([word, simulation.nowUs]);
  node.clock.setTimer(300, say("third"));
  node.clock.setTimer(100, say("first"));
  node.clock.setTimer(200, say("second"));
  const cancelled = node.clock.setTimer(250, say("cancelled"));
  simulation.at(50, () => {
    node.clock.defer(say("deferred"));
    node.pause();
    node.pause();
  });
  simulation.at(260, () => cancelled.cancel());
  simulation.at(1000, () => node.resume());
  simulation.run();
  expect(seen).toEqual([
    ["deferred", 1000],
    ["first", 1000],
    ["second", 1000],
    ["third", 1000],
  ]);
  node.resume();
  simulation.run();
  expect(seen).toHaveLength(4);
});

test("a paused process is still acknowledged for: its peer waits at the window, and breaks nothing", () => {
  const { simulation, client, server } = connected("stream", {
    link,
    stream: { windowBytes: 5000, timeoutsMax: 1 },
  });
  simulation.node("server").pause();
  client.link?.send(pattern(20_000));
  client.link?.end();
  simulation.run();
  expect([client.isClosed, server.bytesReceived]).toEqual([false, 0]);
  simulation.at(simulation.nowUs + 60_000_000, () => simulation.node("server").resume());
  simulation.run();
  expect(server.received()).toEqual(pattern(20_000));
  expect(server.events.at(-1)).toBe("end");
});

test("a paused process accepts, opens and closes links when it goes on", () => {
  const { simulation, dial, accepted } = stage("stream", { link });
  const clients = [dial(), dial()];
  simulation.at(D / 2, () => simulation.node("server").pause());
  simulation.at(D, () => simulation.node("client").pause());
  simulation.run();
  expect([accepted.length, clients.map((one) => one.events)]).toEqual([0, [[], []]]);
  simulation.node("client").resume();
  simulation.run();
  expect(clients.map((one) => one.events)).toEqual([["open"], ["open"]]);
  clients[0]?.link?.reset();
  simulation.run();
  simulation.node("server").resume();
  simulation.run();
  // The first was reset before anybody took it.
  expect(accepted).toHaveLength(1);
  expect(accepted[0]?.link?.remote).toBe("client:49153");
  expectKept(...clients, ...accepted);
});

test("a link opens before its bytes are told, however its owner and its process paused", () => {
  const { simulation, dial, accepted } = stage("stream", { link });
  const client = dial();
  client.link?.pause();
  simulation.at(D, () => simulation.node("client").pause());
  simulation.run();
  accepted[0]?.link?.send(pattern(4));
  simulation.run();
  simulation.node("client").resume();
  client.link?.resume();
  simulation.run();
  expect(client.events).toEqual(["open", "bytes"]);
  expectKept(client);
});

test("a link that was paused before it opened opens, and waits with its bytes", () => {
  const { simulation, dial, accepted } = stage("stream", { link });
  const client = dial();
  client.link?.pause();
  simulation.run();
  accepted[0]?.link?.send(pattern(4));
  simulation.run();
  expect(client.events).toEqual(["open"]);
  client.link?.resume();
  simulation.run();
  expect(client.events).toEqual(["open", "bytes"]);
});

test("a process that is paused in the middle of reading reads the rest when it goes on", () => {
  const { simulation, client, server } = connected("stream", { stream: { readBytesMax: 10 } });
  server.link?.pause();
  for (let index = 0; index < 3; index++) client.link?.send(pattern(10, index));
  simulation.run();
  server.react = () => simulation.node("server").pause();
  server.link?.resume();
  simulation.run();
  expect(server.bytesReceived).toBe(10);
  server.react = () => {};
  simulation.node("server").resume();
  simulation.run();
  expect(server.bytesReceived).toBe(30);
});

test("datagrams wait for a paused process as far as its buffer goes, those of new peers too", () => {
  const { simulation, client, server, dial, accepted } = connected("datagram", {
    datagram: { receiveBufferBytes: 20 },
  });
  simulation.node("server").pause();
  for (const index of [1, 2, 3]) client.link?.send(pattern(10, index));
  const other = dial();
  other.link?.send(pattern(4));
  simulation.run();
  expect([server.pieces.length, accepted.length]).toEqual([0, 1]);
  simulation.node("server").resume();
  simulation.run();
  expect(server.pieces).toEqual([pattern(10, 1), pattern(10, 2)]);
  expect(accepted[1]?.pieces).toEqual([pattern(4)]);
  expectKept(...accepted, client);
});

test("a process that crashes while it is paused does nothing ever after", () => {
  const { simulation, client, server } = connected("stream", { link });
  const node = simulation.node("server");
  let fired = 0;
  node.clock.setTimer(simulation.nowUs + 5, () => fired++);
  node.pause();
  client.link?.send(pattern(3));
  simulation.run();
  node.crash();
  node.resume();
  simulation.run();
  expect([fired, server.bytesReceived, client.error?.code]).toEqual([0, 0, "reset"]);
});

test("a process that dies of what it reads reads no more", () => {
  for (const kind of ["stream", "datagram"] as const) {
    const { simulation, client, server } = connected(kind, { stream: { readBytesMax: 1 } });
    server.link?.pause();
    for (const index of [1, 2]) client.link?.send(Uint8Array.of(index));
    simulation.run();
    server.react = () => simulation.node("server").crash();
    server.link?.resume();
    simulation.run();
    expect(server.received()).toEqual(Uint8Array.of(1));
  }
});

test("datagrams to a machine that is off, or a process that crashed, are lost", () => {
  for (const connections of ["reset", "silent"] as const) {
    const { simulation, client, server } = connected("datagram");
    simulation.node("server").crash({ connections });
    client.link?.send(pattern(3));
    simulation.run();
    expect([server.pieces, client.isClosed]).toEqual([[], false]);
  }
});

test("names that cannot stand in an address, or stand for another node, are refused", () => {
  const simulation = new Simulation({ seed: 1 });
  simulation.addNode("a");
  for (const name of ["", "a:b", "a b", "a>b"]) {
    expect(() => simulation.addNode(name)).toThrow(/Cannot make a node as "name" must be/);
  }
  expect(() => simulation.addNode("a")).toThrow(/Cannot add a node as "name" must be new: got "a"/);
  expect(() => simulation.node("b")).toThrow(/Cannot find a node as "name"/);
  expect(() => simulation.link("a", "b")).toThrow(RangeError);
});
