/** Whole servers on worker threads and real sockets. */
import { encodeFrame, encodePipe, FrameFlag, FrameType, StatusCode } from "@faultline/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerOptions } from "../src/options.ts";
import type { SupervisedServer } from "../src/server.ts";
import { startServer, startSupervised } from "../src/server.ts";
import { frame, plan, SESSION, text, words } from "./support/core-world.ts";
import { EventLog, TcpTalker, UdpTalker } from "./support/sockets.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(
  options: ServerOptions = {},
  runtime: { udpShared?: boolean } = {},
): Promise<SupervisedServer & { log: EventLog }> {
  const log = new EventLog();
  const server = await startSupervised({ onEvent: log.take, ...options }, runtime);
  cleanups.push(() => server.close({ graceMs: 0 }));
  return Object.assign(server, { log });
}

function tcp(server: SupervisedServer): TcpTalker {
  const talker = new TcpTalker(server.tcp!);
  cleanups.push(() => talker.close());
  return talker;
}

function udp(server: SupervisedServer): UdpTalker {
  const talker = new UdpTalker(server.udp!);
  cleanups.push(() => talker.close());
  return talker;
}

describe.each([1, 2])("a server of %i workers", (workers) => {
  test("echoes over TCP and over UDP", async () => {
    const server = await serve({ workers });
    const [stream, datagram] = [tcp(server), udp(server)];
    stream.send({ operation: 1 });
    datagram.send({ operation: 2 });
    const life = expect.any(Number) as number;
    const reply = { type: FrameType.reply, life };
    expect(await stream.received(1)).toEqual([frame({ ...reply, operation: 1 })]);
    expect(await datagram.received(1)).toEqual([frame({ ...reply, operation: 2 })]);
    expect(server.log.of("listening").map(({ transport }) => transport)).toEqual(["tcp", "udp"]);
  });

  test("serves 200 clients at once, each operation executed once", async () => {
    const server = await serve({ workers, responder: "counter" });
    const clients = Array.from({ length: 200 }, () => tcp(server));
    const operations = Array.from({ length: 10 }, (_, operation) => operation);
    for (const [index, client] of clients.entries()) {
      const session = { high: index * 7919, low: index };
      client.send(...operations.map((operation) => ({ session, operation })));
      client.send(...operations.map((operation) => ({ session, operation, attempt: 2 })));
    }
    await Promise.all(clients.map((client) => client.received(20)));
    const stats = await server.stats();
    expect(stats).toMatchObject({
      messages: 4000,
      executions: 2000,
      replayed: 2000,
      counter: 2000,
    });
    expect(stats).toMatchObject({ connectionsOpen: 200, sessions: 200, corruptionsDetected: 0 });
  });

  test("finds a session again on whichever worker a client lands", async () => {
    const server = await serve({ workers });
    for (let attempt = 1; attempt <= 16; attempt++) {
      const client = attempt % 2 === 0 ? tcp(server) : udp(server);
      client.send({ attempt });
      const [reply] = await client.received(1);
      expect(reply!.flags).toBe(attempt === 1 ? 0 : FrameFlag.replayed);
    }
    expect(await server.stats()).toMatchObject({ executions: 1, sessions: 1 });
  });

  test("meets the same messages with the same faults, for any number of workers", async () => {
    const half = {
      id: "half",
      kind: "loss",
      probability: 0.5,
      direction: "both",
      answer: "error",
    } as const;
    const server = await serve({ workers, plan: plan(half) });
    const clients = Array.from({ length: 6 }, () => tcp(server));
    for (const [low, client] of clients.entries()) {
      const operations = Array.from({ length: 30 }, (_, operation) => operation);
      client.send(...operations.map((operation) => ({ session: { high: 1, low }, operation })));
    }
    await Promise.all(clients.map((client) => client.received(30)));
    const records = await server.takeRecords();
    const met = records
      .map((one) => `${one.sessionLow} ${one.message} ${one.direction}`)
      .toSorted();
    metBefore ??= met;
    expect(met.length).toBeGreaterThan(50);
    expect(met).toEqual(metBefore);
  });

  test("tells of every connection that ended how far it had come, whoever served it", async () => {
    const rst = plan({ id: "rst", kind: "reset", direction: "request", everyMessages: 3 });
    const server = await serve({ workers, plan: rst });
    const clients = Array.from({ length: 6 }, () => tcp(server));
    for (const [low, client] of clients.entries())
      client.send(...[0, 1, 2, 3].map((operation) => ({ session: { high: 1, low }, operation })));
    await Promise.all(clients.map((client) => client.gone()));
    const endings = await server.takeEndings();
    expect(new Set(endings.map(({ remote }) => remote)).size).toBe(6);
    const remote = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(endings).toMatchObject(clients.map(() => ({ remote, messages: 3, unfinished: [] })));
    expect(await server.takeEndings()).toEqual([]);
  });

  test("drops garbage and goes on: its connection is reset, others are not disturbed", async () => {
    const server = await serve({ workers });
    const [good, bad, datagram] = [tcp(server), tcp(server), udp(server)];
    good.send({ operation: 0 });
    await good.received(1);
    bad.socket.write("GET / HTTP/1.1\r\n\r\n");
    datagram.sendBytes(text("not a frame"));
    expect(await bad.gone()).toBe("ECONNRESET");
    datagram.send({ operation: 1 });
    good.send({ operation: 2 });
    await Promise.all([good.received(2), datagram.received(1)]);
    expect((await server.stats()).refusals).toEqual({ "bad-magic": 2 });
  });

  test("changes its faults while it runs, and lifts those whose scope is left", async () => {
    const server = await serve({ workers });
    const client = tcp(server);
    const answer = { kind: "loss", answer: "error" } as const;
    const statuses: number[] = [];
    const ask = async (operation: number): Promise<void> => {
      client.send({ operation });
      statuses.push((await client.received(operation + 1)).at(-1)!.status);
    };
    await ask(0);
    const outer = await server.inject(plan({ id: "outer", ...answer }));
    await ask(1);
    const inner = await server.inject(plan());
    await ask(2);
    await inner[Symbol.asyncDispose]();
    await ask(3);
    await outer[Symbol.asyncDispose]();
    await outer[Symbol.asyncDispose]();
    await ask(4);
    await server.setFaults(plan({ id: "base", ...answer }));
    await ask(5);
    const { ok, lost } = StatusCode;
    expect(statuses).toEqual([ok, lost, ok, lost, ok, lost]);
  });

  test("restarts a worker that crashes, keeps what it counted, and serves on", async () => {
    const server = await serve({ workers, responder: "counter" });
    const first = tcp(server);
    first.send({});
    await first.received(1);
    await server.setFaults(
      plan({ id: "gone", kind: "loss", direction: "request", everyMessages: 2 }),
    );
    for (let index = 0; index < workers; index++) server.crashWorker(index, "as asked");
    expect(await first.gone()).not.toBe("");
    const restarts = await server.log.until("worker-restart", workers);
    expect(restarts).toHaveLength(workers);
    expect(server.log.of("worker-crash")[0]!.message).toContain("as asked");
    const again = tcp(server);
    again.send({ operation: 4 });
    await again.received(1);
    const stats = await server.stats();
    expect(stats).toMatchObject({ executions: 2, workerRestarts: workers });
    // The plan of before the crash is in force again.
    again.send({ operation: 5 }, { operation: 6 });
    expect((await again.received(2)).map((reply) => reply.operation)).toEqual([4, 6]);
  });

  test("drains: a delayed reply is sent before the connection ends", async () => {
    const server = await serve({
      workers,
      plan: plan({ id: "late", kind: "delay", delayMs: 200 }),
    });
    const client = tcp(server);
    client.send({}, { type: FrameType.ping });
    await client.received(1);
    const closing = server.close({ graceMs: 30_000 });
    const frames = await client.received(2);
    expect(frames.map((reply) => reply.type)).toEqual([FrameType.pong, FrameType.reply]);
    expect(await client.gone()).toBe("end");
    await closing;
    await server.closed;
    expect(await server.stats()).toMatchObject({ executions: 1, connectionsOpen: 0 });
    expect(await server.takeRecords()).toHaveLength(1);
  });

  test("waits for what takes longer only as long as it was told", async () => {
    const late = plan({ id: "late", kind: "delay", delayMs: 3_000_000 });
    const server = await serve({ workers, plan: late });
    const client = tcp(server);
    client.send({}, { type: FrameType.ping });
    await client.received(1);
    await server.close({ graceMs: 10 });
    expect(await client.gone()).not.toBe("");
    expect(client.frames).toHaveLength(1);
  });

  test("tells of every accept, message, fault, reply and close", async () => {
    const dup = plan({ id: "twice", kind: "duplicate" });
    const server = await serve({ workers, plan: dup, events: "all" });
    const client = tcp(server);
    client.send({ operation: 3 });
    await client.received(2);
    client.socket.end();
    await server.log.until("close");
    const names = server.log.events.map(({ event }) => event);
    const expected = ["accept", "message", "reply", "fault", "close"] as const;
    expect(names).toEqual(expect.arrayContaining([...expected]));
    const home = server.log.of("message")[0]!.worker;
    const there = server.log.events.filter(({ worker }) => worker === home);
    const order = there
      .map(({ event }) => event)
      .filter((event) => expected.some((one) => one === event));
    expect(order.slice(-5)).toEqual(["accept", "message", "reply", "fault", "close"]);
  });
});

