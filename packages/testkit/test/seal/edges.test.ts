/**
 * A sealed link where it is used as nobody should, or met by a peer that does not keep the rules.
 */
import { plainRecord, RecordType } from "../../../protocol/src/seal/record.ts";
import { sealDialer } from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import { LinkRecorder } from "../../src/index.ts";
import type { Meddled } from "../../src/memory-network.ts";
import { KEY, randomOf, SealedWorld } from "../../src/sealed-world.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);

/** Changes the first piece of the server's: its welcome. */
function answering(change: (welcome: Uint8Array) => Uint8Array) {
  return (bytes: Uint8Array, { from, piece }: Meddled): Uint8Array =>
    from === "server" && piece === 0 ? change(bytes) : bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("a sealed link", () => {
  test("says what one message may hold and what it adds, on datagrams", () => {
    const world = new SealedWorld({ network: { kind: "datagram" } });
    const { link } = world.connect().client;
    expect(link.messageBytesMax).toBe(65_507 - 36);
    expect(link.overheadBytes).toBe(36);
    expect(new SealedWorld().connect().client.link.messageBytesMax).toBeUndefined();
  });

  test.each([65_536, 65_537, 200_000])("carries %i bytes of a stream whole", (size) => {
    const world = new SealedWorld();
    const { client, server } = world.connect();
    const sent = Uint8Array.from({ length: size }, (_, at) => at % 251);
    client.link.send(sent.slice());
    world.clock.advance(0);
    expect(server.seen.received()).toEqual(sent);
  });

  test("is the same however the network cuts the stream", () => {
    const world = new SealedWorld({ network: { segmentBytes: 1 } });
    const { client, server } = world.connect();
    client.link.send(bytesOf("cut into single bytes"));
    server.link.send(bytesOf("and back"));
    client.link.end();
    server.link.end();
    world.clock.runUntilIdle();
    expect(text(server.seen.received())).toBe("cut into single bytes");
    expect(text(client.seen.received())).toBe("and back");
    expect([client.seen.error, server.seen.error]).toEqual([undefined, undefined]);
    expect([client.seen.isEnded, server.seen.isEnded]).toEqual([true, true]);
  });

  test("tells its owner when a full network has room again", () => {
    const world = new SealedWorld({ network: { queueBytesMax: 100, latencyUs: 1000 } });
    const { client } = world.connect();
    expect(client.link.send(new Uint8Array(200))).toBe(false);
    expect(client.seen.events).not.toContain("drain");
    world.clock.runUntilIdle();
    expect(client.seen.events).toContain("drain");
  });

  test("stops and goes on with what is beneath", () => {
    const world = new SealedWorld();
    const { client, server } = world.connect();
    server.link.pause();
    client.link.send(bytesOf("later"));
    world.clock.runUntilIdle();
    expect(server.seen.bytesReceived).toBe(0);
    server.link.resume();
    world.clock.runUntilIdle();
    expect(text(server.seen.received())).toBe("later");
  });

  test("that was dropped takes bytes and sends none, and is dropped and ended once", () => {
    const world = new SealedWorld();
    const { client, server } = world.connect();
    client.link.reset();
    expect(client.link.send(bytesOf("nobody reads this"))).toBe(true);
    client.link.end();
    client.link.reset();
    world.clock.runUntilIdle();
    expect(server.seen.bytesReceived).toBe(0);
    expect(server.seen.error).toMatchObject({ code: "reset" });
    expect(client.seen.events.filter((event) => event === "close")).toHaveLength(1);
  });

  test("that is ended before it is open sends what it was given, and then its end", () => {
    const world = new SealedWorld();
    const { link, seen } = world.dial();
    link.send(bytesOf("goodbye"));
    link.end();
    link.end();
    world.clock.runUntil(() => world.accepted.length > 0);
    world.accepted[0]!.link.end();
    world.clock.runUntilIdle();
    expect(text(world.accepted[0]!.seen.received())).toBe("goodbye");
    expect(world.accepted[0]!.seen.isEnded).toBe(true);
    expect(seen.error).toBeUndefined();
  });

  test.each([
    [1, "open", undefined],
    [2, "given up", "failed"],
  ])("that has met %i of 2 forgeries is %s", (forgeries, _, code) => {
    const world = new SealedWorld({
      network: { kind: "datagram" },
      server: { limits: { forgeriesMax: 2 } },
    });
    const { client, server } = world.connect();
    const below = world.network.connections[0]!.client;
    const forged = (): Uint8Array => {
      // A record of the right shape, under numbers that are still to come.
      const record = plainRecord(RecordType.data, new Uint8Array(40));
      record[19] = 9;
      return record;
    };
    for (let time = 0; time < forgeries; time++) below.send(forged());
    world.clock.advance(0);
    client.link.send(bytesOf("good"));
    world.clock.advance(0);
    expect(server.seen.error?.code).toBe(code);
    expect(text(server.seen.received())).toBe(code === undefined ? "good" : "");
  });
});

describe("a client whose handshake is answered by", () => {
  test.each([
    ["another key's welcome", (welcome: Uint8Array) => welcome.with(30, welcome[30]! ^ 1)],
    ["a welcome of another cipher", (welcome: Uint8Array) => welcome.with(20, 3)],
  ])("%s has reached nobody it trusts", (_, change) => {
    const world = new SealedWorld({ network: { meddle: answering(change) } });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.events).toEqual(["close"]);
    expect(seen.error?.message).toMatch(/was not authentic/);
    expect(world.refusedByClient).toEqual(["forged"]);
  });

  test("an alert that says nothing is refused for no reason given", () => {
    const alert = (): Uint8Array => plainRecord(RecordType.alert, Uint8Array.of(99));
    const world = new SealedWorld({ network: { meddle: answering(alert) } });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.error?.message).toMatch(/"lab": it does not say why/);
  });

  test("an end is told that there may be no keys", () => {
    const world = new SealedWorld();
    world.network.listen((link) => {
      const seen = new LinkRecorder();
      seen.onChange = () => seen.events.at(-1) === "bytes" && link.end();
      return seen;
    });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.error).toMatchObject({ code: "refused" });
    expect(seen.error?.message).toMatch(/ended the handshake/);
  });

  test.each([
    ["bytes that are no record", bytesOf("x".repeat(40)), "not-sealed"],
    ["a second welcome", plainRecord(RecordType.welcome, new Uint8Array(68)), "not-sealed"],
    ["a hello", plainRecord(RecordType.hello, new Uint8Array(68)), "not-sealed"],
    ["an alert", plainRecord(RecordType.alert, Uint8Array.of(1)), "not-sealed"],
    [
      "a record too long for its type",
      plainRecord(RecordType.end, new Uint8Array(17)),
      "not-sealed",
    ],
    ["an end nobody sealed", plainRecord(RecordType.end, new Uint8Array(16)), "forged"],
  ])("a welcome with %s behind it is open for no byte of that", (_, behind, refused) => {
    const world = new SealedWorld({
      network: { meddle: answering((welcome) => joined(welcome, behind)) },
    });
    const { seen } = world.dial();
    world.clock.runUntilIdle();
    expect(seen.events).toEqual(["open", "close"]);
    expect(seen.error).toMatchObject({ code: "failed" });
    expect(world.refusedByClient).toEqual([refused]);
  });

  test("nobody, once it has given up, waits no longer", () => {
    const world = new SealedWorld();
    world.network.listen(() => new LinkRecorder());
    const { link, seen } = world.dial();
    world.clock.advance(0);
    link.reset();
    world.clock.runUntilIdle();
    expect(seen.events).toEqual(["close"]);
    expect(seen.error).toBeUndefined();
  });

  test("a datagram that is no welcome goes on waiting for one", () => {
    const forge = (bytes: Uint8Array, { from, piece }: Meddled): readonly Uint8Array[] =>
      from === "server" && piece === 0 ? [bytesOf("noise"), bytes] : [bytes];
    const world = new SealedWorld({ network: { kind: "datagram", meddle: forge } });
    world.connect();
    expect(world.refusedByClient).toEqual(["forged"]);
  });

  test("a cipher that is none is told so when it is given", () => {
    const world = new SealedWorld();
    const options = { keys: [KEY], clock: world.clock, random: randomOf(1) };
    const dial = (): unknown => sealDialer(world.network, { ...options, cipher: "rot13" as never });
    expect(dial).toThrow(/"cipher" must be one of .*: got rot13/);
  });
});

