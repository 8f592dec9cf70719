/**
 * Real sockets: an abort leaves neither a timer nor a link that nobody else needs, and a program
 * that has nothing else to do ends by itself.
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Clock, Dialer, LinkEvents } from "@faultline/protocol";
import { FrameType, StatusCode } from "@faultline/protocol";
import { afterEach, describe, expect, test } from "vitest";
import type { Client, ClientOptions } from "../src/index.ts";
import {
  createClient,
  createPool,
  randomDraw,
  randomSession,
  systemClock,
  tcpDialer,
  udpDialer,
} from "../src/index.ts";
import type { Listener, ServeFrame } from "./support/sockets.ts";
import { deadPort, serveTcp, serveUdp } from "./support/sockets.ts";

const REASON = new Error("the caller's own");
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A clock and a dialer that know what they have given away. */
class Counted {
  readonly timers = new Set<object>();
  links = 0;
  readonly #closed: (() => void)[] = [];

  get clock(): Clock {
    const clock = systemClock();
    return {
      nowUs: () => clock.nowUs(),
      defer: (run) => clock.defer(run),
      setTimer: (atUs, run) => {
        const key = {};
        this.timers.add(key);
        const timer = clock.setTimer(atUs, () => {
          this.timers.delete(key);
          run();
        });
        return {
          cancel: () => {
            this.timers.delete(key);
            timer.cancel();
          },
        };
      },
    };
  }

  dialer(dialer: Dialer): Dialer {
    return {
      kind: dialer.kind,
      dial: (events) => {
        this.links++;
        return dialer.dial(this.#counted(events));
      },
    };
  }

  /** Resolves when no link is left. */
  async noLinks(): Promise<void> {
    while (this.links > 0) {
      await new Promise<void>((resolve) => this.#closed.push(resolve));
    }
  }

  #counted(events: LinkEvents): LinkEvents {
    return {
      onOpen: () => events.onOpen(),
      onBytes: (bytes) => events.onBytes(bytes),
      onDrain: () => events.onDrain(),
      onEnd: () => events.onEnd(),
      onClose: (error) => {
        this.links--;
        for (const closed of this.#closed.splice(0)) closed();
        events.onClose(error);
      },
    };
  }
}

type Transport = "tcp" | "udp";
type Make = (dialer: Dialer, options: Omit<ClientOptions, "dialer" | "reconnect">) => Client;

const FACES: readonly (readonly [string, Make])[] = [
  ["a client", (dialer, options) => createClient({ dialer, ...options })],
  [
    "a pool",
    (dialer, options) =>
      createPool({ endpoints: [{ name: "one", dialer }], connectionsMax: 3, ...options }),
  ],
];
const CASES = FACES.flatMap(([name, make]) =>
  (["tcp", "udp"] as const).map((transport) => [name, transport, make] as const),
);

interface Made {
  readonly client: Client;
  readonly counted: Counted;
}

function connect(
  [transport, make]: readonly [Transport, Make],
  port: number,
  options: Partial<ClientOptions> = {},
): Made {
  const counted = new Counted();
  const dialer = transport === "tcp" ? tcpDialer({ port }) : udpDialer({ port });
  const client = make(counted.dialer(dialer), {
    clock: counted.clock,
    draw: randomDraw(),
    session: randomSession(),
    ...options,
  });
  closers.push(() => client.close({ graceMs: 0 }));
  return { client, counted };
}

async function start(transport: Transport, serve: ServeFrame): Promise<number> {
  const listener: Listener = await (transport === "tcp" ? serveTcp(serve) : serveUdp(serve));
  closers.push(() => listener.close());
  return listener.port;
}

describe.each(CASES)("%s over %s", (_, transport, make) => {
  const kind = [transport, make] as const;

  test("an abort under way settles at once; after the close nothing is left", async () => {
    const caller = new AbortController();
    const port = await start(transport, () => caller.abort(REASON));
    const { client, counted } = connect(kind, port);
    const outcome = await client.send("Hey", { signal: caller.signal });
    expect(outcome.error).toMatchObject({ code: "aborted", cause: REASON });
    expect(counted.timers.size).toBe(0);
    await client.close();
    await counted.noLinks();
    expect([counted.links, counted.timers.size]).toEqual([0, 0]);
  });

  test("an abort in the wait for the next attempt leaves no timer", async () => {
    const caller = new AbortController();
    const port = await start(transport, (frame, peer) => {
      peer.reply(frame, {
        type: FrameType.error,
        status: StatusCode.lost,
        payload: new Uint8Array(0),
      });
    });
    const { client, counted } = connect(kind, port, {
      backoff: { kind: "constant", firstMs: 3_600_000, jitter: "none" },
      deadlineMs: 7_200_000,
      onEvent: ({ event }) => {
        if (event === "backoff") queueMicrotask(() => caller.abort(REASON));
      },
    });
    const outcome = await client.send("Hey", { signal: caller.signal });
    expect(outcome.error).toMatchObject({ code: "aborted", cause: REASON });
    expect(outcome.attempts).toHaveLength(1);
    expect(counted.timers.size).toBe(0);
  });

  test("an abort in the queue leaves the place, and the one in flight alone", async () => {
    const port = await start(transport, (frame, peer) => {
      if (frame.operation !== 0) peer.reply(frame);
    });
    const { client } = connect(kind, port, { queueMax: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const inFlight = client.send("one", { signal: first.signal });
    const queued = client.send("two", { signal: second.signal });
    second.abort(REASON);
    expect((await queued).error).toMatchObject({ code: "aborted", cause: REASON });
    const third = client.send("three");
    first.abort(REASON);
    expect((await inFlight).error?.code).toBe("aborted");
    expect((await third).outcome).toBe("delivered");
  });
});

describe.each(FACES)("%s in connect", (_, make) => {
  test("an abort ends the dial: its link is closed, and no timer is left", async () => {
    const port = await start("tcp", (frame, peer) => peer.reply(frame));
    const { client, counted } = connect(["tcp", make], port);
    const caller = new AbortController();
    const sent = client.send("Hey", { signal: caller.signal });
    expect(counted.links).toBe(1);
    caller.abort(REASON);
    expect((await sent).error).toMatchObject({ code: "aborted", cause: REASON });
    expect(counted.timers.size).toBe(0);
    await counted.noLinks();
    expect(client.stats()).toMatchObject({ attempts: 0, bytesSent: 0 });
    expect((await client.send("again")).outcome).toBe("delivered");
  });
});

test("a program whose messages were all aborted ends by itself, without a close", async () => {
  const isDeno = process.versions["deno"] !== undefined;
  const child = fileURLToPath(new URL("support/threads/aborting.ts", import.meta.url));
  const args = [...(isDeno ? ["run", "-A"] : []), child, String(await deadPort())];
  const run = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  expect(run.stdout.trim().split("\n")).toEqual(["client aborted", "pool aborted", "done"]);
}, 60_000);