let metBefore: string[] | undefined;

describe("limits on real sockets", () => {
  test("an oversized frame is refused by name, from its header", async () => {
    const server = await serve({ limits: { payloadBytesMax: 1000 }, events: "all" });
    const client = tcp(server);
    client.socket.write(encodeFrame(frame({ payload: new Uint8Array(1001) })).subarray(0, 40));
    await client.gone();
    const [refusal] = await server.log.until("refusal");
    expect(refusal).toMatchObject({ code: "payload-too-large", fatal: true });
  });

  test("a frame that is never completed ends its connection", async () => {
    const server = await serve({ limits: { frameTimeoutMs: 50 }, events: "all" });
    const client = tcp(server);
    client.socket.write(encodeFrame(frame()).subarray(0, 41));
    await client.gone();
    expect(await server.log.until("refusal")).toMatchObject([{ code: "frame-timeout" }]);
  });

  test("a peer that stops reading does not make the server grow, and is served when it reads", async () => {
    const limits = { sendQueueBytesMax: 65_536 };
    const server = await serve({ limits });
    const client = tcp(server);
    client.socket.pause();
    const payload = new Uint8Array(60_000);
    const operations = 400;
    for (let operation = 0; operation < operations; operation++)
      client.send({ operation, payload });
    // The sockets between hold some megabytes; what is asked for is 24.
    await server.log.until("limit");
    expect((await server.stats()).messages).toBeLessThan(operations);
    client.socket.resume();
    expect(await client.received(operations)).toHaveLength(operations);
  });
});

