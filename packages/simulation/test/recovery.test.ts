/** Streams on a network that loses: a segment is late, or the connection is over; never a hole. */
import { expect, test } from "vitest";
import { connected, expectKept, pattern, since, stage, TimedRecorder } from "./helpers.ts";

const D = 1000;
/** What a lost segment waits before it is sent again: the margin and both delays. */
const RTO = 200_000 + 2 * D;
const link = { delayUs: D };

test("a lost segment arrives one timeout later, and what follows it waits for it", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  const way = simulation.link("client", "server");
  way.set({ loss: 1 });
  client.link?.send(pattern(10, 1));
  way.set({ loss: 0 });
  client.link?.send(pattern(10, 2));
  client.link?.end();
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([RTO + D]);
  expect(server.received()).toEqual(Uint8Array.of(...pattern(10, 1), ...pattern(10, 2)));
  expect(server.events.slice(-1)).toEqual(["end"]);
});

test("the wait doubles with every timeout in a row, up to its bound", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link,
    stream: { rtoMaxUs: 1_000_000 },
  });
  const way = simulation.link("client", "server");
  way.set({ loss: 1 });
  client.link?.send(pattern(10));
  // Sent again after 1, 3, 7 waits; then every second: 1.414, 2.414 …
  simulation.at(startUs + 2_400_000, () => way.set({ loss: 0 }));
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([7 * RTO + 1_000_000 + D]);
  expect(way.stats.lost).toBe(4);
});

test("an acknowledgement ends the row of timeouts: the next loss waits the first wait again", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  const way = simulation.link("client", "server");
  way.set({ loss: 1 });
  client.link?.send(pattern(1));
  simulation.at(startUs + RTO + 1, () => way.set({ loss: 0 }));
  simulation.run();
  const nextUs = simulation.nowUs;
  way.set({ loss: 1 });
  client.link?.send(pattern(1));
  way.set({ loss: 0 });
  simulation.run();
  expect(server.at("bytes")).toEqual([startUs + 3 * RTO + D, nextUs + RTO + D]);
});

test("the stalls of a stream are on average what the closed form says", () => {
  // k losses in a row, chance p^k (1-p), stall R (2^k - 1): the mean is R p / (1 - 2p).
  const [p, count] = [0.03, 20_000];
  const { simulation, client, server } = connected("stream", { link });
  simulation.link("client", "server").set({ loss: p });
  const sentUs: number[] = [];
  server.react = () => {
    if (sentUs.length === count) return;
    sentUs.push(simulation.nowUs);
    client.link?.send(pattern(1));
  };
  server.react("bytes", pattern(0));
  simulation.run();
  const stalls = server.at("bytes").map((atUs, index) => atUs - (sentUs[index] ?? 0) - D);
  expect(stalls).toHaveLength(count);
  expect(stalls.filter((stall) => ![0, 1, 3, 7, 15].includes(stall / RTO))).toEqual([]);
  const mean = stalls.reduce((sum, one) => sum + one, 0) / count;
  const variance = (1 - p) / (1 - 4 * p) - ((1 - p) / (1 - 2 * p)) ** 2;
  const z = (mean - (RTO * p) / (1 - 2 * p)) / (RTO * Math.sqrt(variance / count));
  expect(Math.abs(z)).toBeLessThan(4);
});

test("a damaged segment fails its checksum and is sent again", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  const way = simulation.link("client", "server");
  way.set({ corrupt: 1 });
  client.link?.send(pattern(10));
  way.set({ corrupt: 0 });
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([RTO + D]);
  expect([server.received(), way.stats.corrupted]).toEqual([pattern(10), 1]);
});

test("segments that change places are put in order again", () => {
  const { simulation, client, server } = connected("stream", {
    link: { delayUs: D, jitterUs: 900, reorder: 0.3 },
    stream: { cut: 0.5, segmentBytesMax: 50 },
  });
  client.link?.send(pattern(20_000));
  simulation.run();
  expect(server.received()).toEqual(pattern(20_000));
  expect(simulation.link("client", "server").stats.reordered).toBeGreaterThan(0);
});

test("a queue that overflows loses segments, and all bytes arrive all the same", () => {
  const { simulation, client, server } = connected("stream", {
    link: { delayUs: D, bytesPerSecond: 5_000_000, queuePacketsMax: 8 },
  });
  client.link?.send(pattern(200_000));
  simulation.run();
  expect(server.received()).toEqual(pattern(200_000));
  expect(simulation.link("client", "server").stats.overflowed).toBeGreaterThan(0);
});

test("a connection breaks after timeoutsMax timeouts and one, and not before", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link,
    stream: { timeoutsMax: 3 },
  });
  simulation.partition("client", "server");
  client.link?.send(pattern(10));
  simulation.run({ timeUs: startUs + 15 * RTO - 1 });
  expect(client.isClosed).toBe(false);
  simulation.run();
  expect(since(startUs, client.at("close"))).toEqual([15 * RTO]);
  expect(client.error?.code).toBe("timeout");
  // The other end knows of nothing: it is half-open.
  expect([server.isClosed, server.bytesReceived]).toEqual([false, 0]);
  simulation.heal("client", "server");
  server.link?.send(pattern(1));
  simulation.run();
  expect(server.error?.code).toBe("reset");
  expectKept(client, server);
});

test("a partition loses what is on its way, and nothing once it is healed", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  client.link?.send(pattern(10));
  simulation.at(startUs + D / 2, () => simulation.partition("client", "server"));
  simulation.at(startUs + 10_000, () => simulation.heal("client", "server"));
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([RTO + D]);
  expect(server.received()).toEqual(pattern(10));
});

