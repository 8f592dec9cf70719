/** Pitfall 19. An authentic packet is accepted again: it was proved who wrote it, not that it is new. */
import { describe, expect, test } from "vitest";
import { SealedWorld } from "@faultline/testkit/sealed";
import { NaiveSealedReceiver } from "../naive/naive-sealed-receiver.ts";

const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
const SEQUENCE_AT = 12;

/** A session on datagrams, with every record of the client's written down. */
function recorded(rekeyRecords?: number) {
  const records: Uint8Array[] = [];
  const limits = { replayWindow: 64, ...(rekeyRecords !== undefined && { rekeyRecords }) };
  const world = new SealedWorld({
    network: {
      kind: "datagram",
      meddle: (bytes, { from }) => {
        if (from === "client") records.push(new Uint8Array(bytes));
        return bytes;
      },
    },
    client: { limits },
    server: { limits },
  });
  const { client, server } = world.connect();
  const send = (words: string): void => {
    client.link.send(bytesOf(words));
    world.clock.advance(0);
  };
  /** What anybody can do who saw it pass: send it again. */
  const replay = (record: Uint8Array): void => {
    world.network.connections[0]!.client.send(new Uint8Array(record));
    world.clock.advance(0);
  };
  return { records, replay, seen: server.seen, send, world };
}

describe("a sealed packet that is sent again", () => {
  test.each([1, 63, 64, 65, 10_000])("%i packets later is not accepted", (later) => {
    const { records, replay, seen, send, world } = recorded();
    send("pay");
    const pay = records.at(-1)!;
    for (let packet = 1; packet < later; packet++) send("x");
    const before = seen.pieces.length;
    replay(pay);
    replay(pay);
    expect(seen.pieces.length).toBe(before);
    expect(world.refusedByServer).toEqual(["replayed", "replayed"]);
    send("next");
    expect(seen.pieces.length).toBe(before + 1);
  });

  test("is not accepted in a later epoch, nor relabelled as one of it", () => {
    const { records, replay, seen, send } = recorded(10);
    send("pay");
    const pay = records.at(-1)!;
    for (let epoch = 0; epoch < 5; epoch++) {
      for (let packet = 0; packet < 10; packet++) send("x");
      const before = seen.pieces.length;
      replay(pay);
      for (let claimed = 0; claimed <= epoch + 2; claimed++) {
        const forged = pay.slice();
        new DataView(forged.buffer).setUint32(8, claimed);
        replay(forged);
      }
      expect(seen.pieces.length).toBe(before);
    }
  });

  test("is not accepted in another session, of the same secret", () => {
    const { records, replay, send } = recorded();
    send("pay");
    const pay = records.at(-1)!;
    const other = recorded();
    other.send("y");
    const before = other.seen.pieces.length;
    other.replay(pay);
    expect(other.seen.pieces.length).toBe(before);
    replay(pay);
  });

  test("is not accepted by who wrote it", () => {
    const { records, send, world } = recorded();
    send("pay");
    world.network.connections[0]!.server.send(new Uint8Array(records.at(-1)!));
    world.clock.advance(0);
    expect(world.refusedByClient).toEqual(["forged"]);
  });
});

describe("a forged packet with a huge number", () => {
  test("moves nothing: the next good packet is accepted", () => {
    const { records, replay, seen, send, world } = recorded();
    send("one");
    const forged = records.at(-1)!.slice();
    new DataView(forged.buffer).setUint32(SEQUENCE_AT, 0x0f_ffff);
    replay(forged);
    expect(world.refusedByServer).toEqual(["forged"]);
    send("two");
    expect(seen.pieces.map((piece) => new TextDecoder().decode(piece))).toEqual(["one", "two"]);
  });
});

describe("a naive receiver", () => {
  test("accepts an authentic packet as often as it comes", () => {
    const receiver = new NaiveSealedReceiver({ window: "none" });
    const pay = receiver.seal(1, "pay");
    for (let packet = 2; packet < 100; packet++) receiver.receive(receiver.seal(packet, "x"));
    receiver.receive(pay);
    receiver.receive(pay);
    expect(receiver.accepted.filter((words) => words === "pay")).toHaveLength(2);
  });

  test("that moves its window first is shut for ever by one forged packet", () => {
    const receiver = new NaiveSealedReceiver({ window: "moved-first" });
    receiver.receive(receiver.seal(1, "one"));
    const forged = receiver.seal(2 ** 52, "x");
    forged[forged.length - 1]! ^= 1;
    receiver.receive(forged);
    receiver.receive(receiver.seal(2, "two"));
    expect(receiver.accepted).toEqual(["one"]);
  });
});