describe("the pipe codec on real sockets", () => {
  test("ten messages in a row on one connection are all answered", async () => {
    const server = await serve({ codec: "pipe" });
    const client = tcp(server);
    for (let index = 0; index < 10; index++) {
      const message = encodePipe(text(`message ${index}`));
      const { length } = client.bytes;
      client.socket.write(message);
      await client.until(() => client.bytes.length >= length + message.length);
      expect(words(client.bytes.subarray(length))).toBe(words(message));
    }
  });

  test("netcat's line ends are tolerated, over TCP and UDP", async () => {
    const server = await serve({ codec: "pipe" });
    const [stream, datagram] = [tcp(server), udp(server)];
    stream.socket.write("Hey|e4599fa9\r\n");
    await stream.until(() => stream.bytes.length >= 12);
    datagram.sendBytes(text("Hey|e4599fa9\n"));
    await datagram.changes.until(() => datagram.datagrams.length === 1);
    expect([stream.text, words(datagram.datagrams[0]!)]).toEqual(["Hey|e4599fa9", "Hey|e4599fa9"]);
  });
});

describe("starting", () => {
  test.each([1, 2])(
    "with %i workers on a port in use fails with a clear error",
    async (workers) => {
      const first = await serve({ workers, udpPort: null });
      const port = first.tcp!.port;
      await expect(startServer({ workers, tcpPort: port, udpPort: null })).rejects.toMatchObject({
        name: "ServerError",
        code: "port-in-use",
        message: `Cannot listen on tcp 127.0.0.1:${port}: the port is in use.`,
      });
    },
  );

  test("where a UDP port cannot be shared, one worker takes it, says so and passes on", async () => {
    const server = await serve({ workers: 3 }, { udpShared: false });
    const [told] = server.log.of("port-not-shared");
    expect(told).toMatchObject({ transport: "udp", worker: told!.owner });
    const client = udp(server);
    for (let low = 0; low < 9; low++) client.send({ session: { high: 1, low } });
    expect(await client.received(9)).toHaveLength(9);
    expect(await server.stats()).toMatchObject({ executions: 9, sessions: 9 });
    server.crashWorker(told!.owner, "as asked");
    await server.log.until("worker-restart");
    client.send({ session: { high: 2, low: 2 } });
    expect(await client.received(10)).toHaveLength(10);
  });

  test("takes a given port, and only the transports it was asked to", async () => {
    const first = await serve({ udpPort: null });
    const { port } = first.tcp!;
    expect(first.udp).toBeUndefined();
    await first.close();
    const second = await serve({ tcpPort: port, udpPort: null });
    expect(second.tcp).toEqual({ host: "127.0.0.1", port });
  });

  test.each([
    [{ workers: 0 }, '"workers" must be an integer of 1 … 64: got 0'],
    [{ workers: 2, codec: "pipe" }, '"workers" must be 1 where codec is pipe'],
    [{ codec: "pipe", responder: "counter" }, '"responder" must be another where codec is pipe'],
    [{ codec: "xml" }, '"codec" must be one of frame, pipe: got xml'],
    [{ responder: "shout" }, '"responder" must be one of echo, receive-only, counter: got shout'],
    [{ events: "some" }, '"events" must be one of none, all, payloads: got some'],
    [{ tcpPort: 65_536 }, '"tcpPort" must be an integer of 0 … 65535: got 65536'],
    [{ tcpPort: null, udpPort: null }, '"tcpPort" must be a number where udpPort is null'],
    [{ host: "" }, '"host" must be an address or a name'],
    [{ epochUs: -1 }, '"epochUs" must be an integer of 0'],
    [{ limits: { sessionsMax: 0 } }, '"sessionsMax" must be an integer'],
    [{ plan: plan({ id: "x", kind: "loss", probability: 2 }) }, "/faults/0/probability"],
  ])("is refused for %j", async (options, message) => {
    const starting = startServer(options as ServerOptions);
    await expect(starting).rejects.toThrow(RangeError);
    await expect(starting).rejects.toThrow(message);
  });
});

