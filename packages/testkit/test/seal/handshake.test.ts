import { LinkRecorder } from "../../src/index.ts";
import { sealDialer } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { KEY, keyOf, randomOf, SealedWorld } from "../../src/sealed-world.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
const OTHER = { ...keyOf("other"), id: KEY.id };

describe.each(["stream", "datagram"] as const)("a sealed %s", (kind) => {
  test("tells the server whose key it is, and nobody reads along", () => {
    const wire: Uint8Array[] = [];
    const meddle = (bytes: Uint8Array): Uint8Array => {
      wire.push(new Uint8Array(bytes));
      return bytes;
    };
    const world = new SealedWorld({ network: { kind, meddle } });
    const { client, server } = world.connect();
    client.link.send(bytesOf("Hello from Client"));
    world.clock.runUntil(() => server.seen.bytesReceived > 0);
    expect(text(server.seen.received())).toBe("Hello from Client");
    expect(server.link.peerKey).toBe("lab");
    const carried = Buffer.concat(wire).toString("latin1");
    expect(carried).toContain("lab");
    for (let at = 0; at + 4 <= 17; at++) {
      expect(carried).not.toContain("Hello from Client".slice(at, at + 4));
    }
  });

  test("carries nothing twice alike: two links with the same texts share no record", () => {
    const records: string[] = [];
    const meddle = (bytes: Uint8Array): Uint8Array => {
      records.push(Buffer.from(bytes.subarray(20)).toString("hex"));
      return bytes;
    };
    const world = new SealedWorld({ network: { kind, meddle } });
    for (let link = 0; link < 3; link++) world.connect().client.link.send(bytesOf("the same"));
    world.clock.advance(0);
    expect(new Set(records).size).toBe(records.length);
  });

  test("accepts every key of the server's, and uses the client's first", () => {
    const keys = [keyOf("new"), keyOf("old")];
    for (const id of ["old", "new"]) {
      const client = { keys: [keyOf(id), keyOf("unused")] };
      const world = new SealedWorld({ network: { kind }, server: { keys }, client });
      expect(world.connect().server.link.peerKey).toBe(id);
    }
  });

  test("in which a third end's bytes are mixed opens none of them", () => {
    const world = new SealedWorld({ network: { kind } });
    const { client, server } = world.connect();
    const { client: below } = world.network.connections[0]!;
    below.send(bytesOf("this is not sealed at all"));
    world.clock.advance(0);
    expect(server.seen.bytesReceived).toBe(0);
    expect(world.refusedByServer).toEqual(["not-sealed"]);
    if (kind === "stream") {
      world.clock.runUntilIdle();
      expect(server.seen.error?.code).toBe("failed");
      expect(client.seen.error?.code).toBe("reset");
    } else {
      client.link.send(bytesOf("x"));
      world.clock.advance(0);
      expect(text(server.seen.received())).toBe("x");
    }
  });

  test("to a server that was restarted opens anew, and what was recorded before opens nowhere", () => {
    const recorded: Uint8Array[] = [];
    const meddle = (bytes: Uint8Array, { from }: { from: string }): Uint8Array => {
      if (from === "client") recorded.push(new Uint8Array(bytes));
      return bytes;
    };
    const first = new SealedWorld({ network: { kind, meddle } });
    first.connect().client.link.send(bytesOf("pay once"));
    first.clock.advance(0);
    // The same key, a memory without the hello, and other randoms.
    const second = new SealedWorld({ network: { kind }, server: { random: randomOf(77) } });
    const seen = new LinkRecorder();
    const below = second.network.dial(seen);
    second.clock.runUntil(() => seen.isOpen);
    for (const bytes of recorded) below.send(new Uint8Array(bytes));
    second.clock.runUntilIdle();
    expect(recorded.length).toBe(3);
    expect(second.accepted).toEqual([]);
    expect(second.refusedByServer[0]).toBe("forged");
  });

  test("waits with what it is given before it is open, and says when that is too much", () => {
    const limits = { pendingBytesMax: 10 };
    const world = new SealedWorld({ network: { kind }, client: { limits } });
    const { link, seen } = world.dial();
    expect(link.send(new Uint8Array(10))).toBe(true);
    expect(link.send(new Uint8Array(1))).toBe(false);
    world.clock.runUntil(() => seen.events.includes("drain"));
    world.clock.advance(0);
    expect(world.accepted[0]!.seen.bytesReceived).toBe(11);
  });
});

