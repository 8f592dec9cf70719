/**
 * The processes behind memory.ts: our server, a bare one, or the peers that connect to either.
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";

import { createClient, randomDraw, randomSession, systemClock, tcpDialer } from "@faultline/client";
import { type FaultServer, startServer } from "@faultline/server";

interface Question {
  readonly ask: "port" | "rss" | "connect" | "accepted" | "messages";
  readonly port?: number;
  readonly count?: number;
}

const CONNECT_AT_ONCE = 100;
const IN_FLIGHT = 64;

interface Subject {
  readonly port: number;
  accepted(): Promise<number>;
}

async function startOurs(server: FaultServer): Promise<Subject> {
  return {
    port: server.tcp?.port ?? 0,
    accepted: async () => (await server.stats()).connectionsOpen,
  };
}

async function startBare(): Promise<Subject> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    accepted: () => Promise.resolve(sockets.size),
  };
}

const kept: Socket[] = [];

async function connectMany(port: number, count: number): Promise<number> {
  while (kept.length < count) {
    const batch = Array.from({ length: Math.min(CONNECT_AT_ONCE, count - kept.length) }, () => {
      const socket = connect(port, "127.0.0.1");
      kept.push(socket);
      return once(socket, "connect");
    });
    await Promise.all(batch);
  }
  return kept.length;
}

async function sendMany(port: number, count: number): Promise<void> {
  const client = createClient({
    dialer: tcpDialer({ host: "127.0.0.1", port }),
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
    inFlightMax: IN_FLIGHT,
  });
  const payload = new Uint8Array(64);
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.send(payload);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await client.close();
}

async function untilAccepted(subject: Subject, count: number): Promise<void> {
  while ((await subject.accepted()) < count)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const role = process.argv[2];
let subject: Subject = { port: 0, accepted: () => Promise.resolve(0) };
if (role === "ours") subject = await startOurs(await startServer({ udpPort: null, workers: 1 }));
if (role === "bare") subject = await startBare();

async function answer(question: Question): Promise<number> {
  const count = question.count ?? 0;
  switch (question.ask) {
    case "port":
      return subject.port;
    case "rss":
      return process.memoryUsage.rss();
    case "connect":
      return connectMany(question.port ?? 0, count);
    case "accepted":
      await untilAccepted(subject, count);
      return count;
    case "messages":
      await sendMany(subject.port, count);
      return count;
  }
}

process.on("message", (question: Question) => {
  void answer(question).then((value) => process.send?.({ value }));
});
