/** Streams: handshake, order, windows and ends on a network that loses nothing. */
import { expect, test } from "vitest";
import { connected, expectKept, pattern, PORT, since, stage, TimedRecorder } from "./helpers.ts";

const D = 1000;

test("a dial takes one round trip; the listener hears of it half a trip later", () => {
  const { simulation, dial, accepted } = stage("stream", { link: { delayUs: D } });
  const client = dial();
  expect(client.link?.local).toBe("");
  simulation.run();
  expect([client.at("open"), accepted[0]?.at("open")]).toEqual([[2 * D], [3 * D]]);
  expect([client.link?.local, client.link?.remote]).toEqual(["client:49152", "server:7000"]);
  expect([accepted[0]?.link?.local, accepted[0]?.link?.remote]).toEqual([
    "server:7000",
    "client:49152",
  ]);
});

test("a dial to nobody is refused after one round trip", () => {
  const { simulation } = stage("stream", { link: { delayUs: D } });
  const recorder = new TimedRecorder(simulation);
  simulation.dialer("client", { host: "server", port: 1, kind: "stream" }).dial(recorder);
  simulation.run();
  expect([recorder.error?.code, recorder.at("close")]).toEqual(["refused", [2 * D]]);
});

test("a listener that closed refuses what comes, and keeps what it has", () => {
  const { simulation } = stage("stream");
  const server = new TimedRecorder(simulation);
  const listener = simulation.listen("server", { port: 1, kind: "stream" }, (link) => {
    server.link = link;
    return server;
  });
  expect(listener.address).toBe("server:1");
  const dialer = simulation.dialer("client", { host: "server", port: 1, kind: "stream" });
  const link = dialer.dial(new TimedRecorder(simulation));
  simulation.run();
  listener.close();
  const late = new TimedRecorder(simulation);
  dialer.dial(late);
  link.send(Uint8Array.of(1));
  simulation.run();
  expect([late.error?.code, server.bytesReceived]).toEqual(["refused", 1]);
});

test("a dial to a node that is not there is unreachable", () => {
  const { simulation } = stage("stream");
  const recorder = new TimedRecorder(simulation);
  simulation.dialer("client", { host: "nowhere", port: 1, kind: "stream" }).dial(recorder);
  expect(recorder.events).toEqual([]);
  simulation.run();
  expect(recorder.error?.code).toBe("unreachable");
});

test("a listener may drop a link as it takes it", () => {
  const { simulation } = stage("stream");
  const server = new TimedRecorder(simulation);
  simulation.listen("server", { port: 1, kind: "stream" }, (link) => {
    link.reset();
    return server;
  });
  const client = new TimedRecorder(simulation);
  simulation.dialer("client", { host: "server", port: 1, kind: "stream" }).dial(client);
  simulation.run();
  expect([server.events, client.events]).toEqual([["close"], ["open", "close"]]);
  expect(client.error?.code).toBe("reset");
});

test("a dial that is given up before the answer came closes here, and never reaches the listener", () => {
  const { simulation, dial, accepted } = stage("stream", { link: { delayUs: D } });
  const client = dial();
  simulation.run({ timeUs: D + 1 });
  client.link?.reset();
  simulation.run();
  expect([client.events, client.error, accepted]).toEqual([["close"], undefined, []]);
});

test("an exchange of two small messages costs two events", () => {
  const { simulation, client, server } = connected("stream");
  server.react = (event, bytes) => event === "bytes" && server.link?.send(bytes.slice());
  const before = simulation.kernel.events;
  for (let index = 0; index < 100; index++) {
    client.link?.send(pattern(64));
    simulation.run();
  }
  expect(client.bytesReceived).toBe(6400);
  expect(simulation.kernel.events - before).toBe(200);
});

test("bytes at a rate R through an open window take d + bytes/R", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link: { delayUs: D, bytesPerSecond: 10_000_000 },
  });
  client.link?.send(pattern(100_000));
  simulation.run();
  expect(server.received()).toEqual(pattern(100_000));
  expect(server.at("bytes").at(-1)! - startUs).toBe(D + 10_000);
});

test("throughput through a closed window is window per round trip", () => {
  const windowBytes = 14_600;
  const { simulation, client, server, startUs } = connected("stream", {
    link: { delayUs: D },
    stream: { windowBytes },
  });
  client.link?.send(pattern(10 * windowBytes));
  simulation.run();
  // Ten windows, each a round trip after the one before.
  expect(new Set(since(startUs, server.at("bytes")))).toEqual(
    new Set(Array.from({ length: 10 }, (_, index) => D + index * 2 * D)),
  );
  expect(server.received()).toEqual(pattern(10 * windowBytes));
});

