/** The client on real sockets of the loopback interface, over TCP and UDP, in both codecs. */
import {
  decodePipeDatagram,
  encodeFrame,
  encodePipe,
  FrameType,
  PipeDecoder,
} from "@faultline/protocol";
import { createSocket } from "node:dgram";
import { afterEach, describe, expect, test } from "vitest";
import type { Client, ClientEvent, ClientOptions } from "../src/index.ts";
import {
  createClient,
  randomDraw,
  randomSession,
  systemClock,
  tcpDialer,
  udpDialer,
} from "../src/index.ts";
import type { Listener, ServeFrame } from "./support/sockets.ts";
import { deadPort, listenTcp, listenUdp, serveTcp, serveUdp } from "./support/sockets.ts";
import { endsOf, sumsOf, textOf } from "./support/world.ts";

type Transport = "tcp" | "udp";
const BOTH = ["tcp", "udp"] as const;

const listeners: Listener[] = [];
const clients: Client[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ graceMs: 0 })));
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function start(transport: Transport, serve: ServeFrame): Promise<number> {
  const listener = await (transport === "tcp" ? serveTcp(serve) : serveUdp(serve));
  listeners.push(listener);
  return listener.port;
}

function connect(transport: Transport, port: number, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    dialer: transport === "tcp" ? tcpDialer({ port }) : udpDialer({ port }),
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
    attemptsMax: 4,
    backoff: { firstMs: 1, maxMs: 5 },
    ...options,
  });
  clients.push(client);
  return client;
}

const echo: ServeFrame = (frame, peer) => peer.reply(frame);

describe.each(BOTH)("over %s", (transport) => {
  test("messages come back as they were sent, one after the other", async () => {
    const client = connect(transport, await start(transport, echo));
    for (const size of [0, 1, 63, 64, 1000, 60_000]) {
      const body = new Uint8Array(size).map((_, index) => index * 31);
      const outcome = await client.send(body);
      expect(outcome.outcome).toBe("delivered");
      expect(outcome.reply).toEqual(body);
      expect(outcome.attempts[0]?.local).toMatch(/^127\.0\.0\.1:\d+$/);
    }
    expect(client.stats()).toMatchObject({ delivered: 6, attempts: 6, retries: 0 });
  });

  test("many in flight at once each get their own reply", async () => {
    const client = connect(transport, await start(transport, echo), { inFlightMax: 64 });
    const bodies = Array.from({ length: 1000 }, (_, n) => `message ${n}`);
    const outcomes = await Promise.all(bodies.map((body) => client.send(body)));
    expect(outcomes.map((outcome) => textOf(outcome))).toEqual(bodies);
    expect(sumsOf(client)).toEqual({ operations: 0, attempts: 0 });
  });

  test("replies may overtake each other", async () => {
    const held: (() => void)[] = [];
    const port = await start(transport, (frame, peer) => {
      const kept = { ...frame, payload: frame.payload.slice() };
      held.push(() => peer.reply(kept));
      if (held.length === 8) for (const answer of held.toReversed()) answer();
    });
    const client = connect(transport, port, { inFlightMax: 8 });
    const bodies = Array.from({ length: 8 }, (_, n) => `message ${n}`);
    const outcomes = await Promise.all(bodies.map((body) => client.send(body)));
    expect(outcomes.map((outcome) => textOf(outcome))).toEqual(bodies);
  });

  test("a message without an answer is sent again", async () => {
    let requests = 0;
    const port = await start(transport, (frame, peer) => {
      if (++requests > 1) peer.reply(frame);
    });
    const client = connect(transport, port, { attemptTimeoutMs: 20 });
    const outcome = await client.send("Hey");
    expect(outcome.outcome).toBe("delivered");
    expect(outcome.attempts[0]?.ended).toMatch(/timeout|late-reply/);
  });

  test("an abort settles at once, with the caller's reason, and lets the process go", async () => {
    const arrived = Promise.withResolvers<void>();
    const port = await start(transport, () => arrived.resolve());
    const client = connect(transport, port);
    const controller = new AbortController();
    const sent = client.send("Hey", { signal: controller.signal });
    await arrived.promise;
    const reason = new Error("mine");
    controller.abort(reason);
    const outcome = await sent;
    expect(outcome.error).toMatchObject({ code: "aborted", cause: reason });
    expect(endsOf(outcome)).toEqual(["aborted"]);
  });

  test("a dead port ends in failed attempts, not in an exception", async () => {
    const client = connect(transport, await deadPort(), { attemptTimeoutMs: 20 });
    const outcome = await client.send("Hey");
    expect(outcome).toMatchObject({ outcome: "failed", error: { code: "attempts-exhausted" } });
    expect(outcome.attempts).toHaveLength(4);
    // Not every runtime tells of a closed UDP port.
    const ends = transport === "tcp" ? /^refused: dial-refused$/ : /^(refused|timeout|reset)/;
    for (const end of endsOf(outcome)) expect(end).toMatch(ends);
  });

  test("leaving the scope closes the client", async () => {
    const port = await start(transport, echo);
    let kept: Client | undefined;
    {
      await using client = connect(transport, port);
      kept = client;
      expect((await client.send("Hey")).outcome).toBe("delivered");
    }
    expect((await kept.send("late")).error?.code).toBe("closed");
  });

  test("a name instead of an address is looked up", async () => {
    const port = await start(transport, echo);
    const options = { host: "localhost", port };
    const dialer = transport === "tcp" ? tcpDialer(options) : udpDialer(options);
    const client = connect(transport, port, { dialer });
    expect((await client.send("Hey")).outcome).toBe("delivered");
  });

  test("pipe messages are delivered by their echo", async () => {
    const listener =
      transport === "tcp"
        ? await listenTcp((socket) => {
            const decoder = new PipeDecoder();
            socket.on("end", () => socket.end());
            socket.on("data", (bytes: Uint8Array) => {
              decoder.push(bytes);
              for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
                if (item.kind === "message") socket.write(encodePipe(item.body));
              }
            });
          })
        : await listenUdp((bytes, send) => {
            const item = decodePipeDatagram(bytes);
            if (item.kind === "message") send(encodePipe(item.body));
          });
    listeners.push(listener);
    const client = connect(transport, listener.port, { codec: "pipe" });
    for (const body of ["Hey", "a|b", "Hey"]) {
      const outcome = await client.send(body);
      expect(outcome).toMatchObject({ outcome: "delivered", ambiguous: false });
      expect(textOf(outcome)).toBe(body);
    }
  });
});

