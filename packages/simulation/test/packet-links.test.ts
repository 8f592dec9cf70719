/** Packet links over the simulated network: the contract of every link, and the door of a server. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { acceptPackets, packetDialer } from "@faultline/protocol";
import { linkContract } from "@faultline/testkit/contract";
import { LinkRecorder } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { LinkOptions } from "../src/index.ts";
import { Simulation } from "../src/index.ts";
import { pattern } from "./helpers.ts";

const PORT = 7000;
const SECOND = 1_000_000;
const SECRET = new Uint8Array(32);

/** A server that speaks both, and dialers of both kinds to it. */
function world(accept: (link: Link) => LinkEvents, link: Partial<LinkOptions> = {}) {
  const simulation = new Simulation({ seed: 5, link });
  const server = simulation.addNode("server", {
    boot(process) {
      const { clock } = process;
      const limits = { connectionsPerPeerMax: 2 };
      const door = acceptPackets({ clock, secret: SECRET, limits, accept });
      process.listen({ port: PORT, kind: "datagram" }, door);
    },
  });
  const { clock } = simulation.addNode("client");
  const bare = simulation.dialer("client", { host: "server", port: PORT, kind: "datagram" });
  let high = 1;
  const connectionId = (low: number) => ({ high: high++, low });
  return { simulation, server, bare, packets: packetDialer(bare, { clock, connectionId }) };
}

for (const [name, link] of [
  ["a packet link", {}],
  ["a packet link that loses, doubles and damages", { loss: 0.2, duplicate: 0.1, corrupt: 0.1 }],
] as const) {
  linkContract(name, "datagram", (accept) => {
    const { packets, simulation } = world(accept, link);
    // A connection is never at rest: there is always a ping to come.
    const pump = (): void => void simulation.run({ timeUs: simulation.nowUs + 20 * SECOND });
    return { dialer: packets, pump, close: () => {} };
  });
}

/** Owners of whatever comes in. */
function owners() {
  const seen: LinkRecorder[] = [];
  const links: Link[] = [];
  const accept = (link: Link): LinkEvents => {
    const recorder = new LinkRecorder();
    seen.push(recorder);
    links.push(link);
    return recorder;
  };
  return { seen, links, accept };
}

describe("a server's door", () => {
  test("gives the peer of bare datagrams the bare link, and the peer of packets a link of packets", () => {
    const { seen, links, accept } = owners();
    const { bare, packets, simulation } = world(accept);
    const plain = bare.dial(new LinkRecorder());
    const packed = packets.dial(new LinkRecorder());
    plain.send(pattern(100));
    packed.send(pattern(60_000));
    simulation.run({ timeUs: SECOND });
    expect(seen.map(({ bytesReceived }) => bytesReceived)).toEqual([100, 60_000]);
    expect(seen[1]!.pieces).toHaveLength(1);
    expect(links.map(({ messageBytesMax }) => messageBytesMax)).toEqual([undefined, 65_600]);
  });

  test("tells who comes with a connection of an earlier life that it is not known", () => {
    const { seen, accept } = owners();
    const { packets, server, simulation } = world(accept);
    const client = new LinkRecorder();
    const link = packets.dial(client);
    link.send(pattern(10));
    simulation.run({ timeUs: SECOND });
    server.restart();
    link.send(pattern(10));
    simulation.run({ timeUs: 2 * SECOND });
    expect(client.error?.code).toBe("reset");
    // Not one byte of it reached anybody in the new life.
    expect(seen).toHaveLength(1);
  });

  test("lets one peer have connectionsPerPeerMax connections, and ignores one more", () => {
    const { seen, accept } = owners();
    const { simulation, bare, server } = world(accept);
    // Three connections from one port: dialers that share one bare link.
    const faces: LinkEvents[] = [];
    let shared: Link | undefined;
    const events = (call: (face: LinkEvents) => void): void => faces.forEach(call);
    shared = bare.dial({
      onOpen: () => events((face) => face.onOpen()),
      onBytes: (bytes) => events((face) => face.onBytes(bytes)),
      onDrain() {},
      onEnd() {},
      onClose() {},
    });
    for (let index = 0; index < 3; index++) {
      const dialer = packetDialer(
        { kind: "datagram", dial: (face) => (faces.push(face), shared) },
        { clock: server.clock, connectionId: () => ({ high: 9, low: index }) },
      );
      dialer.dial(new LinkRecorder()).send(pattern(10 + index));
    }
    simulation.run({ timeUs: SECOND });
    expect(seen.map(({ bytesReceived }) => bytesReceived)).toEqual([10, 11]);
  });
});

describe("a packet link", () => {
  test("that is ended sends what it took before, and then tells the peer", () => {
    const { seen, accept } = owners();
    const { packets, simulation } = world(accept, { delayUs: 25_000, loss: 0.1 });
    const client = new LinkRecorder();
    const link = packets.dial(client);
    for (let index = 0; index < 10; index++) link.send(pattern(20_000, index));
    link.end();
    simulation.run({ timeUs: 20 * SECOND });
    expect(client.isClosed).toBe(true);
    expect(client.error).toBeUndefined();
    // The word itself may be lost; then silence says the same.
    simulation.run({ timeUs: 60 * SECOND });
    expect(seen[0]!.isClosed).toBe(true);
    expect(seen[0]!.pieces).toHaveLength(10);
  });

  test("whose owner pauses keeps so much, and lets the sender wait with the rest", () => {
    const { seen, links, accept } = owners();
    const { packets, simulation } = world(accept);
    const link = packets.dial(new LinkRecorder());
    link.send(pattern(1));
    simulation.run({ timeUs: SECOND });
    links[0]!.pause();
    let sent = 0;
    while (link.send(pattern(60_000, sent)) && sent < 200) sent++;
    simulation.run({ timeUs: 10 * SECOND });
    while (link.send(pattern(60_000, sent)) && sent < 200) sent++;
    simulation.run({ timeUs: 15 * SECOND });
    expect(seen[0]!.bytesReceived).toBe(1);
    links[0]!.resume();
    simulation.run({ timeUs: 60 * SECOND });
    expect(seen[0]!.pieces.length).toBeGreaterThan(30);
    expect(sent).toBeLessThan(60);
  });

  test("whose owner pauses for minutes, with more to come than it keeps, is not taken for dead", () => {
    const { seen, links, accept } = owners();
    const { packets, simulation } = world(accept);
    const client = new LinkRecorder();
    const link = packets.dial(client);
    link.send(pattern(1));
    simulation.run({ timeUs: SECOND });
    links[0]!.pause();
    // What a message that waits is given up after, and then as much again.
    for (let second = 1; second < 60; second++) {
      for (let count = 0; count < 4; count++) link.send(pattern(60_000, second));
      simulation.run({ timeUs: second * SECOND });
    }
    expect([client.isClosed, seen[0]!.isClosed]).toEqual([false, false]);
    links[0]!.resume();
    simulation.run({ timeUs: 120 * SECOND });
    expect(seen[0]!.pieces.length).toBeGreaterThan(30);
  });

  test("whose peer is gone is over after 30 s of silence, as a timeout", () => {
    const { accept } = owners();
    const { packets, server, simulation } = world(accept);
    const client = new LinkRecorder();
    packets.dial(client).send(pattern(1));
    simulation.run({ timeUs: SECOND });
    server.crash({ connections: "silent" });
    simulation.run({ timeUs: 29 * SECOND });
    expect(client.isClosed).toBe(false);
    simulation.run({ timeUs: 32 * SECOND });
    expect(client.error?.code).toBe("timeout");
  });
});