test("a reader that does not read stops its writer at window and buffer, and starts it again", () => {
  const { simulation, client, server } = connected("stream", {
    stream: { windowBytes: 3000, sendBufferBytes: 1000 },
  });
  server.link?.pause();
  expect(client.link?.send(pattern(3000))).toBe(true);
  expect(client.link?.send(pattern(999, 1))).toBe(true);
  expect(client.link?.send(pattern(1, 2))).toBe(false);
  simulation.run();
  expect([server.bytesReceived, client.at("drain")]).toEqual([0, []]);
  server.link?.resume();
  simulation.run();
  expect(server.bytesReceived).toBe(4000);
  expect(client.at("drain")).toHaveLength(1);
  // One that was full and has been drained is not full.
  expect(client.link?.send(pattern(10))).toBe(true);
});

test("bytes that waited for a reader come in one piece, as large as a read may be", () => {
  const { simulation, client, server } = connected("stream", { stream: { readBytesMax: 25 } });
  server.link?.pause();
  for (let index = 0; index < 6; index++) client.link?.send(pattern(10, index));
  client.link?.end();
  simulation.run();
  expect(server.events).toEqual(["open"]);
  server.link?.resume();
  server.link?.resume();
  simulation.run();
  expect(server.pieces.map((piece) => piece.length)).toEqual([20, 20, 20]);
  expect(server.events).toEqual(["open", "bytes", "bytes", "bytes", "end"]);
});

test("a reader that pauses in the middle of what waited gets the rest when it goes on", () => {
  const { simulation, client, server } = connected("stream", { stream: { readBytesMax: 1 } });
  server.link?.pause();
  for (let index = 0; index < 3; index++) client.link?.send(Uint8Array.of(index));
  simulation.run();
  server.react = () => server.link?.pause();
  server.link?.resume();
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(0));
  server.react = () => {};
  server.link?.resume();
  simulation.run();
  expect(server.received()).toEqual(Uint8Array.of(0, 1, 2));
});

test("segments are cut by the seed: the same for the same, other for another", () => {
  const cuts = (seed: number): number[] => {
    const { simulation, client, server } = connected("stream", { seed, stream: { cut: 0.5 } });
    for (let index = 0; index < 40; index++) client.link?.send(pattern(100, index));
    simulation.run();
    expect(server.bytesReceived).toBe(4000);
    return server.pieces.map((piece) => piece.length);
  };
  expect(cuts(3)).toEqual(cuts(3));
  expect(cuts(3)).not.toEqual(cuts(4));
  expect(cuts(3).length).toBeGreaterThan(50);
});

test("a segment is never larger than it may be, and small writes that wait travel together", () => {
  const { simulation, client, server } = connected("stream", {
    stream: { segmentBytesMax: 100, windowBytes: 100 },
  });
  for (let index = 0; index < 30; index++) client.link?.send(pattern(9, index));
  simulation.run();
  const alone = Array.from({ length: 11 }, () => 9);
  expect(server.pieces.map((piece) => piece.length)).toEqual([...alone, 1, 100, 70]);
});

test("each side ends its own way: one ended, the other still sends", () => {
  const { simulation, client, server, startUs } = connected("stream", { link: { delayUs: D } });
  client.link?.send(Uint8Array.of(1));
  client.link?.end();
  expect(() => client.link?.send(Uint8Array.of(2))).toThrow(/after its end\(\) was called/);
  simulation.run();
  expect(since(startUs, server.at("end"))).toEqual([D]);
  expect([client.isClosed, server.isClosed]).toEqual([false, false]);
  server.link?.send(Uint8Array.of(3));
  server.link?.end();
  simulation.run();
  expect([client.received(), client.error, server.error]).toEqual([
    Uint8Array.of(3),
    undefined,
    undefined,
  ]);
  expectKept(client, server);
});

test("an end goes out after what is queued, also where the link is not open yet", () => {
  const { simulation, dial, accepted } = stage("stream", { stream: { windowBytes: 10 } });
  const client = dial();
  client.link?.send(pattern(55));
  client.link?.end();
  simulation.run();
  expect(accepted[0]?.received()).toEqual(pattern(55));
  expect(accepted[0]?.events.at(-1)).toBe("end");
});