describe("a gate", () => {
  test("that is closed gives up every handshake under way", () => {
    const world = new SealedWorld();
    const { seen } = world.dial(world.network);
    world.clock.advance(0);
    expect(world.gate.handshakes).toBe(1);
    world.gate.close();
    world.clock.runUntilIdle();
    expect(seen.isClosed).toBe(true);
    expect(world.gate.handshakes).toBe(0);
  });

  test("lets go of a peer that ends before it has said who it is", () => {
    const world = new SealedWorld();
    const { link, seen } = world.dial(world.network);
    world.clock.advance(0);
    link.end();
    world.clock.runUntilIdle();
    expect(seen.isClosed).toBe(true);
    expect([world.gate.handshakes, world.accepted.length]).toEqual([0, 0]);
  });

  test("reads no further once it has refused", () => {
    const world = new SealedWorld({ server: { limits: { handshakesMax: 1 } } });
    world.dial(world.network);
    const { link } = world.dial(world.network);
    link.send(bytesOf("once more"));
    world.clock.runUntilIdle();
    expect(world.refusedByServer).toEqual(["handshakes-full", "handshake-timeout"]);
  });

  test("hands a plain stream on with all that happens to it", () => {
    const world = new SealedWorld({
      network: { queueBytesMax: 10, latencyUs: 10 },
      server: { plain: "accept" },
    });
    const { link, seen } = world.dial(world.network);
    link.send(bytesOf("x".repeat(200)));
    world.clock.runUntil(() => world.accepted.length > 0);
    const [plain] = world.accepted;
    plain!.link.send(new Uint8Array(50));
    link.end();
    world.clock.runUntil(() => plain!.seen.isEnded);
    plain!.link.end();
    world.clock.runUntilIdle();
    expect(plain!.seen.bytesReceived).toBe(200);
    expect(plain!.seen.events).toContain("drain");
    expect(plain!.seen.isClosed).toBe(true);
    expect(seen.isClosed).toBe(true);
  });
});