describe("over udp", () => {
  test("a stranger's datagram is not taken for the server's", async () => {
    const stranger = createSocket("udp4");
    const port = await start("udp", (frame, peer) => {
      const [, clientPort] = peer.remote.split(":");
      const forged = encodeFrame({ ...frame, type: FrameType.reply, payload: new Uint8Array(1) });
      const reply = { ...frame, payload: frame.payload.slice() };
      stranger.send(forged, Number(clientPort), "127.0.0.1", () => peer.reply(reply));
    });
    const client = connect("udp", port);
    expect(textOf(await client.send("Hey"))).toBe("Hey");
    stranger.close();
  });
});

describe("over udp, to a server that never answers", () => {
  test("a message that counts as delivered once sent has left before the client is closed", async () => {
    const arrived = Promise.withResolvers<string>();
    const port = await start("udp", (frame) => {
      if (frame.type === FrameType.data) arrived.resolve(new TextDecoder().decode(frame.payload));
    });
    const client = connect("udp", port, { expectReply: false });
    expect((await client.send("Hey")).outcome).toBe("delivered");
    await client.close();
    expect(await arrived.promise).toBe("Hey");
  });
});

describe("over tcp", () => {
  test("a reset connection is dialled anew, and the message arrives", async () => {
    const port = await start("tcp", (frame, peer) => {
      if (peer.connection === 0) peer.socket?.resetAndDestroy();
      else peer.reply(frame);
    });
    const events: ClientEvent[] = [];
    const client = connect("tcp", port, { onEvent: (event) => events.push(event) });
    const outcome = await client.send("Hey");
    expect(endsOf(outcome)).toEqual(["reset: link-reset", "reply"]);
    expect(client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
    expect(events.filter(({ event }) => event === "open")).toHaveLength(2);
  });

  test("a connection the server ended while idle costs no message anything", async () => {
    const ended = Promise.withResolvers<void>();
    const port = await start("tcp", (frame, peer) => {
      peer.reply(frame);
      if (peer.connection === 0) {
        peer.socket?.end();
        peer.socket?.on("close", () => ended.resolve());
      }
    });
    const client = connect("tcp", port);
    expect((await client.send("a")).outcome).toBe("delivered");
    await ended.promise;
    const second = await client.send("b");
    expect(second.outcome).toBe("delivered");
    expect(client.stats()).toMatchObject({ reconnects: 1 });
  });

  test("replies cut into single bytes are put together", async () => {
    const port = await start("tcp", (frame, peer) => {
      const reply = encodeFrame({ ...frame, type: FrameType.reply, remainingMs: 0 });
      for (const byte of reply) peer.send(Uint8Array.of(byte));
    });
    const client = connect("tcp", port, { inFlightMax: 4 });
    const outcomes = await Promise.all(["a", "b", "c", "d"].map((body) => client.send(body)));
    expect(outcomes.map((outcome) => textOf(outcome))).toEqual(["a", "b", "c", "d"]);
    expect(client.stats()).toMatchObject({ retries: 0, corruptionsDetected: 0 });
  });

  test("a server that does not read fills the kernel's buffers and no more", async () => {
    const listener = await listenTcp((socket) => socket.pause());
    listeners.push(listener);
    const opened = Promise.withResolvers<void>();
    const client = connect("tcp", listener.port, {
      inFlightMax: 1024,
      queueMax: 100,
      onEvent: ({ event }) => {
        if (event === "open") opened.resolve();
      },
    });
    const body = new Uint8Array(1_000_000);
    const outcomes: string[] = [];
    for (let message = 0; message < 2000; message++) {
      client.submit(body, {}, ({ error }) => outcomes.push(error?.code ?? "delivered"));
      if (message === 0) await opened.promise;
    }
    await Promise.resolve();
    // Two gigabytes were offered. What cannot be sent now waits unsent, or was refused.
    expect(client.stats().bytesSent).toBeLessThan(2 ** 24);
    expect(outcomes.every((code) => code === "queue-full")).toBe(true);
    expect(outcomes.length).toBeGreaterThan(800);
    await client.close({ graceMs: 0 });
    expect(outcomes).toHaveLength(2000);
  });
});