describe("a stream that is refused", () => {
  test.each([
    ["a key whose id is not known", [keyOf("stranger")], /"stranger": the key's id is not known/],
    ["another secret of the same id", [OTHER], /"lab": the secret of the key is another/],
  ])("for %s says so to the client, and lets nobody in", (_, keys, message) => {
    const world = new SealedWorld({ client: { keys } });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.events).toEqual(["close"]);
    expect(seen.error).toMatchObject({ code: "refused" });
    expect(seen.error?.message).toMatch(message);
    expect([world.accepted.length, world.gate.handshakes]).toEqual([0, 0]);
  });

  test("for not being sealed is dropped", () => {
    const world = new SealedWorld();
    const { link, seen } = world.dial(world.network);
    link.send(bytesOf("GET / HTTP/1.1"));
    world.clock.runUntilIdle();
    expect(seen.error?.code).toBe("reset");
    expect(world.refusedByServer).toEqual(["not-sealed"]);
    expect(world.accepted).toEqual([]);
  });

  test("for a handshake that has no end is dropped in time, not before", () => {
    const world = new SealedWorld();
    const { link, seen } = world.dial(world.network);
    link.send(Uint8Array.of(0xfa));
    world.clock.advance(9_999_999);
    expect(seen.isClosed).toBe(false);
    expect(world.gate.handshakes).toBe(1);
    world.clock.advance(2);
    world.clock.runUntilIdle();
    expect(seen.isClosed).toBe(true);
    expect(world.refusedByServer).toEqual(["handshake-timeout"]);
    expect(world.gate.handshakes).toBe(0);
  });

  test("for want of room is the one above the limit", () => {
    const world = new SealedWorld({ server: { limits: { handshakesMax: 2 } } });
    const dials = [1, 2, 3].map(() => world.dial(world.network));
    world.clock.advance(0);
    expect(dials.map(({ seen }) => seen.isClosed)).toEqual([false, false, true]);
    expect(world.refusedByServer).toEqual(["handshakes-full"]);
  });

  test("because its server knows no keys tells the client that it may be so", () => {
    const world = new SealedWorld();
    world.network.listen((link) => {
      const seen = new LinkRecorder();
      seen.onChange = () => seen.bytesReceived > 0 && link.reset();
      return seen;
    });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.error).toMatchObject({ code: "refused" });
    expect(seen.error?.message).toMatch(/may know no keys/);
  });

  test("takes a client's patience, not more, where nobody answers", () => {
    const world = new SealedWorld();
    world.network.listen(() => new LinkRecorder());
    const { seen } = world.dial();
    world.clock.advance(9_999_999);
    expect(seen.isClosed).toBe(false);
    world.clock.runUntilIdle();
    expect(seen.error).toMatchObject({ code: "timeout" });
  });
});

describe("a stream that was tampered with", () => {
  /** Changes the n-th piece of the client's. */
  function tampered(
    piece: number,
    change: (bytes: Uint8Array) => Uint8Array | readonly Uint8Array[],
  ) {
    const world = new SealedWorld({
      network: {
        meddle: (bytes, where) =>
          where.from === "client" && where.piece === piece ? change(bytes) : bytes,
      },
    });
    const { client, server } = world.connect();
    for (const words of ["one", "two", "three"]) {
      client.link.send(bytesOf(words));
      world.clock.advance(0);
    }
    world.clock.runUntilIdle();
    return { world, client, server };
  }

  test.each([
    [
      "a changed bit",
      (bytes: Uint8Array) => bytes.map((byte, at) => (at === 24 ? byte ^ 1 : byte)),
    ],
    ["a record sent twice", (bytes: Uint8Array) => [bytes, bytes]],
    ["a record left out", () => []],
    ["bytes in between", (bytes: Uint8Array) => [bytesOf("what is this? a record?"), bytes]],
  ])("by %s ends there, and what came before stays good", (_, change) => {
    const { client, server, world } = tampered(3, change);
    const received = text(server.seen.received());
    expect(["one", "onetwo"]).toContain(received);
    expect(server.seen.error?.code).toBe("failed");
    expect(client.seen.error?.code).toBe("reset");
    expect(world.refusedByServer).toHaveLength(1);
  });

  test("by cutting it off is told from an end", () => {
    const world = new SealedWorld();
    const { server } = world.connect();
    world.network.connections[0]!.client.end();
    world.clock.runUntilIdle();
    expect(server.seen.isEnded).toBe(false);
    expect(server.seen.error).toMatchObject({ code: "reset" });
    expect(server.seen.error?.message).toMatch(/was cut/);
  });
});

