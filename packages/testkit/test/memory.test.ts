import { expect, test } from "vitest";
import { FakeClock, MemoryNetwork, LinkRecorder, numbers, pair, seeded } from "../src/index.ts";

test("a piece takes the latency, no more and no less", () => {
  const { clock, client, server } = pair({ latencyUs: 500 });
  client.link.send(Uint8Array.of(1));
  clock.advance(499);
  expect(server.seen.bytesReceived).toBe(0);
  clock.advance(1);
  expect(server.seen.bytesReceived).toBe(1);
});

test("a stream is cut into segments, a datagram never", () => {
  for (const [kind, sizes] of [
    ["stream", [4, 4, 2]],
    ["datagram", [10]],
  ] as const) {
    const { clock, client, server } = pair({ kind, segmentBytes: 4 });
    client.link.send(new Uint8Array(10));
    clock.runUntilIdle();
    expect(server.seen.pieces.map((piece) => piece.length)).toEqual(sizes);
  }
});

test("the hook can drop, replace and multiply pieces, and knows which one it sees", () => {
  const { clock, client, server } = pair({
    meddle: (bytes, { from, connection, piece }) => {
      expect([from, connection]).toEqual(["client", 0]);
      return [undefined, Uint8Array.of(9), [bytes, bytes]][piece];
    },
  });
  for (const value of [1, 2, 3]) client.link.send(Uint8Array.of(value));
  clock.runUntilIdle();
  expect(server.seen.received()).toEqual(Uint8Array.of(9, 3, 3));
});

test("bytes kept beyond their event are garbage, as they may be with sockets", () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock });
  const server = new LinkRecorder();
  let kept = new Uint8Array(0);
  server.onBytes = (bytes) => void (kept = bytes as typeof kept);
  network.listen(() => server);
  network.dial(new LinkRecorder()).send(Uint8Array.of(1, 2));
  clock.runUntilIdle();
  expect(kept).toEqual(Uint8Array.of(0xee, 0xee));
});

test("a paused reader fills the sender's queue exactly to its limit", () => {
  const { clock, client, server } = pair({ queueBytesMax: 10 });
  server.link.pause();
  expect(client.link.send(new Uint8Array(10))).toBe(true);
  expect(client.link.send(new Uint8Array(1))).toBe(false);
  clock.runUntilIdle();
  expect(client.seen.events).not.toContain("drain");
  server.link.resume();
  clock.runUntilIdle();
  expect(client.seen.events).toContain("drain");
});

test("a dial that is given up before it was answered reaches nobody", () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock, latencyUs: 10 });
  network.listen(() => expect.unreachable());
  const client = new LinkRecorder();
  network.dial(client).reset();
  clock.runUntilIdle();
  expect(client.events).toEqual(["close"]);
});

test("datagrams to nobody are lost without a word, and the listener may come later", () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ clock, kind: "datagram" });
  const client = new LinkRecorder();
  const link = network.dial(client);
  link.send(Uint8Array.of(1));
  clock.runUntilIdle();
  const server = new LinkRecorder();
  network.listen(() => server);
  link.send(Uint8Array.of(2));
  clock.runUntilIdle();
  expect(client.events).toEqual(["open"]);
  expect(server.received()).toEqual(Uint8Array.of(2));
});

test("a datagram to an association that was dropped begins a new one", () => {
  const { clock, network, client, server } = pair({ kind: "datagram" });
  server.link.end();
  clock.runUntilIdle();
  const next = new LinkRecorder();
  network.listen(() => next);
  client.link.send(Uint8Array.of(5));
  clock.runUntilIdle();
  expect(next.received()).toEqual(Uint8Array.of(5));
  expect(network.connections).toHaveLength(2);
});

test("a stream after unlisten is refused", () => {
  const { clock, network } = pair();
  network.unlisten();
  const late = new LinkRecorder();
  network.dial(late);
  clock.runUntilIdle();
  expect(late.error?.code).toBe("refused");
});

test("sending after end is a bug, and says so", () => {
  const { client } = pair();
  client.link.end();
  expect(() => client.link.send(Uint8Array.of(1))).toThrow("after its end()");
});

test("a failure tells the seed that brings it back", () => {
  expect(() =>
    seeded(() => {
      throw new Error("wrong");
    }),
  ).toThrow(/wrong\nReplay with FAULTLINE_TEST_SEED=\d+/);
});

test("the numbers of a seed are the same for ever", () => {
  const draw = numbers(1);
  expect([draw(), draw(), draw()]).toEqual([2693262067, 11749833, 2265367787]);
});