describe("failing", () => {
  test("a server whose worker crashes again and again fails loudly", async () => {
    const server = await serve({ limits: { workerRestartsMax: 2 } });
    for (let crashes = 1; crashes <= 3; crashes++) {
      server.crashWorker(0, `crash ${crashes}`);
      await server.log.until("worker-crash", crashes);
      if (crashes < 3) await server.log.until("worker-restart", crashes);
    }
    await expect(server.closed).rejects.toMatchObject({ code: "worker-failed" });
    expect(server.log.of("failed")).toHaveLength(1);
    await expect(server.setFaults(plan())).rejects.toMatchObject({ code: "closed" });
    expect(await server.stats()).toMatchObject({ workerRestarts: 2 });
  });

  test("the connections of the other workers survive a crash", async () => {
    const server = await serve({ workers: 2, udpPort: null });
    const clients = Array.from({ length: 12 }, (_, low) => ({
      talker: tcp(server),
      session: { ...SESSION, low },
    }));
    for (const { talker, session } of clients) talker.send({ session });
    await Promise.all(clients.map(({ talker }) => talker.received(1)));
    server.crashWorker(1, "as asked");
    await server.log.until("worker-restart");
    for (const { talker, session } of clients) talker.send({ session, operation: 1 });
    await Promise.all(clients.map(({ talker }) => talker.until(() => talker.frames.length === 2)));
    const alive = clients.filter(({ talker }) => talker.frames.length === 2);
    // Those whose socket and session are both on the worker that lives: about a quarter of them.
    expect(alive.every(({ talker }) => talker.closed === "")).toBe(true);
    expect(
      clients.filter(({ talker }) => talker.frames.length === 1 && talker.closed === ""),
    ).toEqual([]);
  });
});
