/** Several workers: a session is at home on one, whichever worker its socket is on. */
import type { Link, LinkEvents } from "@faultline/protocol";
import { encodeFrame } from "@faultline/protocol";
import { cut, cuts, FakeClock, MemoryNetwork } from "@faultline/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServerCoreOptions } from "../src/core/core-options.ts";
import type { ServerCore } from "../src/core/core.ts";
import { createServerCore } from "../src/core/core.ts";
import { enter } from "../src/route/door.ts";
import { homeOf, peekSession } from "../src/route/home.ts";
import { Relay } from "../src/route/relay.ts";
import type { RelayMessage } from "../src/route/relay-message.ts";
import { frame, plan, Talker } from "./support/core-world.ts";

const WORKERS = 2;
/** One session that lives on each worker. */
const [HERE, THERE] = [0, 1].map((home) => {
  for (let low = 1; ; low++)
    if (homeOf({ high: 7, low }, WORKERS) === home) return { high: 7, low };
}) as [{ high: number; low: number }, { high: number; low: number }];

/** Two cores joined by relays over a clock; every link comes in at worker 0. */
class RouteWorld {
  readonly clock = new FakeClock();
  readonly network: MemoryNetwork;
  readonly cores: ServerCore[];
  readonly relays: Relay[];
  away = false;

  constructor(kind: "stream" | "datagram", options: Omit<ServerCoreOptions, "clock"> = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, kind, queueBytesMax: 10_000 });
    this.cores = [0, 1].map((worker) =>
      createServerCore({ ...options, clock: this.clock, worker }),
    );
    this.relays = [0, 1].map((index) => this.#relay(index));
    this.network.listen((link) => this.#enter(link));
  }

  dial(): Talker {
    const talker = new Talker(this.network);
    this.clock.advance(0);
    return talker;
  }

  ms(ms: number): void {
    this.clock.advance(ms * 1000);
  }

  #enter(link: Link): LinkEvents {
    return enter(link, {
      index: 0,
      workers: WORKERS,
      accept: (one) => this.cores[0]!.accept(one),
      release: (events, home) => this.cores[0]!.release(events, home),
      defer: (run) => this.clock.defer(run),
      relay: (one) => (this.away ? undefined : this.relays[0]!.open(one)),
    });
  }

  /** Messages between threads are copies, and arrive in an event of their own. */
  #relay(index: number): Relay {
    return new Relay({
      post: (message) => {
        const copy = structuredClone(message) as RelayMessage;
        this.clock.setTimer(this.clock.nowUs(), () => this.relays[1 - index]!.receive(copy));
      },
      accept: (link) => this.cores[index]!.accept(link),
      relayBytesMax: 5000,
      onDropped: () => this.cores[index]!.datagramDropped("relayBytesMax"),
      sendQueueBytesMax: 5000,
    });
  }
}

