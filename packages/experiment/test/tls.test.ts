/** Trust between a client and a server of ours over TLS: who is let in, and what the others are told. */
import { connect } from "node:net";
import { createAuthority, type IssueOptions } from "@faultline/certificates";
import {
  createClient,
  randomDraw,
  randomSession,
  systemClock,
  tlsDialer,
  type TlsDialerOptions,
} from "@faultline/client";
import { type FaultServer, type ServerOptions, startServer } from "@faultline/server";
import { afterEach, describe, expect, test } from "vitest";
import { lab } from "../../certificates/test/support/lab.ts";

const HOST = "127.0.0.1";
const DAY_MS = 86_400_000;
const nowMs = Date.now();
const isDeno = "Deno" in globalThis;
const { authority, server: ours } = await lab();
const stranger = await createAuthority({ nowMs });
const servers: FaultServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function serve(options: ServerOptions = {}): Promise<FaultServer> {
  const tls = { cert: ours.cert, key: ours.key };
  const server = await startServer({ tcpPort: null, udpPort: null, tls, ...options });
  servers.push(server);
  return server;
}

/** What becomes of one message. */
async function send(server: FaultServer, options: Partial<TlsDialerOptions> = {}) {
  const client = createClient({
    dialer: tlsDialer({ port: server.tls!.port, ca: authority.cert, ...options }),
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
  });
  const outcome = await client.send("hello");
  await client.close();
  if (outcome.outcome === "delivered") return { code: "delivered", status: undefined, attempts: 1 };
  const { cause, code } = outcome.error;
  const { status } = (cause ?? {}) as { status?: string };
  return { code, status, attempts: outcome.attempts.length };
}

describe("a client refuses a server", () => {
  const cases: [string, Partial<IssueOptions>, string][] = [
    ["whose certificate has expired", { startMs: -2 * DAY_MS, days: -1 }, "certificate-expired"],
    [
      "whose certificate is not valid yet",
      { startMs: DAY_MS, days: 2 },
      "certificate-not-yet-valid",
    ],
    ["whose certificate is for another host", { hosts: ["10.0.0.1"] }, "certificate-wrong-host"],
  ];

  test.each(cases)("%s, at once and by name", async (_name, issue, status) => {
    const { cert, key } = await authority.issue({ kind: "server", hosts: [HOST], nowMs, ...issue });
    const server = await serve({ tls: { cert, key } });
    // Deno has one word for all that its TLS library finds wrong before the name.
    const word = isDeno && status !== "certificate-wrong-host" ? "certificate-untrusted" : status;
    expect(await send(server)).toEqual({ code: "untrusted", status: word, attempts: 1 });
  });

  test("signed by nobody whom it trusts, or by itself", async () => {
    const server = await serve();
    const refused = { code: "untrusted", status: "certificate-untrusted", attempts: 1 };
    expect(await send(server, { ca: stranger.cert })).toEqual(refused);
    const alone = await serve({ tls: { cert: stranger.cert, key: await stranger.exportKey() } });
    expect(await send(alone)).toEqual(refused);
  });

  test("that speaks another protocol", async () => {
    const server = await serve();
    const found = await send(server, { alpn: "other/1" });
    expect(found).toEqual({ code: "untrusted", status: "protocol-mismatch", attempts: 1 });
    expect((await server.stats()).refusals).toEqual({ "protocol-mismatch": 1 });
  });
});

describe("a server that asks for certificates", () => {
  const asking = { ...ours, clientCa: authority.cert };

  test("serves a client whose certificate holds, and names why another is not let in", async () => {
    const server = await serve({ tls: asking });
    const good = await authority.issue({ kind: "client", name: "alice", nowMs });
    const old = await authority.issue({ kind: "client", nowMs, startMs: -2 * DAY_MS, days: -1 });
    const evil = await stranger.issue({ kind: "client", name: "eve", nowMs });
    expect((await send(server, good)).code).toBe("delivered");
    for (const shown of [{}, old, evil]) {
      expect(await send(server, shown)).toMatchObject({
        code: "refused-by-server",
        status: "unauthenticated",
      });
    }
    const { executions, refusals } = await server.stats();
    expect(executions).toBe(1);
    expect(refusals).toEqual({
      "client-certificate-missing": 1,
      "client-certificate-expired": 1,
      "client-certificate-untrusted": 1,
    });
  });

  test("lets a client in no more that was taken off the list", async () => {
    const [alice, bob] = await Promise.all(
      ["alice", "bob"].map((name) => authority.issue({ kind: "client", name, nowMs })),
    );
    const clients = [alice!.fingerprint256, bob!.fingerprint256];
    const server = await serve({ tls: { ...asking, clients } });
    expect((await send(server, alice)).code).toBe("delivered");
    await server.setClients([bob!.fingerprint256]);
    expect((await send(server, alice)).status).toBe("unauthenticated");
    expect((await send(server, bob)).code).toBe("delivered");
    expect((await server.stats()).refusals).toEqual({ "client-certificate-removed": 1 });
  });

  test.each([
    ["clients without clientCa", { clients: [ours.fingerprint256] }, "tls.clients"],
    ["a fingerprint that is none", { clientCa: authority.cert, clients: ["abc"] }, "tls.clients"],
    ["a certificate that is none", { cert: "x" }, "tls.cert"],
    ["an authority that is none", { clientCa: "x" }, "tls.clientCa"],
  ])("is not started with %s", async (_name, wrong, setting) => {
    await expect(serve({ tls: { ...ours, ...wrong } })).rejects.toThrow(
      `Cannot start the server as "${setting}" must be`,
    );
  });
});

describe("a peer that never finishes its handshake", () => {
  test("is dropped, and one above the limit is not even begun with", async () => {
    const server = await serve({ limits: { handshakeTimeoutMs: 50, handshakesMax: 1 } });
    const gone = [1, 2].map(
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(server.tls!.port, HOST);
          socket.on("error", () => {});
          socket.on("close", () => resolve());
          socket.resume();
        }),
    );
    await Promise.all(gone);
    expect((await server.stats()).refusals).toEqual({
      "handshake-timeout": 1,
      "handshakes-full": 1,
    });
    expect((await send(server)).code).toBe("delivered");
  });
});
