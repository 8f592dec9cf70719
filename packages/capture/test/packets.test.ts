/**
 * Frames that packets carry over UDP: put together from their fragments, each once, within bounds.
 */
import {
  decodePacket,
  encodeFrame,
  PACKET_LIMITS_DEFAULT,
  PacketConnection,
  packetLimitsOf,
} from "@faultline/protocol";
import { describe, expect, test } from "vitest";
import type { CaptureSource } from "../src/index.ts";
import { FlowTable } from "../src/read/flow-table.ts";
import { CALM, captureOf, foreign, frame, readAll } from "./support.ts";

const CONNECTION = { high: 1, low: 2 };
const IN_PACKETS = { kind: "datagram", carries: "codec frame, in packets" } as const;

/** The datagrams that carry messages one way, as their sender cuts them. */
function datagramsOf(
  messages: readonly Uint8Array[],
  connection = CONNECTION,
  datagramBytesMax = 500,
): Uint8Array[] {
  const limits = packetLimitsOf({ datagramBytesMax, sendQueueBytesMax: 10_000_000 });
  const core = new PacketConnection({ connection, limits, nowUs: 0 });
  const datagrams: Uint8Array[] = [];
  for (const message of messages) core.send(message, 0);
  for (let nowUs = 0; datagrams.length < 200; nowUs += 5_000) {
    for (let next = core.next(nowUs); next !== undefined; next = core.next(nowUs)) {
      datagrams.push(next);
      const packet = decodePacket(next)!;
      const ranges = [{ low: 0, high: packet.number }];
      const ack = { ...packet, flags: 1, fragments: [], ack: { ranges, delayUs: 0 } };
      core.receive(ack, { bytes: 50, heldBytes: 0, nowUs });
    }
    if (core.isIdle) break;
  }
  return datagrams;
}

/** All of them one way: what goes the other way says nothing. */
function oneWay(datagrams: readonly Uint8Array[]): Uint8Array[] {
  return datagrams.flatMap((bytes) => [bytes, new Uint8Array(0)]);
}

const sent = datagramsOf(CALM);

describe("frames in packets", () => {
  test("are put together, and every packet is told with its number and its fragments", () => {
    const { frames, packets, counts } = readAll(captureOf(oneWay(sent), IN_PACKETS));
    expect(frames.map(({ bytes }) => bytes)).toEqual(CALM);
    expect(frames.every(({ inPackets }) => inPackets)).toBe(true);
    expect(packets.map(({ item }) => item?.number)).toEqual(sent.map((_, number) => number));
    const fragments = packets.flatMap(({ item }) => item?.fragments ?? []);
    expect(fragments.length).toBeGreaterThan(10);
    expect(new Set(fragments.map(({ message }) => message))).toEqual(new Set([0, 1, 2, 3]));
    const layer = { packets: sent.length, damaged: 0, unfinished: 0, noRoom: 0 };
    expect(counts).toMatchObject({ frames: 4, refused: 0, others: 0, layer });
  });

  test("are each there once, whatever is doubled and overtaken, and in other tools' captures too", () => {
    const mixed = [...sent.toReversed(), ...sent];
    const { frames, counts } = readAll(foreign(captureOf(oneWay(mixed), IN_PACKETS)));
    const operations = frames.map(({ item }) => "operation" in item && item.operation);
    expect([operations.length, new Set(operations)]).toEqual([4, new Set([1, 2, 3, 4])]);
    expect(counts.layer.packets).toBe(2 * sent.length);
  });

  test("that are not whole are counted, and so is what is damaged", () => {
    const damaged = sent[0]!.slice();
    damaged[30]! ^= 1;
    const { frames, packets, counts } = readAll(
      captureOf(oneWay([damaged, ...sent.slice(1)]), IN_PACKETS),
    );
    expect(packets[0]?.item).toBeUndefined();
    expect(frames.length).toBe(3);
    const layer = { packets: sent.length - 1, damaged: 1, unfinished: 1, noRoom: 0 };
    expect(counts).toMatchObject({ frames: 3, layer });
  });

  test("of two connections between the same addresses are kept apart", () => {
    const [one, other] = [1, 2].map((low) => datagramsOf(CALM, { high: 7, low }));
    const woven = one!.flatMap((bytes, at) => [bytes, other![at]!]);
    const { frames, counts } = readAll(captureOf(oneWay(woven), IN_PACKETS));
    expect(counts).toMatchObject({ frames: 8, refused: 0, layer: { unfinished: 0 } });
    expect(frames.filter(({ bytes }) => bytes.length === CALM[3]!.length)).toHaveLength(2);
  });

  test("of a sender who ends none are held up to assemblyBytesMax, and no further", () => {
    const large = Array.from({ length: 45 }, (_, at) =>
      encodeFrame(frame(at, new Uint8Array(60_000))),
    );
    // each in two fragments, of which the second never comes
    const firsts = datagramsOf(large, CONNECTION, 50_000).filter(
      (bytes) => decodePacket(bytes)?.fragments[0]?.index === 0,
    );
    const { assemblyBytesMax } = PACKET_LIMITS_DEFAULT;
    const room = Math.floor(assemblyBytesMax / firsts[0]!.length);
    expect(firsts.length).toBeGreaterThan(room + 1);
    const { counts } = readAll(captureOf(oneWay(firsts), IN_PACKETS));
    const layer = { packets: firsts.length, unfinished: room, noRoom: firsts.length - room };
    expect(counts.layer).toMatchObject(layer);
  });
});

describe("what is remembered of conversations", () => {
  const table = (limits: object) => {
    const forgotten: string[] = [];
    const flows = new FlowTable<{ name: string; heldBytes: number }>(
      ({ name }) => forgotten.push(name),
      limits,
    );
    const use = (name: string, heldBytes: number): void =>
      flows.use(
        name,
        () => ({ name, heldBytes: 0 }),
        (flow) => void (flow.heldBytes = heldBytes),
      );
    return { flows, forgotten, use };
  };

  test("is flowsMax directions; the one that was silent longest is forgotten for one more", () => {
    const { flows, forgotten, use } = table({ flowsMax: 2 });
    for (const name of ["a", "b", "a"]) use(name, 0);
    expect(forgotten).toEqual([]);
    use("c", 0);
    expect([forgotten, flows.size]).toEqual([["b"], 2]);
  });

  test("is heldBytesMax bytes of what is not whole", () => {
    const { forgotten, use } = table({ heldBytesMax: 100 });
    for (const name of ["a", "b"]) use(name, 50);
    expect(forgotten).toEqual([]);
    use("b", 51);
    expect(forgotten).toEqual(["a"]);
    use("c", 49);
    use("d", 1);
    expect(forgotten).toEqual(["a", "b"]);
  });
});

test("of a file that is not in memory no more is asked for at once than a block has", () => {
  const file = captureOf(CALM);
  let most = 0;
  const source: CaptureSource = {
    length: file.length,
    read(at, length) {
      most = Math.max(most, length);
      return file.slice(at, at + length);
    },
  };
  expect(readAll(source).frames.map(({ bytes }) => bytes)).toEqual(CALM);
  expect(most).toBeLessThan(1_200);
});