describe("a session's home", () => {
  test("is spread evenly over the workers", () => {
    const homes = [0, 0, 0, 0];
    for (let n = 0; n < 40_000; n++) homes[homeOf({ high: n >>> 8, low: n * 7 }, 4)]!++;
    for (const count of homes) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test("is read off a sound header only", () => {
    const bytes = encodeFrame(frame({ session: THERE }));
    expect(peekSession(bytes)).toEqual(THERE);
    expect(peekSession(bytes.subarray(0, 39))).toBeUndefined();
    for (let at = 0; at < 40; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      expect(peekSession(damaged)).toBeUndefined();
    }
  });
});

describe.each(["stream", "datagram"] as const)("a %s link", (kind) => {
  test("is served by the worker that its session is at home on", () => {
    const world = new RouteWorld(kind);
    const [here, there] = [world.dial(), world.dial()];
    here.send({ session: HERE });
    there.send({ session: THERE });
    world.ms(1);
    expect([here.replies, there.replies]).toEqual([["0:Hey"], ["0:Hey"]]);
    const stats = world.cores.map((core) => core.stats());
    expect(stats.map(({ executions, connectionsTotal }) => [executions, connectionsTotal])).toEqual(
      [
        [1, 1],
        [1, 1],
      ],
    );
  });

  test("meets the faults of its home, and its records name its own peer", () => {
    const world = new RouteWorld(kind, { plan: plan({ id: "late", kind: "delay", delayMs: 50 }) });
    const client = world.dial();
    client.send({ session: THERE });
    world.ms(49);
    expect(client.replies).toEqual([]);
    world.ms(2);
    expect(client.replies).toEqual(["0:Hey"]);
    expect(world.cores[1]!.takeRecords()).toMatchObject([{ remote: "memory:1" }]);
    expect(world.cores[0]!.takeRecords()).toEqual([]);
    client.link.reset();
    world.ms(1);
    const endings = kind === "datagram" ? [] : [{ remote: "memory:1", messages: 1 }];
    expect(world.cores.map((core) => core.takeEndings())).toMatchObject([[], endings]);
  });

  test("that sends garbage is refused where it came in", () => {
    const world = new RouteWorld(kind);
    world.dial().sendBytes(new Uint8Array(60).fill(9));
    world.ms(1);
    expect(world.cores.map((core) => core.stats().refusals)).toEqual([{ "bad-magic": 1 }, {}]);
  });

  test("whose home is away is not kept waiting", () => {
    const world = new RouteWorld(kind);
    world.away = true;
    const client = world.dial();
    client.send({ session: THERE });
    world.ms(1);
    expect(client.replies).toEqual([]);
    if (kind === "stream") expect(client.seen.error?.code).toBe("reset");
    expect(world.cores[0]!.stats().connectionsOpen).toBe(0);
  });
});

describe("a relayed stream", () => {
  test("is decided wherever its first header was cut", () => {
    fc.assert(
      fc.property(cuts(), (sizes) => {
        const world = new RouteWorld("stream");
        const client = world.dial();
        for (const piece of cut(encodeFrame(frame({ session: THERE })), sizes)) {
          client.sendBytes(piece);
          world.ms(1);
        }
        expect(client.replies).toEqual(["0:Hey"]);
        expect(world.cores[0]!.stats()).toMatchObject({ connectionsOpen: 0, connectionsTotal: 0 });
      }),
      { numRuns: 40 },
    );
  });

  test("is timed out here while its first header is not whole", () => {
    const world = new RouteWorld("stream", { limits: { frameTimeoutMs: 1000 } });
    const client = world.dial();
    client.sendBytes(encodeFrame(frame({ session: THERE })).slice(0, 39));
    world.ms(1200);
    expect(client.seen.error?.code).toBe("reset");
  });

  test("ends, is reset and closes like any other", () => {
    const world = new RouteWorld("stream");
    const [ending, resetting] = [world.dial(), world.dial()];
    for (const client of [ending, resetting]) client.send({ session: THERE });
    world.ms(1);
    ending.link.end();
    resetting.link.reset();
    world.ms(1);
    expect(ending.seen.events.slice(-2)).toEqual(["end", "close"]);
    expect(world.cores[1]!.stats().connectionsOpen).toBe(0);
    expect(world.relays.map((relay) => relay.size)).toEqual([0, 0]);
  });

  test("is reset by a fault of its home", () => {
    const world = new RouteWorld("stream", { plan: plan({ id: "rst", kind: "reset" }) });
    const client = world.dial();
    client.send({ session: THERE });
    world.ms(1);
    expect(client.seen.error?.code).toBe("reset");
  });

  test("whose peer stops reading is no longer read from, and served again when it reads", () => {
    const world = new RouteWorld("stream");
    const client = world.dial();
    client.link.pause();
    for (let operation = 0; operation < 200; operation++) {
      client.send({ session: THERE, operation, payload: new Uint8Array(1000) });
      world.ms(1);
    }
    expect(world.cores[1]!.stats().messages).toBeLessThan(40);
    client.link.resume();
    world.ms(1);
    expect(client.frames).toHaveLength(200);
  });

  test("is reset when its home crashes, and one at home here lives on", () => {
    const world = new RouteWorld("stream");
    const [here, there] = [world.dial(), world.dial()];
    here.send({ session: HERE });
    there.send({ session: THERE });
    world.ms(1);
    world.relays[0]!.close();
    world.ms(1);
    here.send({ session: HERE, operation: 1 });
    world.ms(1);
    expect(there.seen.error?.code).toBe("reset");
    expect(here.replies).toEqual(["0:Hey", "1:Hey"]);
  });

  test("is over at home when the worker with its socket crashes", () => {
    const world = new RouteWorld("stream");
    world.dial().send({ session: THERE });
    world.ms(1);
    world.relays[1]!.close();
    expect(world.cores[1]!.stats().connectionsOpen).toBe(0);
  });
});

test("a datagram above relayBytesMax is dropped and counted", () => {
  const world = new RouteWorld("datagram");
  const client = world.dial();
  const datagrams = 10;
  for (let operation = 0; operation < datagrams; operation++) {
    client.send({ session: THERE, operation, payload: new Uint8Array(1000) });
  }
  world.ms(1);
  expect(client.frames).toHaveLength(5);
  expect(world.cores[0]!.stats().datagramsDropped).toBe(5);
});

describe("a datagram peer with two sessions", () => {
  test("has a leg for each home, and is forgotten with the last", () => {
    const world = new RouteWorld("datagram", { limits: { idleTimeoutMs: 1000 } });
    const client = world.dial();
    client.send({ session: HERE }, { session: THERE });
    world.ms(1);
    expect(client.frames).toHaveLength(2);
    expect(world.cores.map((core) => core.stats().executions)).toEqual([1, 1]);
    world.ms(3000);
    expect(world.cores.map((core) => core.stats().connectionsOpen)).toEqual([0, 0]);
    expect(world.relays.map((relay) => relay.size)).toEqual([0, 0]);
    expect(world.network.connections[0]!.server.isOver).toBe(true);
  });
});
