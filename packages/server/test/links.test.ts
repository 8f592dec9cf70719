/** Sockets as links: the promises that every link keeps, and what only sockets can do wrong. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { LinkRecorder } from "@faultline/testkit";
import { linkContract } from "@faultline/testkit/contract";
import { describe, expect, test } from "vitest";
import { systemClock, wallClockUs } from "../src/clock.ts";
import { listenErrorCode, listenMessage } from "../src/error.ts";
import { reservePort } from "../src/reserve.ts";
import { listenTcp } from "../src/tcp.ts";
import { listenUdp } from "../src/udp.ts";
import { listenTls } from "../src/tls.ts";
import { completeTls } from "../src/tls-options.ts";
import { tcpDialer, tlsDialer, udpDialer } from "./support/dialers.ts";
import { lab } from "../../certificates/test/support/lab.ts";
import { Changes } from "./support/sockets.ts";

const listening = {
  host: "127.0.0.1",
  port: 0,
  reusePort: false,
  sendQueueBytesMax: 1_048_576,
  onDropped: () => {},
  onError: () => {},
};

async function listenOverTcp(accept: (link: Link) => LinkEvents) {
  const listener = await listenTcp({ ...listening, accept });
  return { listener, dialer: tcpDialer(listener.port) };
}

async function listenOverTls(accept: (link: Link) => LinkEvents) {
  const { authority, server } = await lab();
  const listener = await listenTls({
    ...listening,
    handshakeTimeoutMs: 10_000,
    handshakesMax: 16,
    setup: completeTls(server),
    clock: systemClock(),
    epochUs: 0,
    accept,
    refused: () => {},
  });
  const ca = authority.cert;
  return { listener, dialer: tlsDialer(listener.port, { ca }), ca };
}

linkContract("TCP", "stream", async (accept) => {
  const links: Link[] = [];
  const { listener, dialer } = await listenOverTcp((link) => {
    links.push(link);
    return accept(link);
  });
  return {
    dialer,
    dialerRefused: tcpDialer(await reservePort("tcp", "127.0.0.1", 0)),
    close: async () => {
      const closed = listener.close();
      for (const link of links) link.reset();
      await closed;
    },
  };
});

linkContract("TLS", "stream", async (accept) => {
  const links: Link[] = [];
  const { listener, dialer, ca } = await listenOverTls((link) => {
    links.push(link);
    return accept(link);
  });
  return {
    dialer,
    dialerRefused: tlsDialer(await reservePort("tls", "127.0.0.1", 0), { ca }),
    close: async () => {
      const closed = listener.close();
      for (const link of links) link.reset();
      await closed;
    },
  };
});

linkContract("UDP", "datagram", async (accept) => {
  const listener = await listenUdp({ ...listening, accept });
  return { dialer: udpDialer(listener.port), close: () => listener.close() };
});

describe("listening", () => {
  test.each([
    ["TCP", listenOverTcp],
    ["TLS", listenOverTls],
  ] as const)(
    "to many at once over %s never mixes what they send, and closes when all have gone",
    async (_, listen) => {
      const [connections, pieces, pieceBytes] = [12, 40, 3001];
      const changes = new Changes();
      const seen: { first: number; bytes: number; foreign: number; isEnded: boolean }[] = [];
      const { listener, dialer } = await listen((link) => {
        const peer = { first: -1, bytes: 0, foreign: 0, isEnded: false };
        seen.push(peer);
        return {
          onOpen: () => {},
          onBytes: (bytes) => {
            if (peer.first < 0) peer.first = bytes[0]!;
            peer.bytes += bytes.length;
            for (const byte of bytes) if (byte !== peer.first) peer.foreign += 1;
          },
          onDrain: () => {},
          onEnd: () => {
            peer.isEnded = true;
            link.end();
            changes.change();
          },
          onClose: () => {},
        };
      });
      for (let index = 0; index < connections; index++) {
        const owner = new LinkRecorder();
        const link = dialer.dial(owner);
        owner.onChange = () => {
          if (owner.events.at(-1) !== "open") return;
          // In turns, so that the reads of all of them take turns too.
          let left = pieces;
          const clock = systemClock(wallClockUs());
          const send = (): void => {
            link.send(new Uint8Array(pieceBytes).fill(index + 1));
            left -= 1;
            if (left > 0) clock.setTimer(clock.nowUs(), send);
            else link.end();
          };
          send();
        };
      }
      await changes.until(() => seen.length === connections && seen.every((peer) => peer.isEnded));
      await listener.close();
      expect(seen.map((peer) => peer.foreign)).toEqual(seen.map(() => 0));
      expect(seen.map((peer) => peer.bytes)).toEqual(seen.map(() => pieces * pieceBytes));
      expect(new Set(seen.map((peer) => peer.first)).size).toBe(connections);
    },
  );

  test.each(["tcp", "udp"] as const)(
    "on a %s port in use says so, with a code and one clear line",
    async (transport) => {
      const listen = transport === "tcp" ? listenTcp : listenUdp;
      const options = { ...listening, accept: () => new LinkRecorder() };
      const first = await listen(options);
      const error = await listen({ ...options, port: first.port }).catch(
        (reason: unknown) => reason,
      );
      expect(listenErrorCode(error)).toBe("port-in-use");
      expect(listenMessage(transport, "127.0.0.1", first.port, error)).toBe(
        `Cannot listen on ${transport} 127.0.0.1:${first.port}: the port is in use.`,
      );
      await expect(reservePort(transport, "127.0.0.1", first.port)).rejects.toMatchObject({
        name: "ServerError",
        code: "port-in-use",
      });
      await first.close();
    },
  );

  test("on an address of another machine says so", async () => {
    const error = await reservePort("tcp", "192.0.2.1", 0).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "address-unavailable" });
  });

  test.each([
    ["EACCES", "no-permission", "not permitted"],
    ["EMFILE", "listen-failed", "too many files"],
  ])("%s is called %s", (code, expected, words) => {
    const error = Object.assign(new Error("too many files"), { code });
    expect(listenErrorCode(error)).toBe(expected);
    expect(listenMessage("udp", "::1", 80, error)).toContain(`udp [::1]:80: ${words}`);
  });
});

describe("the clock of a worker", () => {
  test("counts whole microseconds from its epoch and never goes back", () => {
    const clock = systemClock(wallClockUs());
    const readings = Array.from({ length: 1000 }, () => clock.nowUs());
    expect(readings.every((us) => Number.isSafeInteger(us) && us >= 0)).toBe(true);
    expect(readings.toSorted((a, b) => a - b)).toEqual(readings);
  });

  test("never fires a timer early, and one in the past next", async () => {
    const clock = systemClock(wallClockUs());
    const late: number[] = [];
    const changes = new Changes();
    for (const delayUs of [-5, 0, 400, 1000, 1500, 7300]) {
      const atUs = clock.nowUs() + delayUs;
      clock.setTimer(atUs, () => {
        late.push(clock.nowUs() - atUs);
        changes.change();
      });
    }
    await changes.until(() => late.length === 6);
    expect(late.every((us) => us >= 0)).toBe(true);
  });

  test("does not fire a cancelled timer, nor one further away than the runtime can count", async () => {
    const clock = systemClock(wallClockUs());
    const fired: string[] = [];
    const far = clock.setTimer(clock.nowUs() + 2 ** 45, () => fired.push("far"));
    const soon = clock.setTimer(clock.nowUs() + 10, () => fired.push("soon"));
    soon.cancel();
    await new Promise<void>((resolve) => clock.setTimer(clock.nowUs() + 5000, resolve));
    far.cancel();
    expect(fired).toEqual([]);
  });
});
