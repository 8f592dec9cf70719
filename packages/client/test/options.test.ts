/** Wrong options are refused at construction, naming the option, its rule and the value. */
import { FakeClock, MemoryNetwork } from "@faultline/testkit";
import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../src/index.ts";
import { createClient, tcpDialer, udpDialer } from "../src/index.ts";

const GOOD: ClientOptions = {
  dialer: new MemoryNetwork(),
  clock: new FakeClock(),
  draw: () => 0,
  session: { high: 1, low: 2 },
};

describe("a client's options", () => {
  test("those without a default suffice", () => {
    expect(() => createClient(GOOD)).not.toThrow();
  });

  test.each<[Record<string, unknown>, string]>([
    [{ dialer: undefined }, 'Cannot create a client as "dialer" must be a Dialer: got undefined'],
    [{ clock: 3 }, 'Cannot create a client as "clock" must be a Clock: got 3'],
    [{ draw: null }, 'Cannot create a client as "draw" must be a function: got null'],
    [{ session: { high: -1, low: 0 } }, '"session" must be two unsigned 32-bit integers'],
    [{ codec: "json" }, '"codec" must be one of "frame", "pipe": got "json"'],
    [{ checksum: "md5" }, '"checksum" must be one of "none"'],
    [{ attemptsMax: 0 }, 'Cannot retry as "attemptsMax" must be an integer of at least 1: got 0'],
    [{ attemptsMax: 1001 }, '"attemptsMax" must be an integer of at most 1000: got 1001'],
    [{ attemptsMax: 1.5 }, '"attemptsMax" must be an integer: got 1.5'],
    [{ attemptsMax: "4" }, '"attemptsMax" must be an integer: got "4"'],
    [{ attemptTimeoutMs: 0 }, '"attemptTimeoutMs" must be a number of milliseconds of at least 1'],
    [{ deadlineMs: Number.NaN }, '"deadlineMs" must be a number of milliseconds of at least 1'],
    [{ deadlineMs: 86_400_001 }, "of at most 86400000: got 86400001"],
    [{ inFlightMax: 0 }, '"inFlightMax" must be an integer of at least 1: got 0'],
    [{ inFlightMax: 1025 }, '"inFlightMax" must be an integer of at most 1024: got 1025'],
    [{ inFlightMax: 2, codec: "pipe" }, '"inFlightMax" must be at most 1 with the codec "pipe"'],
    [{ queueMax: -1 }, '"queueMax" must be an integer of at least 0: got -1'],
    [{ queueBytesMax: -1 }, '"queueBytesMax" must be an integer of at least 0: got -1'],
    [{ connectTimeoutMs: 0 }, '"connectTimeoutMs" must be a number of milliseconds of at least 1'],
    [{ closeTimeoutMs: -1 }, '"closeTimeoutMs" must be a number of milliseconds of at least 0'],
    [{ backoff: { factor: 0 } }, '"backoff.factor" must be a finite number of at least 1: got 0'],
  ])("%j is refused", (wrong, message) => {
    expect(() => createClient({ ...GOOD, ...wrong } as ClientOptions)).toThrow(message);
  });

  test.each([1, 1000])("attemptsMax may be %i", (attemptsMax) => {
    expect(() => createClient({ ...GOOD, attemptsMax })).not.toThrow();
  });

  test.each([1, 1024])("inFlightMax may be %i", (inFlightMax) => {
    expect(() => createClient({ ...GOOD, inFlightMax })).not.toThrow();
  });
});

describe("a dialer's options", () => {
  test.each([tcpDialer, udpDialer])("port and host are checked by %o", (dialer) => {
    expect(() => dialer({ port: 0 })).toThrow(
      'Cannot dial as "port" must be an integer of at least 1: got 0',
    );
    expect(() => dialer({ port: 65_536 })).toThrow('"port" must be an integer of at most 65535');
    expect(() => dialer({ host: "", port: 1 })).toThrow('"host" must be a name or an address');
    expect(dialer({ port: 1 }).kind).toMatch(/stream|datagram/);
  });

  test("keepAliveMs is checked", () => {
    expect(() => tcpDialer({ port: 1, keepAliveMs: 0 })).toThrow('"keepAliveMs" must be a number');
  });
});

describe("a message's options", () => {
  test("wrong ones throw from submit and use up no operation id", () => {
    const client = createClient(GOOD);
    const done = (): void => {};
    expect(() => client.submit("Hey", { attemptsMax: 0 }, done)).toThrow('"attemptsMax" must be');
    expect(() => client.submit("Hey", { deadlineMs: 0 }, done)).toThrow('"deadlineMs" must be');
    expect(() => client.submit(7 as unknown as string, {}, done)).toThrow(
      'Cannot send as "body" must be a Uint8Array or a string: got 7',
    );
    expect(client.submit("Hey", {}, done)).toBe(0);
    expect(client.stats().operations).toBe(1);
  });

  test("wrong ones reject the promise of send", async () => {
    const client = createClient(GOOD);
    await expect(client.send("Hey", { attemptsMax: 0 })).rejects.toThrow(RangeError);
    await expect(client.close({ graceMs: -1 })).rejects.toThrow('"graceMs" must be');
  });
});
