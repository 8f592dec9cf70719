/**
 * The processes behind siege.ts: the server, or the peers that mean no good.
 *
 * A slow peer begins a frame of 100 bytes, or over TLS a handshake, sends a byte of it every 100 ms,
 * and begins again on a new connection whenever the server has had enough. A leaving peer connects,
 * sends 20 bytes of the same, and is gone: half of them politely, half with a reset.
 */
import { connect, type Socket } from "node:net";
import process from "node:process";
import { BroadcastChannel } from "node:worker_threads";

import { createAuthority } from "@faultline/certificates";
import { encodeFrame, FrameType } from "@faultline/protocol";
import { startServer } from "@faultline/server";

import { collect } from "./collect.ts";

interface Question {
  readonly ask: "at" | "rss" | "until-open" | "besiege" | "leave" | "withdraw";
  readonly port?: number;
  readonly count?: number;
}

const BYTE_EVERY_MS = 100;
const LEAVE_AT_ONCE = 20;
const LEAVE_EVERY_MS = 40;
/** Long enough for threads of some ten MiB. */
const COLLECT_MS = 1000;
/** Short, so that every slow peer is thrown out a few times while it lasts. */
const PATIENCE_MS = 1000;

const [, , role, transport] = process.argv;
const limits = { frameTimeoutMs: PATIENCE_MS, handshakeTimeoutMs: PATIENCE_MS };

/** A server, and who signed its certificate. */
async function serve() {
  const nowMs = Date.now();
  const authority = await createAuthority({ nowMs });
  const { cert, key } = await authority.issue({ kind: "server", hosts: ["127.0.0.1"], nowMs });
  const onTls = { tcpPort: null, tls: { cert, key } };
  const options = { udpPort: null, limits, ...(transport === "tls" && onTls) };
  return { server: await startServer(options), ca: authority.cert };
}

const served = role === "server" ? await serve() : undefined;

/** The header of a handshake record that announces 512 bytes (RFC 8446 section 5.1). */
const HELLO = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...new Uint8Array(100));
const FRAME = encodeFrame({
  type: FrameType.data,
  checksum: "crc32c",
  flags: 0,
  status: 0,
  session: { high: 1, low: 2 },
  operation: 0,
  attempt: 1,
  remainingMs: 0,
  payload: new Uint8Array(50),
});
const said = transport === "tls" ? HELLO : FRAME;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Slow peers at work, each with how much of its frame it has sent. */
const slow = new Map<Socket, number>();
let besieged = 0;
let resets = 0;

function sendSlowly(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const connected = Promise.withResolvers<void>();
  socket.on("connect", () => {
    slow.set(socket, 0);
    connected.resolve();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    resets += 1;
    connected.resolve();
    slow.delete(socket);
    if (slow.size < besieged) void sendSlowly(port);
  });
  return connected.promise;
}

setInterval(() => {
  for (const [socket, at] of slow) {
    // The last byte is never sent.
    if (at < said.length - 1) socket.write(said.subarray(at, at + 1));
    slow.set(socket, at + 1);
  }
}, BYTE_EVERY_MS).unref();

async function besiege(port: number, count: number): Promise<number> {
  besieged = count;
  while (slow.size < count) await Promise.all(Array.from({ length: 50 }, () => sendSlowly(port)));
  return slow.size;
}

async function leave(port: number, politely: boolean): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.on("connect", () => {
    socket.write(said.subarray(0, 20));
    if (politely) socket.end();
    else socket.resetAndDestroy();
  });
  await gone;
}

async function leaveMany(port: number, count: number): Promise<number> {
  for (let left = 0; left < count; left += LEAVE_AT_ONCE) {
    const wave = Array.from({ length: LEAVE_AT_ONCE }, (_, at) => leave(port, at % 2 === 0));
    await Promise.all([...wave, pause(LEAVE_EVERY_MS)]);
  }
  return count;
}

async function withdraw(): Promise<number> {
  besieged = 0;
  for (const socket of slow.keys()) socket.destroy();
  while (slow.size > 0) await pause(10);
  return resets;
}

async function untilOpen(count: number): Promise<number> {
  for (;;) {
    const { connectionsOpen } = (await served?.server.stats()) ?? { connectionsOpen: count };
    if (connectionsOpen <= count) return connectionsOpen;
    await pause(50);
  }
}

/** Resident bytes once every thread has collected its garbage. */
async function restBytes(): Promise<number> {
  const channel = new BroadcastChannel("faultline-bench-collect");
  channel.postMessage("collect");
  await pause(COLLECT_MS);
  channel.close();
  collect();
  return process.memoryUsage.rss();
}

async function answer({ ask, port = 0, count = 0 }: Question): Promise<unknown> {
  switch (ask) {
    case "at":
      return { port: (served?.server.tcp ?? served?.server.tls)?.port, ca: served?.ca };
    case "rss":
      return restBytes();
    case "until-open":
      return untilOpen(count);
    case "besiege":
      return besiege(port, count);
    case "leave":
      return leaveMany(port, count);
    case "withdraw":
      return withdraw();
  }
}

process.on("message", (question: Question) => {
  void answer(question).then((value) => process.send?.({ value }));
});
