/** Peers that are not let in over TLS: they hold no place for long, and never more than a few. */
import { connect, type TLSSocket } from "node:tls";
import { TLS_PROTOCOL_ID } from "@faultline/tls";
import { afterEach, expect, test } from "vitest";
import type { FaultServer, ServerEvent } from "../src/index.ts";
import { startServer } from "../src/index.ts";
import { lab } from "../../certificates/test/support/lab.ts";
import { Changes, TcpTalker } from "./support/sockets.ts";

let server: FaultServer | undefined;
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close({ graceMs: 0 });
});

const refusals: string[] = [];
const changes = new Changes();

/** A server that asks for certificates. */
async function start(limits: { handshakeTimeoutMs?: number; handshakesMax?: number }) {
  const { authority, server: issued } = await lab();
  refusals.length = 0;
  server = await startServer({
    tcpPort: null,
    udpPort: null,
    tls: { cert: issued.cert, key: issued.key, clientCa: authority.cert },
    limits,
    events: "all",
    onEvent: (event: ServerEvent) => {
      if (event.event !== "refusal") return;
      refusals.push(event.code);
      changes.change();
    },
  });
  return { ca: authority.cert, port: server.tls?.port ?? 0 };
}

/** A peer without a certificate, which sends nothing. */
function silent({ ca, port }: { ca: string; port: number }): TLSSocket {
  const options = { ca, port, host: "127.0.0.1", minVersion: "TLSv1.3" } as const;
  const socket = connect({ ...options, ALPNProtocols: [TLS_PROTOCOL_ID] });
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

function closed(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("who is not let in and says nothing is dropped when the handshake's time is over", async () => {
  const socket = silent(await start({ handshakeTimeoutMs: 200 }));
  socket.resume();
  await closed(socket);
  await changes.until(() => refusals.length > 0);
  expect(refusals).toEqual(["client-certificate-missing"]);
});

test("who is not let in keeps its place among the handshakes until it is gone", async () => {
  const at = await start({ handshakesMax: 1 });
  silent(at);
  await changes.until(() => refusals.length === 1);
  const second = silent(at);
  await closed(second);
  await changes.until(() => refusals.length === 2);
  expect(refusals).toEqual(["client-certificate-missing", "handshakes-full"]);
});

test.each([
  ["without a word", new Uint8Array(0)],
  ["inside its hello", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)],
])("who ends %s is let go at once, and its place is free", async (_, said) => {
  const { port } = await start({ handshakesMax: 1, handshakeTimeoutMs: 600_000 });
  for (let peer = 0; peer < 3; peer++) {
    const talker = new TcpTalker({ host: "127.0.0.1", port });
    talker.socket.end(said);
    await talker.changes.until(() => talker.closed !== "");
  }
  await changes.until(() => refusals.length === 3);
  expect(refusals).toEqual(["handshake-failed", "handshake-failed", "handshake-failed"]);
});

test.each([
  ["that says nothing", new Uint8Array(0)],
  ["that stops inside its hello", Uint8Array.of(0x16, 3, 1, 2, 0, 1)],
])("a peer %s is dropped when the time for it is over", async (_, said) => {
  const { port } = await start({ handshakeTimeoutMs: 200 });
  const talker = new TcpTalker({ host: "127.0.0.1", port });
  talker.socket.write(said);
  await talker.changes.until(() => talker.closed !== "");
  await changes.until(() => refusals.length > 0);
  expect(refusals).toEqual(["handshake-timeout"]);
});

test.each([
  ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  ["a frame of ours", Uint8Array.of(0xfa, 0x17, ...new Uint8Array(100))],
])("a peer that speaks %s and no TLS is let go at once", async (_, said) => {
  const { port } = await start({ handshakeTimeoutMs: 600_000 });
  const talker = new TcpTalker({ host: "127.0.0.1", port });
  talker.socket.write(said);
  await talker.changes.until(() => talker.closed !== "" || talker.ended);
  await changes.until(() => refusals.length > 0);
  expect(refusals).toEqual(["handshake-failed"]);
  talker.socket.destroy();
});
