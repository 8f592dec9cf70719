/** Servers that ask for a key: whom they serve, and what the others are told. */
import type { Checksum, Frame, FrameKeys, SealKey } from "@faultline/protocol";
import {
  createFrameKeys,
  encodeFrame,
  FrameDecoder,
  FrameType,
  isRefusal,
  sealDialer,
} from "@faultline/protocol";
import { LinkRecorder } from "@faultline/testkit";
import { afterEach, describe, expect, test } from "vitest";
import type { FaultServer } from "../src/index.ts";
import { startServer } from "../src/index.ts";
import { systemClock } from "../src/clock.ts";
import { systemRandom } from "../src/chance.ts";
import type { WorldOptions } from "./support/core-world.ts";
import { CoreWorld, frame, plan, text, words } from "./support/core-world.ts";
import { tcpDialer, udpDialer } from "./support/dialers.ts";
import { Changes } from "./support/sockets.ts";

const SIGNED: Checksum["name"] = "hmac-sha256-128";

function keyOf(id: string): SealKey {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => id.charCodeAt(at % id.length));
  return { id, secret };
}

const KEYS = [keyOf("new"), keyOf("old")];

/** A client that signs, and reads what is signed for it. */
class Signer {
  readonly seen = new LinkRecorder();
  readonly #world: CoreWorld;
  readonly #keys: FrameKeys;
  readonly #link;

  constructor(world: CoreWorld, id: string) {
    this.#world = world;
    this.#keys = createFrameKeys({ keys: [keyOf(id)], side: "client" });
    this.#link = world.network.dial(this.seen);
    world.advanceUs(0);
  }

  send(fields: Partial<Frame> = {}): void {
    this.#link.send(encodeFrame(frame({ checksum: SIGNED, ...fields }), this.#keys));
    this.#world.advanceUs(0);
  }

