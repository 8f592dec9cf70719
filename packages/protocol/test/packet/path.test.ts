/** The proof of an address: a token that only who hears there can give back. */
import { describe, expect, test } from "vitest";
import { acceptPackets, sessionToHex } from "../../src/index.ts";
import { PacketWriter } from "../../src/packet/encode.ts";
import { PathGuard, pathToken } from "../../src/packet/path.ts";
import { CONNECTION, messageOf, Pair, TOKEN } from "./support.ts";

const SECRET = new Uint8Array(32).fill(1);

describe("a token", () => {
  test("is another for another secret, address, port or connection, and the same for the same", () => {
    const tokens = [
      pathToken(SECRET, "192.0.2.1:7", CONNECTION),
      pathToken(new Uint8Array(32).fill(2), "192.0.2.1:7", CONNECTION),
      pathToken(SECRET, "192.0.2.2:7", CONNECTION),
      pathToken(SECRET, "192.0.2.1:8", CONNECTION),
      pathToken(SECRET, "192.0.2.1:7", { ...CONNECTION, low: 0 }),
    ].map(sessionToHex);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(sessionToHex(pathToken(SECRET, "192.0.2.1:7", CONNECTION))).toBe(tokens[0]);
  });

  test("opens the path, and no other does", () => {
    const guard = new PathGuard(TOKEN);
    guard.received(100);
    guard.sent(250);
    expect(guard.allowanceBytes).toBe(50);
    guard.answered({ ...TOKEN, low: TOKEN.low + 1 });
    guard.answered({ ...TOKEN, high: TOKEN.high + 1 });
    expect([guard.isValidated, guard.allowanceBytes]).toEqual([false, 50]);
    guard.answered(TOKEN);
    expect([guard.isValidated, guard.allowanceBytes]).toEqual([true, Infinity]);
  });

  test("that was guessed wrong leaves the listener where it was", () => {
    // Nothing of the listener's arrives: whoever answers has to guess.
    const pair = new Pair((_, from) => (from === "listener" ? [] : [1000]));
    const { listener } = pair;
    listener.onMessage = () => void listener.core.send(messageOf(1, 60_000), pair.nowUs);
    pair.send(pair.dialler, messageOf(0, 300));
    pair.runTo(2000);
    const writer = new PacketWriter(1200);
    writer.begin({ flags: 0, connection: CONNECTION, number: 500 }, 1200);
    writer.putToken("response", { high: 1, low: 2 });
    pair.arrive(listener, writer.finish());
    pair.runTo(500_000);
    expect(listener.core.isValidated).toBe(false);
    expect(listener.sentBytes).toBeLessThanOrEqual(3 * listener.receivedBytes);
  });
});

test("a secret that could be guessed is refused", () => {
  const options = { clock: undefined as never, accept: undefined as never };
  expect(() => acceptPackets({ ...options, secret: new Uint8Array(15) })).toThrow(
    'Cannot accept packets as "secret" must be of at least 16 bytes: got 15',
  );
  expect(() => acceptPackets({ ...options, secret: new Uint8Array(16) })).not.toThrow();
});
