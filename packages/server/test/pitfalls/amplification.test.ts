/**
 * Pitfall 25. A small request with somebody else's address on it makes the server send a lot there.
 *
 * The victim never asked for anything, so it answers nothing: no ack, no token. What counts is what
 * leaves the server for each byte that came in its name.
 */
import type { Link, LinkEvents } from "@faultline/protocol";
import {
  acceptPackets,
  decodeDatagram,
  encodeFrame,
  FrameType,
  isRefusal,
  packetDialer,
} from "@faultline/protocol";
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import { createServerCore } from "../../src/index.ts";
import { frame, text } from "../support/core-world.ts";

const LARGE = new Uint8Array(60_000).fill(7);
const MINUTE_US = 60_000_000;
/** Answers everything with as much as fits. */
const RESPONDER = {
  name: "echo",
  extraBytes: LARGE.length,
  count: 0,
  respond: () => LARGE,
} as const;

/** A wire that counts, and on which the client's address is somebody else's: nobody hears there. */
class Spoofed {
  readonly clock = new FakeClock();
  bytesIn = 0;
  bytesOut = 0;
  /** Whether the address is the client's own after all. */
  isHeard = false;
  /** Datagrams that still get in. */
  requests = Infinity;
  readonly network: MemoryNetwork;

  constructor() {
    this.network = new MemoryNetwork({
      clock: this.clock,
      kind: "datagram",
      latencyUs: 1000,
      meddle: (bytes, { from }) => {
        if (from === "server") {
          this.bytesOut += bytes.length;
          return this.isHeard ? bytes : undefined;
        }
        if (this.requests-- <= 0) return undefined;
        this.bytesIn += bytes.length;
        return bytes;
      },
    });
  }

  /** A client that asks once, in packets. */
  ask(): { replies: number } {
    const seen = { replies: 0 };
    const dialer = packetDialer(this.network, {
      clock: this.clock,
      connectionId: (low) => ({ high: 1, low }),
    });
    const link = dialer.dial({ ...NOTHING, onBytes: () => void seen.replies++ });
    link.send(encodeFrame(frame({ payload: text("all of it, please") })));
    return seen;
  }
}

const NOTHING: LinkEvents = { onOpen() {}, onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };

/** Our server on such a wire. */
function ours(): Spoofed {
  const world = new Spoofed();
  const { clock, network } = world;
  const core = createServerCore({ clock, responder: RESPONDER });
  const accept = (link: Link): LinkEvents => core.accept(link);
  network.listen(acceptPackets({ clock, secret: new Uint8Array(32).fill(9), accept }));
  return world;
}

/** A server that cuts its reply into datagrams and sends them, again until it hears of them. */
function naive(): Spoofed {
  const world = new Spoofed();
  const { clock, network } = world;
  network.listen((link) => ({
    ...NOTHING,
    onBytes(bytes) {
      const item = decodeDatagram(bytes);
      if (isRefusal(item)) return;
      const reply = encodeFrame({ ...item, type: FrameType.reply, payload: LARGE.slice() });
      const send = (): void => {
        for (let at = 0; at < reply.length; at += 1200) link.send(reply.subarray(at, at + 1200));
      };
      for (let time = 0; time < 4; time++) clock.setTimer(clock.nowUs() + time * 1_000_000, send);
    },
  }));
  return world;
}

describe("an address that has not proved that it hears", () => {
  test.each([1, 2, 20])(
    "gets at most three times what came in its name (%i datagrams)",
    (count) => {
      const world = ours();
      world.requests = count;
      world.ask();
      world.clock.advance(MINUTE_US);
      expect(world.bytesIn).toBeGreaterThan(0);
      expect(world.bytesOut).toBeGreaterThan(0);
      expect(world.bytesOut).toBeLessThanOrEqual(3 * world.bytesIn);
    },
  );

  test("gets hundreds of times as much from a naive server", () => {
    const world = naive();
    world.network.dial(NOTHING).send(encodeFrame(frame({ payload: text("all of it, please") })));
    world.clock.advance(MINUTE_US);
    expect(world.bytesOut).toBeGreaterThan(500 * world.bytesIn);
  });
});

test("an address that sends the token back gets all of it", () => {
  const world = ours();
  world.isHeard = true;
  const seen = world.ask();
  world.clock.advance(MINUTE_US);
  expect(seen.replies).toBe(1);
  expect(world.bytesOut).toBeGreaterThan(LARGE.length);
});

test("an address that hears the token, but whose answer does not come, gets no more than that", () => {
  const world = ours();
  world.isHeard = true;
  world.requests = 1;
  world.ask();
  world.clock.advance(MINUTE_US);
  expect(world.bytesOut).toBeLessThanOrEqual(3 * world.bytesIn);
});