  /** What came, as `type:payload`, or why it was refused. */
  get received(): string[] {
    const decoder = new FrameDecoder({ keys: this.#keys, checksum: SIGNED });
    decoder.push(this.seen.received());
    const items: string[] = [];
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      items.push(
        isRefusal(item) ? item.refused : `${item.type}:${item.status}${words(item.payload)}`,
      );
    }
    return items;
  }
}

function worldOf(options: WorldOptions = {}): CoreWorld {
  return new CoreWorld({ keys: KEYS, ...options });
}

describe.each(["stream", "datagram"] as const)("a server with keys, over a %s", (kind) => {
  test.each(["old", "new"])("serves who signs with the key %s, and signs its replies", (id) => {
    const world = worldOf({ kind });
    const signer = new Signer(world, id);
    signer.send();
    signer.send({ type: FrameType.ping, operation: 7, payload: text("") });
    expect(signer.received).toEqual(["3:0Hey", "6:0"]);
    expect(world.core.stats()).toMatchObject({ executions: 1, refusals: {} });
  });

  test("executes nothing of a stranger's, and counts why", () => {
    const world = worldOf({ kind });
    const signer = new Signer(world, "stranger");
    signer.send();
    expect(signer.received).toEqual([]);
    const { executions, refusals } = world.core.stats();
    expect(executions).toBe(0);
    expect(refusals).toEqual(kind === "stream" ? { forged: 1 } : { "payload-damaged": 1 });
    expect(signer.seen.isClosed).toBe(kind === "stream");
  });

  test("executes nothing that is not signed; only a stream is told", () => {
    const world = worldOf({ kind });
    const talker = world.dial();
    talker.send({ operation: 3 });
    world.advanceUs(0);
    expect(talker.replies).toEqual(kind === "stream" ? ["3!9"] : []);
    expect(world.core.stats()).toMatchObject({
      executions: 0,
      refusals: { unauthenticated: 1 },
    });
    expect(talker.seen.isClosed).toBe(kind === "stream");
  });

  test("serves everybody where it is told to, and still checks what is signed", () => {
    const world = worldOf({ kind, requireKeys: false });
    const talker = world.dial();
    talker.send({ operation: 3 });
    const signer = new Signer(world, "old");
    signer.send({ session: { high: 1, low: 1 } });
    new Signer(world, "stranger").send({ session: { high: 1, low: 2 } });
    expect(talker.replies).toEqual(["3:Hey"]);
    expect(signer.received).toEqual(["3:0Hey"]);
    expect(world.core.stats().executions).toBe(2);
  });

  test("without keys refuses what is signed, since it cannot tell", () => {
    const world = new CoreWorld({ kind });
    new Signer(world, "old").send({ payload: new Uint8Array(2_000_000).subarray(0, 10) });
    expect(world.core.stats()).toMatchObject({ executions: 0, refusals: { "no-key": 1 } });
  });
});

test("signs nothing for who has only a length to show: no answer, and no key kept for the session", () => {
  const world = worldOf({ limits: { payloadBytesMax: 8 } });
  const stranger = new Signer(world, "stranger");
  stranger.send({ payload: text("far too long") });
  expect(stranger.seen.bytesReceived).toBe(0);
  expect(stranger.seen.isClosed).toBe(true);
  expect(world.core.stats().refusals).toEqual({ "payload-too-large": 1 });
  const signer = new Signer(world, "old");
  signer.send();
  expect(signer.received).toEqual(["3:0Hey"]);
});

test("what a fault has done to a signed frame is damage, and answered as damage", () => {
  const world = worldOf({
    plan: plan({ id: "flip", kind: "corrupt", direction: "request", probability: 1, how: "bit" }),
  });
  const answers = new Set<string>();
  for (let operation = 0; operation < 40; operation++) {
    const signer = new Signer(world, "old");
    signer.send({ operation, payload: text("x".repeat(400)) });
    for (const answer of signer.received) answers.add(answer);
  }
  expect([...answers]).toEqual(["4:2"]);
  expect(world.core.stats().refusals["forged"]).toBeUndefined();
});

test("keys are asked for only where there are some", () => {
  expect(() => new CoreWorld({ requireKeys: true })).toThrow(
    'Cannot start the server as "requireKeys" must be false where there are no keys: got true',
  );
});

test("a wrong key is refused before anything is started", async () => {
  const keys = [{ id: "short", secret: new Uint8Array(8) }];
  await expect(startServer({ keys })).rejects.toThrow(/"keys\[0\]\.secret" must be .*got 8 bytes/);
});

describe("a server on sockets with keys", () => {
  let server: FaultServer | undefined;
  afterEach(() => server?.close({ graceMs: 0 }));

  /** Sends one frame over a link that is sealed with the key, and waits for what comes. */
  async function talk(
    transport: "tcp" | "udp",
    { id, session = 1 }: { readonly id: string; readonly session?: number },
  ): Promise<{ reply: string; error: string | undefined }> {
    const port = (transport === "tcp" ? server?.tcp : server?.udp)?.port ?? 0;
    const changes = new Changes();
    const seen = new LinkRecorder();
    seen.onChange = () => changes.change();
    const limits = { handshakeTimeoutMs: 400, helloRetryMs: 100 };
    const link = sealDialer(transport === "tcp" ? tcpDialer(port) : udpDialer(port), {
      keys: [keyOf(id)],
      clock: systemClock(0),
      random: systemRandom,
      limits,
    }).dial(seen);
    link.send(encodeFrame(frame({ session: { high: session * 77, low: session } })));
    await changes.until(() => seen.bytesReceived > 0 || seen.isClosed);
    const reply = seen.bytesReceived > 0 ? words(seen.received().subarray(40, 43)) : "";
    link.reset();
    await changes.until(() => seen.isClosed);
    return { reply, error: seen.error?.message };
  }

  test.each(["tcp", "udp"] as const)(
    "serves sealed peers over %s, wherever their sessions are at home",
    async (transport) => {
      server = await startServer({ keys: KEYS, workers: 2 });
      for (let session = 1; session <= 6; session++) {
        const id = session % 2 === 0 ? "old" : "new";
        expect(await talk(transport, { id, session })).toEqual({ reply: "Hey", error: undefined });
      }
      expect((await server.stats()).executions).toBe(6);
    },
  );

  test("tells a sealed stranger over tcp what is wrong, and nobody over udp", async () => {
    server = await startServer({ keys: KEYS });
    expect((await talk("tcp", { id: "stranger" })).error).toMatch(/"stranger".*not known/);
    expect((await talk("udp", { id: "stranger" })).error).toMatch(/not answered in 400 ms/);
    const { executions, refusals } = await server.stats();
    expect(executions).toBe(0);
    expect(refusals["unknown-key"]).toBeGreaterThan(1);
  });

  test("refuses plain text at once, which cannot be signed, and serves it sealed", async () => {
    server = await startServer({ keys: KEYS, codec: "pipe", udpPort: null });
    const changes = new Changes();
    const seen = new LinkRecorder();
    seen.onChange = () => changes.change();
    const link = tcpDialer(server.tcp?.port ?? 0).dial(seen);
    link.send(text("Hey|e4599fa9"));
    await changes.until(() => seen.isClosed);
    expect(seen.bytesReceived).toBe(0);
    expect((await server.stats()).refusals).toEqual({ "not-sealed": 1 });
  });
});
