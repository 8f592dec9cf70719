/** The one link of a client: dialled when needed, shared by all, found dead, opened anew. */
import { describe, expect, test } from "vitest";
import { endsOf, World } from "./support/world.ts";

const NO_JITTER = { firstMs: 100, jitter: "none" } as const;

describe("connecting", () => {
  test("happens when the first message needs it, once for all of them", () => {
    const world = new World({ network: { latencyUs: 1000 }, client: { inFlightMax: 10 } });
    world.advanceMs(10);
    expect(world.events).toEqual([]);
    const sent = Array.from({ length: 10 }, (_, n) => world.submit(`${n}`));
    for (const one of sent) expect(world.outcomeOf(one).outcome).toBe("delivered");
    expect(world.eventNames().filter((event) => event === "dial")).toHaveLength(1);
    expect(world.client.stats().reconnects).toBe(0);
  });

  test("in vain ends an attempt of every message that waits, and is tried again", () => {
    const world = new World({ client: { inFlightMax: 2, backoff: NO_JITTER } });
    world.network.unlisten();
    const sent = [world.submit("a"), world.submit("b")];
    world.advanceMs(50);
    world.listen();
    for (const one of sent) {
      expect(endsOf(world.outcomeOf(one))).toEqual(["refused: dial-refused", "reply"]);
    }
    expect(world.client.stats()).toMatchObject({ attempts: 4, resets: 0, reconnects: 0 });
    expect(world.eventNames().filter((event) => event === "dial")).toHaveLength(2);
  });

  test("counts as an attempt of no message that is only queued", () => {
    const world = new World({ client: { attemptsMax: 1 } });
    world.network.unlisten();
    const first = world.submit("a");
    const second = world.submit("b");
    expect(world.outcomeOf(first)).toMatchObject({ outcome: "failed" });
    world.listen();
    expect(world.outcomeOf(second)).toMatchObject({ outcome: "delivered" });
    expect(second.outcome?.attempts).toHaveLength(1);
  });

  test("takes connectTimeoutMs at most", () => {
    const world = new World({
      network: { latencyUs: 10_000_000 },
      client: { connectTimeoutMs: 500, attemptsMax: 1 },
    });
    const outcome = world.send("Hey");
    expect(outcome).toMatchObject({
      endedUs: 500_000,
      attempts: [{ sentUs: 0, endedUs: 500_000, ended: "refused", local: "", sequence: undefined }],
    });
    expect(endsOf(outcome)).toEqual(["refused: dial-timeout"]);
    expect(outcome.error?.cause).toMatchObject({ message: "no connection within 500 ms" });
  });

  test("a datagram socket that learns of a closed port says refused, though bytes had left", () => {
    const world = new World({
      network: { kind: "datagram" },
      client: { attemptsMax: 1 },
      serve: (request) => {
        const { client } = world.network.connections[0]!;
        client.fail({ code: "refused", message: "port unreachable" });
        void request;
      },
    });
    const outcome = world.send("Hey", { idempotent: false });
    expect(endsOf(outcome)).toEqual(["refused: dial-refused"]);
    expect(outcome.outcome).toBe("indeterminate");
  });
});

describe("a link that the server ends while nothing is owed", () => {
  test("is no reset, and is opened anew for the next message", () => {
    const world = new World();
    world.send("a");
    world.network.connections[0]?.server.end();
    world.advanceMs(10);
    // This side ended in good order too, or the server would have been told of a reset.
    expect(world.closes).toEqual([undefined]);
    expect(world.client.stats()).toMatchObject({ resets: 0, reconnects: 0 });
    expect(world.send("b")).toMatchObject({ outcome: "delivered", attempts: [{ sequence: 0 }] });
    expect(world.client.stats()).toMatchObject({ resets: 0, reconnects: 1 });
  });

  test("is not missed when the message is sent at the very moment it ends", () => {
    for (let offsetUs = -2; offsetUs <= 2; offsetUs++) {
      let isEnded = false;
      const world = new World({
        network: { latencyUs: 10 },
        serve: (request) => {
          if (request.connection > 0 || !isEnded) request.echo();
        },
      });
      world.send("a");
      const { server } = world.network.connections[0]!;
      world.clock.setTimer(world.clock.nowUs() + 100, () => {
        isEnded = true;
        server.end();
      });
      world.clock.advance(110 + offsetUs);
      expect(world.send("b").outcome).toBe("delivered");
    }
  });
});