test("a reset arrives after one trip; its bytes that were not read are gone", () => {
  const { simulation, client, server, startUs } = connected("stream", { link: { delayUs: D } });
  server.link?.pause();
  client.link?.send(Uint8Array.of(1));
  client.link?.reset();
  simulation.run();
  expect(since(startUs, client.at("close"))).toEqual([0]);
  expect(since(startUs, server.at("close"))).toEqual([D]);
  expect([server.error?.code, server.bytesReceived]).toEqual(["reset", 0]);
  expect([client.link?.send(Uint8Array.of(1)), server.link?.send(Uint8Array.of(1))]).toEqual([
    true,
    true,
  ]);
  expectKept(client, server);
});

test("bytes on their way to an end that is gone are answered by a reset", () => {
  const { simulation, client, server } = connected("stream", { link: { delayUs: D } });
  simulation.partition("client", "server", "one-way");
  client.link?.reset();
  simulation.run();
  // The reset was lost: the server's end is half-open until it sends something.
  expect([client.isClosed, server.isClosed]).toEqual([true, false]);
  simulation.heal("client", "server");
  server.link?.send(Uint8Array.of(1));
  simulation.run();
  expect(server.error?.code).toBe("reset");
});

test("a writer that was full is told nothing once the link is over", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link: { delayUs: D },
    stream: { windowBytes: 10, sendBufferBytes: 5 },
  });
  expect(client.link?.send(pattern(15))).toBe(false);
  // The acknowledgement is back after a round trip; this comes first at that time, and uses it.
  simulation.at(startUs + 2 * D, () => {
    client.link?.send(pattern(1));
    client.link?.reset();
  });
  simulation.run();
  expect([server.bytesReceived, client.events]).toEqual([16, ["open", "close"]]);
  expectKept(client, server);
});

test("bytes that are lost on the way from an end that is gone stay lost", () => {
  const { simulation, client, server, startUs } = connected("stream", { link: { delayUs: D } });
  client.link?.send(pattern(5));
  client.link?.reset();
  simulation.at(startUs + 1, () => simulation.partition("client", "server"));
  simulation.run();
  expect([server.bytesReceived, simulation.nowUs]).toEqual([0, startUs + D]);
});

test("both ends may drop the link at once", () => {
  const { simulation, client, server } = connected("stream", { link: { delayUs: D } });
  client.link?.send(Uint8Array.of(1));
  client.link?.reset();
  server.link?.reset();
  simulation.run();
  expect([client.error, server.error]).toEqual([undefined, undefined]);
  expectKept(client, server);
});

test("an end in the middle of being told of the other's end closes once, after it", () => {
  const { simulation, client, server } = connected("stream");
  server.react = (event) => event === "end" && server.link?.end();
  client.link?.end();
  simulation.run();
  expect(server.events).toEqual(["open", "end", "close"]);
  expect(client.events).toEqual(["open", "end", "close"]);
});

test("nothing that an owner does is answered before its call returns", () => {
  const { simulation, client, server } = connected("stream", {
    stream: { windowBytes: 10, sendBufferBytes: 5 },
  });
  server.link?.pause();
  client.link?.send(pattern(20));
  simulation.run();
  const before = server.events.length;
  server.link?.resume();
  expect(server.events).toHaveLength(before);
  client.link?.end();
  server.link?.reset();
  expect(server.events).toHaveLength(before);
  simulation.run();
  expectKept(client, server);
});

test("an empty send is nothing", () => {
  const { simulation, client, server } = connected("stream");
  const before = simulation.kernel.events;
  expect(client.link?.send(new Uint8Array(0))).toBe(true);
  simulation.run();
  expect([server.pieces, simulation.kernel.events]).toEqual([[], before]);
});

test("ports and names that are none are refused", () => {
  const { simulation } = stage("stream");
  const listen = (port: number): unknown =>
    simulation.listen("server", { port, kind: "stream" }, () => new TimedRecorder(simulation));
  expect(() => listen(0)).toThrow(
    /Cannot listen as "port" must be an integer of 1 to 65535: got 0/,
  );
  expect(() => listen(65_536)).toThrow(RangeError);
  expect(() => listen(PORT)).toThrow(/Cannot listen as "port" must be free: got server:7000/);
  listen(65_535);
  const address = { host: "server", port: 0.5, kind: "stream" } as const;
  expect(() => simulation.dialer("client", address)).toThrow(/Cannot dial as "port"/);
});

test("a stream or datagram option out of its bounds is refused", () => {
  expect(() => stage("stream", { stream: { windowBytes: 0 } })).toThrow(
    /Cannot set up streams as "windowBytes" must be an integer of 1 to \d+: got 0/,
  );
  expect(() => stage("stream", { stream: { cut: 2 } })).toThrow(/"cut" must be a chance/);
  expect(() => stage("stream", { datagram: { peersMax: 0 } })).toThrow(
    /Cannot set up datagram sockets as "peersMax"/,
  );
});
