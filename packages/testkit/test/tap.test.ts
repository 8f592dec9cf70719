/**
 * The tap over memory links: it tells everything, in order, and changes nothing.
 */
import type { Wire, WireTap } from "@faultline/protocol";
import { tapDialer } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { linkContract } from "../src/contract.ts";
import { FakeClock, LinkRecorder, MemoryNetwork } from "../src/index.ts";

const SILENT: WireTap = {
  open: () => ({ sent() {}, received() {}, ended() {}, reset() {} }),
  keyLog() {},
};

for (const kind of ["stream", "datagram"] as const) {
  linkContract(`a tapped ${kind}`, kind, (accept) => {
    const clock = new FakeClock();
    const network = new MemoryNetwork({ kind, clock, latencyUs: 100 });
    network.listen(accept);
    const options = { tap: SILENT, clock };
    return {
      dialer: tapDialer(network, options),
      dialerRefused: tapDialer(new MemoryNetwork({ kind, clock }), options),
      pump: () => clock.runUntilIdle(),
      close() {},
    };
  });
}

/** A tap that keeps what it was told, a line each. */
function told(): { readonly tap: WireTap; readonly lines: string[]; readonly wires: Wire[] } {
  const lines: string[] = [];
  const wires: Wire[] = [];
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const tap: WireTap = {
    open(wire) {
      wires.push(wire);
      lines.push("open");
      return {
        sent: (bytes, atUs) => lines.push(`${atUs} sent ${text(bytes)}`),
        received: (bytes, atUs) => lines.push(`${atUs} received ${text(bytes)}`),
        ended: (by, atUs) => lines.push(`${atUs} ended ${by}`),
        reset: (by, atUs) => lines.push(`${atUs} reset ${by}`),
      };
    },
    keyLog() {},
  };
  return { tap, lines, wires };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One tapped connection over a wire of 100 µs each way, open at 200. */
function connected(kind: "stream" | "datagram" = "stream") {
  const clock = new FakeClock();
  const network = new MemoryNetwork({ kind, clock, latencyUs: 100 });
  const server = new LinkRecorder();
  network.listen(() => server);
  const { tap, lines, wires } = told();
  const link = tapDialer(network, { tap, clock }).dial(new LinkRecorder());
  return { clock, network, link, lines, wires };
}

describe("a tapped link", () => {
  test("tells when the dial began, when it was open, and both addresses", () => {
    const { clock, wires, link } = connected();
    clock.runUntilIdle();
    expect(wires).toEqual([
      {
        kind: "stream",
        local: link.local,
        remote: link.remote,
        dialled: true,
        startedUs: 0,
        openedUs: 200,
      },
    ]);
  });

  test("tells bytes both ways and each end once, with the time", () => {
    const { clock, network, link, lines } = connected();
    clock.runUntilIdle();
    link.send(bytes("hello"));
    clock.runUntilIdle();
    network.connections[0]?.server.send(bytes("back"));
    clock.runUntilIdle();
    link.end();
    link.end();
    network.connections[0]?.server.end();
    clock.runUntilIdle();
    expect(lines).toEqual([
      "open",
      "200 sent hello",
      "400 received back",
      "400 ended local",
      "500 ended remote",
    ]);
  });

  test("tells who reset it, and nothing after that", () => {
    const own = connected();
    own.clock.runUntilIdle();
    own.link.reset();
    own.link.send(bytes("late"));
    own.clock.runUntilIdle();
    expect(own.lines).toEqual(["open", "200 reset local"]);
    const peer = connected();
    peer.clock.runUntilIdle();
    peer.network.connections[0]?.server.reset();
    peer.clock.runUntilIdle();
    expect(peer.lines).toEqual(["open", "300 reset remote"]);
  });

  test("tells a datagram sent before the link was open as sent when it was", () => {
    const { clock, link, lines } = connected("datagram");
    link.send(bytes("early"));
    clock.runUntilIdle();
    link.end();
    clock.runUntilIdle();
    expect(lines).toEqual(["open", "0 sent early"]);
  });

  test("tells nothing of a dial that failed", () => {
    const clock = new FakeClock();
    const { tap, lines } = told();
    tapDialer(new MemoryNetwork({ clock }), { tap, clock }).dial(new LinkRecorder());
    clock.runUntilIdle();
    expect(lines).toEqual([]);
  });
});
