/** The core behind a door for packets: what it does not read, it need not keep. */
import type { Frame, Link, LinkEvents } from "@faultline/protocol";
import {
  acceptPackets,
  decodeDatagram,
  encodeFrame,
  isRefusal,
  packetDialer,
  sealDialer,
} from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { expect, test } from "vitest";
import { createEntrance } from "../src/entrance.ts";
import { createServerCore } from "../src/index.ts";
import { frame } from "./support/core-world.ts";

const SECOND_US = 1_000_000;
const REQUESTS = 100;
const KEY = { id: "key", secret: new Uint8Array(32).fill(3) };
const BODY = new Uint8Array(5000);

test("a full link of packets is not read from: no reply is dropped, and the sender waits", () => {
  const clock = new FakeClock();
  let dropped = 0;
  const network = new MemoryNetwork({ clock, kind: "datagram", latencyUs: 5000 });
  const core = createServerCore({ clock });
  const limits = { sendQueueBytesMax: 20_000, assemblyBytesMax: 40_000 };
  network.listen(
    acceptPackets({
      clock,
      secret: new Uint8Array(32),
      limits,
      accept: (link: Link): LinkEvents => core.accept(link),
      onDropped: () => void dropped++,
    }),
  );
  const replies = new Set<number>();
  const dialer = packetDialer(network, { clock, connectionId: (low) => ({ high: 1, low }) });
  const link = dialer.dial({
    onOpen() {},
    onBytes(bytes) {
      const item = decodeDatagram(bytes);
      if (!isRefusal(item)) replies.add((item as Frame).operation);
    },
    onDrain() {},
    onEnd() {},
    onClose() {},
  });
  for (let operation = 0; operation < REQUESTS; operation++) {
    link.send(encodeFrame(frame({ operation, payload: BODY })));
  }
  clock.advance(20 * SECOND_US);
  expect(replies.size).toBe(REQUESTS);
  expect(dropped).toBe(0);
});

test.each([[], [KEY]])(
  "no datagram is larger than 1200 bytes either way, sealed or not",
  (...keys) => {
    const clock = new FakeClock();
    const sizes = { client: 0, server: 0 };
    const network = new MemoryNetwork({
      clock,
      kind: "datagram",
      latencyUs: 5000,
      meddle: (bytes, { from }) => {
        sizes[from] = Math.max(sizes[from], bytes.length);
        return bytes;
      },
    });
    let drawn = 0;
    const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(++drawn);
    const core = createServerCore({ clock });
    const entrance = createEntrance({
      codec: "frame",
      clock,
      random,
      secret: new Uint8Array(32),
      ...(keys.length > 0 && { keys }),
      accept: (link) => core.accept(link),
      turnedAway: () => {},
    });
    network.listen((link) => entrance.accept(link));
    let replyBytes = 0;
    const bare = keys.length > 0 ? sealDialer(network, { keys, clock, random }) : network;
    const dialer = packetDialer(bare, { clock, connectionId: (low) => ({ high: 1, low }) });
    const link = dialer.dial({
      onOpen: () => void link.send(encodeFrame(frame({ payload: new Uint8Array(65_536) }))),
      onBytes: (bytes) => void (replyBytes = bytes.length),
      onDrain() {},
      onEnd() {},
      onClose() {},
    });
    clock.advance(10 * SECOND_US);
    expect(replyBytes).toBe(65_536 + 44);
    for (const bytes of [sizes.client, sizes.server]) {
      expect(bytes).toBeLessThanOrEqual(1200);
      // What is left is room for an ack and a token.
      expect(bytes).toBeGreaterThanOrEqual(1200 - 25);
    }
  },
);
