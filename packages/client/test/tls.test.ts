/** What is particular to links over TLS: cuts, sessions taken up again, and handshakes that last. */
import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { encodeFrame, FrameDecoder, FrameType, isRefusal } from "@faultline/protocol";
import { FakeClock, LinkRecorder } from "@faultline/testkit";
import { afterEach, describe, expect, test } from "vitest";
import type { TlsDialerOptions } from "../src/index.ts";
import { createClient, randomDraw, randomSession, systemClock, tlsDialer } from "../src/index.ts";
import { lab } from "../../certificates/test/support/lab.ts";
import { type Listener, listenTcp } from "./support/sockets.ts";
import { listenTls, type TlsPeer } from "./support/tls.ts";
import { endsOf } from "./support/world.ts";

const isDeno = "Deno" in globalThis;
const LIMIT_MS = 500;
/** Extensions of a ClientHello (RFC 8446 section 4.2). */
const PRE_SHARED_KEY = 41;
const EARLY_DATA = 42;
const listeners: Listener[] = [];

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function start(listening: Promise<Listener>): Promise<number> {
  const listener = await listening;
  listeners.push(listener);
  return listener.port;
}

async function dialerTo(port: number, options: Partial<TlsDialerOptions> = {}) {
  const { authority } = await lab();
  return tlsDialer({ port, ca: authority.cert, ...options });
}

/** Waits for what sockets do by themselves. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn();
}

/** The events of a link to a server that does this with its end, to the last. */
async function seenBy(serve: (peer: TlsPeer) => void): Promise<LinkRecorder> {
  const port = await start(listenTls(serve));
  const dialer = await dialerTo(port);
  const seen = new LinkRecorder();
  const link = dialer.dial(seen);
  await until(() => seen.isEnded || seen.isClosed);
  link.end();
  await until(() => seen.isClosed);
  expect(seen.violations).toEqual([]);
  return seen;
}