describe("a half-open link", () => {
  /** The first connection goes silent after its first request; later ones are sound. */
  function silentWorld(kind: "stream" | "datagram"): World {
    return new World({
      network: {
        kind,
        meddle: (bytes, { connection, piece, from }) =>
          connection === 0 && (from === "server" || piece > 0) ? undefined : bytes,
      },
      client: { attemptTimeoutMs: 300, backoff: NO_JITTER },
    });
  }

  test.each(["stream", "datagram"] as const)("is found by a ping and replaced (%s)", (kind) => {
    const world = silentWorld(kind);
    const outcome = world.send("Hey");
    // Timeout at 300 ms, ping; still silent at 600 ms: dropped, and with it the second attempt.
    expect(endsOf(outcome)).toEqual(["timeout", "reset: link-silent", "reply"]);
    expect(outcome.attempts[1]).toMatchObject({ sentUs: 400_000, endedUs: 600_000 });
    expect(world.client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
    expect(world.client.stats().pings).toBe(kind === "stream" ? 1 : 3);
  });

  test("is found after one silence, however many messages time out meanwhile", () => {
    const world = new World({
      client: { attemptTimeoutMs: 300, inFlightMax: 3, attemptsMax: 1 },
      serve: () => {},
      onPing: () => {},
    });
    for (const atMs of [0, 100, 100]) {
      world.advanceMs(atMs);
      world.submit("Hey");
    }
    world.clock.runUntilIdle();
    // The first timeout, at 300 ms, asks; the later ones do not ask anew.
    expect(world.events.find(({ event }) => event === "lost")).toMatchObject({ atUs: 600_000 });
    expect(world.client.stats().pings).toBe(1);
  });

  test("is not suspected while other replies come", () => {
    const world = new World({
      client: { attemptTimeoutMs: 300, inFlightMax: 2 },
      serve: (request) => {
        if (request.frame.operation !== 0) request.echo(2);
      },
    });
    const lost = world.submit("lost");
    for (let n = 0; n < 1000; n++) world.submit(`${n}`);
    world.outcomeOf(lost);
    expect(world.client.stats()).toMatchObject({ pings: 0, resets: 0, timeouts: 4 });
  });

  test("is not dropped when only its replies are lost: the pong proves that it lives", () => {
    const world = new World({
      client: { attemptTimeoutMs: 300 },
      serve: (request) => {
        if (request.frame.attempt === 4) request.echo();
      },
    });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout", "timeout", "timeout", "reply"]);
    expect(world.client.stats()).toMatchObject({ pings: 3, resets: 0 });
  });

  test("on datagrams one lost ping is not the end", () => {
    const world = new World({
      network: { kind: "datagram" },
      client: { attemptTimeoutMs: 300, attemptsMax: 2 },
      serve: (request) => {
        if (request.frame.attempt === 2) request.echo(290);
      },
      onPing: (frame, link) => {
        const pings = world.frames.filter(({ type }) => type === frame.type);
        if (pings.length === 2) link.send(Uint8Array.of(1));
      },
    });
    expect(endsOf(world.send("Hey"))).toEqual(["timeout", "reply"]);
    expect(world.client.stats()).toMatchObject({ pings: 2, resets: 0 });
  });

  test("a ping from the server is answered", () => {
    const world = new World({
      serve: (request) => {
        request.echo(0, { type: 5, operation: 99, payload: new Uint8Array(0) });
        request.echo(10);
      },
    });
    world.send("Hey");
    expect(world.frames.find(({ type }) => type === 6)).toMatchObject({ operation: 99 });
  });
});

describe("a full link", () => {
  test("takes no more until it has drained, and then everything goes on", () => {
    const world = new World({
      network: { latencyUs: 1000, queueBytesMax: 100_000 },
      client: { inFlightMax: 50 },
    });
    const sent = Array.from({ length: 50 }, () => world.submit(new Uint8Array(20_000)));
    for (const one of sent) expect(world.outcomeOf(one).outcome).toBe("delivered");
    // Later messages waited for the drain instead of piling up in the link: of a megabyte, no
    // more than the link's limit and one batch were on their way at once.
    const times = new Map<number, number>();
    for (const { atUs } of world.requests) times.set(atUs, (times.get(atUs) ?? 0) + 1);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(9);
  });

  test("that never drains is dropped, even when the message that filled it is gone", () => {
    const world = new World({
      network: { queueBytesMax: 1000 },
      client: { attemptTimeoutMs: 300 },
    });
    world.send("open");
    world.advanceMs(1);
    world.network.connections[0]?.server.pause();
    const controller = new AbortController();
    world.submit(new Uint8Array(2000), { signal: controller.signal });
    world.advanceMs(1);
    controller.abort();
    const next = world.submit("next");
    expect(world.outcomeOf(next)).toMatchObject({ outcome: "delivered" });
    expect(next.outcome!.attempts).toHaveLength(1);
    expect(world.client.stats()).toMatchObject({ resets: 1, reconnects: 1 });
  });
});

describe("writing", () => {
  test("the messages of one tick leave together after the first, which does not wait", () => {
    const world = new World({ client: { inFlightMax: 10 } });
    world.send("open");
    const before = world.client.stats();
    const pieces: number[] = [];
    const { client } = world.network.connections[0]!;
    const send = client.send.bind(client);
    client.send = (bytes) => {
      pieces.push(bytes.length);
      return send(bytes);
    };
    for (let n = 0; n < 10; n++) world.submit("12345678");
    world.advanceMs(1);
    expect(pieces).toEqual([52, 9 * 52]);
    expect(world.client.stats().bytesSent - before.bytesSent).toBe(520);
    expect(world.client.stats().bytesReceived - before.bytesReceived).toBe(520);
  });
});