describe("datagrams of a handshake", () => {
  test("that are lost are sent again, at doubling waits", () => {
    let lost = 3;
    const world = new SealedWorld({
      network: { kind: "datagram", meddle: (bytes) => (lost-- > 0 ? undefined : bytes) },
    });
    const { seen } = world.dial();
    world.clock.advance(6_999_999);
    expect(seen.isOpen).toBe(false);
    world.clock.advance(1);
    expect(seen.isOpen).toBe(true);
    expect(world.accepted).toHaveLength(1);
  });

  test("whose welcome is lost are answered with the same one again", () => {
    const welcomes: Uint8Array[] = [];
    const world = new SealedWorld({
      network: {
        kind: "datagram",
        meddle: (bytes, { from }) => {
          if (from === "server") welcomes.push(new Uint8Array(bytes));
          return from === "server" && welcomes.length === 1 ? undefined : bytes;
        },
      },
    });
    world.connect();
    expect(welcomes).toHaveLength(2);
    expect(welcomes[0]).toEqual(welcomes[1]);
  });

  test.each([
    ["a key whose id is not known", [keyOf("stranger")], "unknown-key"],
    ["another secret of the same id", [OTHER], "forged"],
  ])("with %s are met with silence, and the peer leaves nothing behind", (_, keys, refused) => {
    const sent: string[] = [];
    const world = new SealedWorld({
      network: {
        kind: "datagram",
        meddle: (bytes, { from }) => {
          sent.push(from);
          return bytes;
        },
      },
      client: { keys },
    });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.error).toMatchObject({ code: "timeout" });
    expect(new Set(sent)).toEqual(new Set(["client"]));
    expect(new Set(world.refusedByServer)).toEqual(new Set([refused]));
    expect(world.gate.handshakes).toBe(0);
    expect(world.network.connections.every(({ server }) => server.isOver)).toBe(true);
  });

  test("that were answered once are not answered again, from any address", () => {
    const hellos: Uint8Array[] = [];
    let answers = 0;
    const world = new SealedWorld({
      network: {
        kind: "datagram",
        meddle: (bytes, { from }) => {
          if (from === "server") answers++;
          else if (bytes[3] === 1) hellos.push(new Uint8Array(bytes));
          return bytes;
        },
      },
    });
    world.connect();
    expect([hellos.length, answers]).toEqual([1, 1]);
    world.network.connections[0]!.client.send(new Uint8Array(hellos[0]!));
    world.dial(world.network).link.send(new Uint8Array(hellos[0]!));
    world.clock.runUntilIdle();
    expect(answers).toBe(1);
    expect(world.refusedByServer).toEqual(["replayed", "replayed"]);
  });

  test("are remembered as long as the limit says, and answered again beyond it", () => {
    const hellos: Uint8Array[] = [];
    const world = new SealedWorld({
      network: {
        kind: "datagram",
        meddle: (bytes, { from }) => {
          if (from === "client" && bytes[3] === 1) hellos.push(new Uint8Array(bytes));
          return bytes;
        },
      },
      server: { limits: { hellosRemembered: 2 } },
    });
    for (let link = 0; link < 3; link++) world.connect();
    const repeat = (hello: Uint8Array): void => {
      world.dial(world.network).link.send(new Uint8Array(hello));
      world.clock.advance(0);
    };
    repeat(hellos[1]!);
    repeat(hellos[2]!);
    expect(world.refusedByServer).toEqual(["replayed", "replayed"]);
    expect(world.gate.handshakes).toBe(0);
    // Answered, since it is forgotten; what it was the beginning of opens all the same with no key.
    repeat(hellos[0]!);
    expect(world.gate.handshakes).toBe(1);
    expect(world.accepted).toHaveLength(3);
  });

  test("are as many at once as the limit says, and a place is free again in time", () => {
    const world = new SealedWorld({
      network: { kind: "datagram" },
      server: { limits: { handshakesMax: 1, handshakeTimeoutMs: 500 } },
    });
    // Knows the key, and never says that it is ready.
    const client = { keys: [KEY], clock: world.clock, random: randomOf(9) };
    const silent = sealDialer(
      {
        kind: "datagram",
        dial: (events) =>
          world.network.dial({
            ...events,
            onOpen: () => events.onOpen(),
            onBytes() {},
            onDrain() {},
            onEnd() {},
            onClose() {},
          }),
      },
      { ...client, limits: { helloRetryMs: 60_000 } },
    );
    silent.dial(new LinkRecorder());
    world.clock.advance(0);
    expect(world.gate.handshakes).toBe(1);
    const { seen } = world.dial();
    world.clock.advance(400_000);
    expect(seen.isOpen).toBe(false);
    expect(world.refusedByServer).toEqual(["handshakes-full"]);
    world.clock.advance(700_000);
    expect(seen.isOpen).toBe(true);
  });

  test("from an address that has a session make it a new one, for the same owner", () => {
    const world = new SealedWorld({ network: { kind: "datagram" } });
    const { client, server } = world.connect();
    const { client: below } = world.network.connections[0]!;
    client.link.send(bytesOf("first"));
    world.clock.advance(0);
    // The client begins again on the same socket, as a program does that was restarted.
    const seen = new LinkRecorder();
    const again = sealDialer(
      {
        kind: "datagram",
        dial(events) {
          below.own(events);
          world.clock.defer(() => events.onOpen());
          return below;
        },
      },
      { keys: [KEY], clock: world.clock, random: randomOf(5) },
    ).dial(seen);
    world.clock.runUntil(() => seen.isOpen);
    again.send(bytesOf("second"));
    world.clock.advance(0);
    expect(world.accepted).toHaveLength(1);
    expect(text(server.seen.received())).toBe("firstsecond");
    server.link.send(bytesOf("answer"));
    world.clock.advance(0);
    expect(text(seen.received())).toBe("answer");
  });
});