describe("a stream that is over", () => {
  test("has ended where the server says so with close_notify", async () => {
    const seen = await seenBy(({ secure }) => {
      secure.write("Hey");
      secure.end();
    });
    expect(seen.events).toEqual(["open", "bytes", "end", "close"]);
    expect(seen.error).toBeUndefined();
  });

  test("was cut where the connection ends without it: that is no end", async () => {
    const seen = await seenBy(({ secure, socket }) => {
      secure.write("Hey", () => socket.end());
    });
    expect(seen.events).toEqual(["open", "bytes", "close"]);
    expect(seen.error).toMatchObject({ code: "truncated" });
  });

  test("ends the attempt as link-truncated, and the message is sent again", async () => {
    let connections = 0;
    const port = await start(
      listenTls(({ secure, socket }) => {
        const nth = (connections += 1);
        const decoder = new FrameDecoder();
        secure.on("end", () => secure.end());
        secure.on("data", (bytes: Uint8Array) => {
          decoder.push(bytes);
          const frame = decoder.next();
          if (frame === undefined || isRefusal(frame)) return;
          const reply = encodeFrame({ ...frame, type: FrameType.reply, remainingMs: 0 });
          if (nth > 1) secure.write(reply);
          else secure.write(reply.subarray(0, 20), () => socket.end());
        });
      }),
    );
    const client = createClient({
      dialer: await dialerTo(port),
      clock: systemClock(),
      draw: randomDraw(),
      session: randomSession(),
      attemptsMax: 4,
      backoff: { firstMs: 1, maxMs: 5 },
    });
    const outcome = await client.send("Hey");
    expect(endsOf(outcome)).toEqual(["reset: link-truncated", "reply"]);
    expect(client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
    await client.close({ graceMs: 0 });
  });
});

describe("a second connection", () => {
  test("takes the session of the first up again where the runtime can, without early data", async () => {
    const reused: boolean[] = [];
    const secured = await start(
      listenTls(({ secure }) => {
        reused.push(secure.isSessionReused());
        secure.write("Hey");
        secure.on("end", () => secure.end());
        secure.resume();
      }),
    );
    const hellos: Uint8Array[] = [];
    const port = await start(
      relay(secured, (socket) => {
        socket.once("data", (bytes: Uint8Array) => hellos.push(bytes.slice()));
      }),
    );
    const dialer = await dialerTo(port);
    for (let nth = 0; nth < 2; nth += 1) {
      const seen = new LinkRecorder();
      const link = dialer.dial(seen);
      // Tickets come before the first bytes of the server.
      await until(() => seen.bytesReceived > 0);
      link.end();
      await until(() => seen.isClosed);
      expect(seen.error).toBeUndefined();
    }
    // Deno takes no session up again.
    expect(reused).toEqual([false, !isDeno]);
    const [first, second] = hellos.map((hello) => extensionsOf(hello));
    expect(first).not.toContain(PRE_SHARED_KEY);
    expect(second!.includes(PRE_SHARED_KEY)).toBe(!isDeno);
    for (const extensions of [first, second]) expect(extensions).not.toContain(EARLY_DATA);
  });
});

describe("a handshake", () => {
  test("that is not over at handshakeTimeoutMs fails the dial, and not before", async () => {
    const port = await start(listenTcp((socket) => socket.resume()));
    const { clock, seen } = await dialConnected(port);
    clock.advance(LIMIT_MS * 1000 - 1);
    // The timer that fails it is set, and has not come.
    expect(clock.timersPending).toBe(1);
    expect(seen.events).toEqual([]);
    clock.advance(1);
    await until(() => seen.isClosed);
    expect(seen.events).toEqual(["close"]);
    const message = `no TLS handshake within ${LIMIT_MS} ms`;
    expect(seen.error).toEqual({ code: "timeout", message });
  });

  test("that is over just in time opens the link, which no timer ends any more", async () => {
    const secured = await start(listenTls(({ secure }) => secure.resume()));
    const begin = Promise.withResolvers<void>();
    const port = await start(relay(secured, () => begin.promise));
    const { clock, seen, reset } = await dialConnected(port);
    clock.advance(LIMIT_MS * 1000 - 1);
    begin.resolve();
    await until(() => seen.isOpen || seen.isClosed);
    expect(seen.events).toEqual(["open"]);
    expect(clock.timersPending).toBe(0);
    clock.advance(3_600_000_000);
    await turn();
    expect(seen.events).toEqual(["open"]);
    reset();
    await until(() => seen.isClosed);
  });
});

/** Passes everything on to a port, from when `met` says so on. */
function relay(to: number, met: (socket: Socket) => Promise<void> | void): Promise<Listener> {
  return listenTcp((socket) => {
    const beyond = connect(to, "127.0.0.1");
    beyond.on("error", () => socket.destroy());
    socket.on("close", () => beyond.destroy());
    void Promise.resolve(met(socket)).then(() => socket.pipe(beyond).pipe(socket));
  });
}

/** A link whose connection is there and whose handshake has begun, at time 0. */
async function dialConnected(port: number) {
  const clock = new FakeClock();
  const dialer = await dialerTo(port, { clock, handshakeTimeoutMs: LIMIT_MS });
  const seen = new LinkRecorder();
  const link = dialer.dial(seen);
  await until(() => clock.timersPending === 1);
  return { clock, seen, reset: () => link.reset() };
}

/**
 * The extensions of a ClientHello in its record (RFC 8446 sections 4.1.2 and 5.1): behind the headers
 * (9), the version (2) and random (32) come a session id, the ciphers and the compressions.
 */
function extensionsOf(record: Uint8Array): number[] {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  let at = 9 + 2 + 32;
  at += 1 + view.getUint8(at);
  at += 2 + view.getUint16(at);
  at += 1 + view.getUint8(at);
  const end = at + 2 + view.getUint16(at);
  const found: number[] = [];
  for (at += 2; at < end; at += 4 + view.getUint16(at + 2)) found.push(view.getUint16(at));
  return found;
}
