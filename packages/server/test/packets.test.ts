/** The core behind a door for packets: what it does not read, it need not keep. */
import type { Frame, Link, LinkEvents } from "@faultline/protocol";
import {
  acceptPackets,
  decodeDatagram,
  encodeFrame,
  isRefusal,
  packetDialer,
} from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { expect, test } from "vitest";
import { createServerCore } from "../src/index.ts";
import { frame } from "./support/core-world.ts";

const SECOND_US = 1_000_000;
const REQUESTS = 100;
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
