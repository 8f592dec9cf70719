/**
 * The log: what goes in comes out, in order, and never more than it may hold.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireLog } from "../src/index.ts";
import { mergeLogs } from "../src/log/merge.ts";
import { openedOf } from "../src/log/opened.ts";
import { recordsOf, What } from "../src/log/record.ts";

const WIRE = {
  kind: "stream",
  local: "127.0.0.1:4711",
  remote: "server:7000",
  dialled: true,
  startedUs: 5,
  openedUs: 9,
} as const;

/** A log in memory. */
function logOf(bytesMax = 1_000_000) {
  const chunks: Uint8Array[] = [];
  const log = new WireLog({ bytesMax, onChunk: (chunk) => chunks.push(chunk) });
  return { log, chunks, all: () => chunks.flatMap((chunk) => [...recordsOf(chunk)]) };
}

describe("a wire log", () => {
  test("gives back every event of a wire with its time, its bytes copied", () => {
    const { log, all } = logOf();
    const wire = log.tap("behind").open(WIRE);
    const bytes = Uint8Array.of(1, 2, 3);
    wire.sent(bytes, 10);
    bytes.fill(0);
    wire.received(Uint8Array.of(4), 11);
    wire.ended("local", 12);
    wire.ended("remote", 13);
    wire.reset("remote", 14);
    log.flush();
    const [open, ...rest] = all();
    expect(openedOf(open!)).toEqual({ ...WIRE, vantage: "behind" });
    expect(rest.map(({ what, atUs, bytes: kept }) => [what, atUs, ...kept])).toEqual([
      [What.sent, 10, 1, 2, 3],
      [What.received, 11, 4],
      [What.endedLocal, 12],
      [What.endedRemote, 13],
      [What.resetRemote, 14],
    ]);
  });

  test("takes records of any size, however chunks fall", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400_000 }), { maxLength: 6 }), (sizes) => {
        const { log, all } = logOf(10_000_000);
        const wire = log.tap("wire").open(WIRE);
        for (const [index, size] of sizes.entries()) wire.sent(new Uint8Array(size).fill(index), 1);
        log.flush();
        expect(
          all()
            .slice(1)
            .map(({ bytes }) => bytes.length),
        ).toEqual(sizes);
      }),
      { numRuns: 30 },
    );
  });

  test("holds what fits to the byte, and after the first that does not, nothing", () => {
    const exact = logOf(20 + 11 + 26 + 20 + 100);
    const wire = exact.log.tap("wire").open(WIRE);
    wire.sent(new Uint8Array(100), 1);
    expect(exact.log.dropped).toBe(0);
    const full = logOf(20 + 11 + 26 + 20 + 99);
    const other = full.log.tap("wire").open(WIRE);
    other.sent(new Uint8Array(100), 1);
    other.sent(new Uint8Array(0), 2);
    full.log.flush();
    expect(full.log.dropped).toBe(2);
    expect(full.all()).toHaveLength(1);
  });

  test("several logs are read by time, each in its own order", () => {
    const [one, two] = [logOf(), logOf()];
    const first = one.log.tap("wire").open({ ...WIRE, openedUs: 1 });
    const second = two.log.tap("behind").open({ ...WIRE, openedUs: 2 });
    first.sent(Uint8Array.of(1), 10);
    second.sent(Uint8Array.of(2), 5);
    second.sent(Uint8Array.of(3), 10);
    first.sent(Uint8Array.of(4), 9);
    one.log.flush();
    two.log.flush();
    const sources = [one, two].map(({ chunks }) => ({ chunks: () => chunks }));
    const order = [...mergeLogs(sources)].filter(({ what }) => what === What.sent);
    expect(order.map(({ bytes }) => bytes[0])).toEqual([2, 1, 4, 3]);
  });
});