test("a partition of the way there lets the way back alone", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  simulation.partition("client", "server", "one-way");
  server.link?.send(pattern(5));
  client.link?.send(pattern(6));
  simulation.run({ timeUs: startUs + D });
  expect(since(startUs, client.at("bytes"))).toEqual([D]);
  expect(server.at("bytes")).toEqual([]);
  simulation.heal("client", "server");
  simulation.run();
  expect(server.received()).toEqual(pattern(6));
});

test("bytes that arrive while their acknowledgement cannot are told once, and sent until it can", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  simulation.partition("server", "client", "one-way");
  client.link?.send(pattern(10));
  simulation.at(startUs + 4 * RTO, () => simulation.heal("client", "server"));
  simulation.run();
  expect(since(startUs, server.at("bytes"))).toEqual([D]);
  expect([server.received(), client.isClosed]).toEqual([pattern(10), false]);
  // Asked after 1, 3 and 7 waits; the third question was answered.
  expect(since(startUs, [simulation.nowUs])).toEqual([7 * RTO + D]);
});

test("a sender that is never acknowledged breaks, though all its bytes arrived", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link,
    stream: { timeoutsMax: 2 },
  });
  simulation.partition("server", "client", "one-way");
  client.link?.send(pattern(10));
  simulation.run();
  expect(server.bytesReceived).toBe(10);
  expect([client.error?.code, since(startUs, client.at("close"))]).toEqual(["timeout", [7 * RTO]]);
});

test("a window that opens unheard is asked for until it is", () => {
  const { simulation, client, server, startUs } = connected("stream", {
    link,
    stream: { windowBytes: 10 },
  });
  server.link?.pause();
  client.link?.send(pattern(20));
  simulation.run();
  simulation.partition("client", "server");
  server.link?.resume();
  simulation.at(startUs + 1_000_000, () => simulation.heal("client", "server"));
  simulation.run();
  expect(server.received()).toEqual(pattern(20));
});

test("a question that is lost is asked again", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  simulation.partition("server", "client", "one-way");
  client.link?.send(pattern(10));
  simulation.at(startUs + D + 1, () => simulation.partition("client", "server"));
  simulation.at(startUs + 2 * RTO, () => simulation.heal("client", "server"));
  simulation.run();
  expect([server.bytesReceived, client.isClosed]).toEqual([10, false]);
  expect(since(startUs, [simulation.nowUs])).toEqual([3 * RTO + D]);
});

test("several lost segments are sent again as the wait of each is over", () => {
  const { simulation, client, server, startUs } = connected("stream", { link });
  const way = simulation.link("client", "server");
  way.set({ loss: 1 });
  client.link?.send(pattern(10, 1));
  simulation.at(startUs + 1000, () => client.link?.send(pattern(10, 2)));
  simulation.at(startUs + 2000, () => way.set({ loss: 0 }));
  simulation.run();
  // The second was lost 1 ms later; by then the row of timeouts has doubled its wait.
  expect(since(startUs, server.at("bytes"))).toEqual([RTO + D, 1000 + 2 * RTO + D]);
});

test("a lost SYN is sent again after a second, then after two more", () => {
  for (const way of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    const { simulation, dial, accepted } = stage("stream", { link });
    const cut = simulation.link(way[0], way[1]);
    cut.set({ loss: 1 });
    const client = dial();
    simulation.at(2_500_000, () => cut.set({ loss: 0 }));
    simulation.run();
    expect([client.at("open"), accepted.length]).toEqual([[3_000_000 + 2 * D], 1]);
  }
});

test("a refusal that is lost is asked for again", () => {
  const { simulation } = stage("stream", { link });
  const back = simulation.link("server", "client");
  back.cut();
  const recorder = new TimedRecorder(simulation);
  simulation.dialer("client", { host: "server", port: 1, kind: "stream" }).dial(recorder);
  simulation.at(500_000, () => back.repair());
  simulation.run();
  expect([recorder.error?.code, recorder.at("close")]).toEqual(["refused", [1_000_000 + 2 * D]]);
});

test("a handshake that is cut on its way is made again", () => {
  for (const [cutAtUs, way] of [
    [D / 2, ["client", "server"]],
    [D + D / 2, ["server", "client"]],
  ] as const) {
    const { simulation, dial } = stage("stream", { link });
    const client = dial();
    simulation.at(cutAtUs, () => simulation.link(way[0], way[1]).cut());
    simulation.at(500_000, () => simulation.link(way[0], way[1]).repair());
    simulation.run();
    expect(client.at("open")).toEqual([1_000_000 + 2 * D]);
  }
});

test("a dial that nobody answers fails after connectRetriesMax repetitions", () => {
  const { simulation, dial, accepted } = stage("stream", {
    link,
    stream: { connectRetriesMax: 2 },
  });
  simulation.partition("client", "server");
  const client = dial();
  simulation.run();
  expect([client.error?.code, client.at("close")]).toEqual(["timeout", [7_000_000]]);
  expect([client.events, accepted]).toEqual([["close"], []]);
});

test("a dial that is given up while it waits asks no more", () => {
  const { simulation, dial } = stage("stream", { link });
  simulation.partition("client", "server");
  const client = dial();
  simulation.at(100, () => client.link?.reset());
  simulation.run();
  expect([client.at("close"), simulation.nowUs]).toEqual([[100], 100]);
});

test("a dial given up while its SYN is lost on the way asks no more", () => {
  const { simulation, dial } = stage("stream", { link });
  const client = dial();
  simulation.at(10, () => {
    client.link?.reset();
    simulation.partition("client", "server");
  });
  simulation.run();
  expect(simulation.nowUs).toBe(D);
});