describe("a gate that also lets plain peers in", () => {
  test.each(["stream", "datagram"] as const)("hands a plain %s on as it is", (kind) => {
    const world = new SealedWorld({ network: { kind }, server: { plain: "accept" } });
    const { link } = world.dial(world.network);
    link.send(bytesOf("plain"));
    world.clock.advance(0);
    const [plain] = world.accepted;
    expect(text(plain!.seen.received())).toBe("plain");
    expect(plain!.link.peerKey).toBeUndefined();
    plain!.link.send(bytesOf("x"));
    link.end();
    world.clock.runUntilIdle();
    expect(world.connect().server.link.peerKey).toBe("lab");
  });

  test("does not take a plain datagram for one of a sealed peer", () => {
    const world = new SealedWorld({
      network: { kind: "datagram" },
      server: { plain: "accept" },
    });
    const { server } = world.connect();
    world.network.connections[0]!.client.send(bytesOf("plain"));
    world.clock.advance(0);
    expect(server.seen.bytesReceived).toBe(0);
    expect(world.accepted).toHaveLength(1);
    expect(world.refusedByServer).toEqual(["not-sealed"]);
  });
});

describe("keys that are refused when they are given", () => {
  test.each([
    [[], /"keys" must be 1 to 16 keys: got 0/],
    [Array.from({ length: 17 }, (_, at) => keyOf(`k${at}`)), /got 17/],
    [[keyOf("a"), keyOf("a")], /"keys\[1\]\.id" must be the id of one key only: got a/],
    [[{ ...KEY, id: "no spaces" }], /"keys\[0\]\.id" must be .*: got no spaces/],
    [[{ ...KEY, id: "seventeen-letters" }], /"keys\[0\]\.id"/],
    [[{ ...KEY, secret: new Uint8Array(31) }], /"keys\[0\]\.secret" must be 32 .*: got 31 bytes/],
    [[{ ...KEY, secret: new Uint8Array(1025) }], /got 1025 bytes/],
  ])("%#", (keys, message) => {
    const world = new SealedWorld();
    const options = { keys, clock: world.clock, random: randomOf(1) };
    expect(() => sealDialer(world.network, options)).toThrow(message);
  });

  test("and a secret is in no message", () => {
    const keys = [{ id: "", secret: new Uint8Array(32).fill(201) }];
    const world = new SealedWorld();
    const options = { keys, clock: world.clock, random: randomOf(1) };
    expect(() => sealDialer(world.network, options)).not.toThrow(/201/);
    expect(() => sealDialer(world.network, options)).toThrow(/id/);
  });
});
