/** What servers on real sockets tell their clients about trying again. */
import { decodeLife, RETRY_AFTER_STOP, StatusCode } from "@faultline/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerOptions } from "../src/options.ts";
import type { SupervisedServer } from "../src/server.ts";
import { startSupervised } from "../src/server.ts";
import { plan, text } from "./support/core-world.ts";
import { EventLog, TcpTalker } from "./support/sockets.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(options: ServerOptions): Promise<SupervisedServer & { log: EventLog }> {
  const log = new EventLog();
  const server = await startSupervised({ udpPort: null, onEvent: log.take, ...options });
  cleanups.push(() => server.close({ graceMs: 0 }));
  return Object.assign(server, { log });
}

function talk(server: SupervisedServer): TcpTalker {
  const talker = new TcpTalker(server.tcp!);
  cleanups.push(() => talker.close());
  return talker;
}

describe("an error reply over a socket", () => {
  test("asks for no repetition of what no repetition would change", async () => {
    const server = await serve({ limits: { operationsPerSessionMax: 16, payloadBytesMax: 100 } });
    const client = talk(server);
    client.send({ operation: 1 }, { operation: 1, payload: text("other") }, { operation: 17 });
    client.send({ operation: 1, attempt: 2 }, { operation: 18, payload: new Uint8Array(101) });
    const frames = await client.received(5);
    const told = frames.filter(({ type }) => type === 4);
    expect(told.map(({ status, remainingMs }) => [status, remainingMs])).toEqual([
      [StatusCode.operationReused, RETRY_AFTER_STOP],
      [StatusCode.tooOld, RETRY_AFTER_STOP],
      [StatusCode.tooLarge, RETRY_AFTER_STOP],
    ]);
  });

  test("says when there will be room", async () => {
    const server = await serve({ limits: { sessionsMax: 1, replyLifetimeMs: 60_000 } });
    const client = talk(server);
    client.send({});
    await client.received(1);
    const other = talk(server);
    other.send({ session: { high: 9, low: 9 } });
    const [told] = await other.received(1);
    expect(told!.status).toBe(StatusCode.overloaded);
    expect(told!.remainingMs).toBeGreaterThan(50_000);
    expect(told!.remainingMs).toBeLessThanOrEqual(60_000);
  });

  test.each([
    [undefined, 0],
    [1500, 1500],
    ["never", RETRY_AFTER_STOP],
  ] as const)(
    "of a server that shuts down, told %s, says so",
    async (retryAfterMs, remainingMs) => {
      const server = await serve({ plan: plan({ id: "late", kind: "delay", delayMs: 300 }) });
      const client = talk(server);
      client.send({ operation: 0 });
      client.send({ type: 5 });
      await client.received(1);
      const closing = server.close(retryAfterMs === undefined ? {} : { retryAfterMs });
      await server.log.until("shutdown");
      client.send({ operation: 1 });
      const frames = await client.received(3);
      expect(frames[2]).toMatchObject({ status: StatusCode.shuttingDown, remainingMs });
      await closing;
    },
  );

  test.each([-1, 0.5, 3_600_001])("cannot be told to say %s", async (retryAfterMs) => {
    const server = await serve({});
    await expect(server.close({ retryAfterMs })).rejects.toThrow(/"retryAfterMs" must be/);
  });
});

describe("a server that follows another on its port", () => {
  test("refuses what the other may have executed, and says how old it is", async () => {
    const first = await serve({});
    const early = talk(first);
    early.send({ attempt: 1 }, { operation: 1, attempt: 2 });
    const [reply, second] = await early.received(2);
    expect([reply!.type, second!.type]).toEqual([3, 3]);
    const { port } = first.tcp!;
    await first.close({ graceMs: 0 });

    const after = await serve({ tcpPort: port });
    const late = talk(after);
    late.send({ attempt: 2 }, { operation: 2, life: reply!.life }, { operation: 3, attempt: 2 });
    const frames = await late.received(3);
    expect(frames.map(({ type }) => type)).toEqual([4, 3, 4]);
    const life = decodeLife(frames[0]!.payload);
    expect(life?.tag).toBe(frames[1]!.life);
    expect(life?.tag).not.toBe(reply!.life);
    late.send({ operation: 3, attempt: 3, life: life!.tag });
    expect((await late.received(4))[3]!.type).toBe(3);
    expect(await after.stats()).toMatchObject({ executions: 2, tooOld: 2 });
  });

  test("is another one after a crash of its worker, too", async () => {
    const server = await serve({});
    const client = talk(server);
    client.send({});
    const [reply] = await client.received(1);
    server.crashWorker(0, "on purpose");
    await server.log.until("worker-restart");
    const late = talk(server);
    late.send({ attempt: 2, life: reply!.life }, { operation: 1, attempt: 1 });
    const frames = await late.received(2);
    expect(frames.map(({ type, status }) => [type, status])).toEqual([
      [4, StatusCode.tooOld],
      [3, 0],
    ]);
  });
});
