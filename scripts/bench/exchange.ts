/**
 * Round trips: our client and server against bare sockets, one and many in flight.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

import {
  createClient,
  type Client,
  randomDraw,
  randomSession,
  systemClock,
  tcpDialer,
  udpDialer,
} from "@faultline/client";
import { type FaultServer, startServer } from "@faultline/server";

import { type BenchCase, type Prepared, ratePerSecond } from "./case.ts";
import { makeFrame, readFrames } from "./hand-written.ts";
import { bareRounds, PAYLOAD, RUN_MS, sendOneByOne } from "./rounds.ts";

const MANY = 256;

interface BarePorts {
  readonly tcpPort: number;
  readonly framedPort: number;
  readonly udpPort: number;
}

interface Stage {
  readonly worker: Worker;
  readonly ports: BarePorts;
  readonly server: FaultServer;
}

async function stage(): Promise<Stage> {
  const worker = new Worker(new URL("./bare-server.ts", import.meta.url));
  const [ports] = (await once(worker, "message")) as [BarePorts];
  return { worker, ports, server: await startServer({ workers: 1 }) };
}

async function strike(set: Stage, client: Client): Promise<void> {
  await client.close();
  await set.server.close();
  await set.worker.terminate();
}

function ourClient(transport: "tcp" | "udp", server: FaultServer, inFlightMax: number): Client {
  const address = transport === "tcp" ? server.tcp : server.udp;
  if (address === undefined) throw new Error(`the server has no ${transport} port`);
  const dialer = transport === "tcp" ? tcpDialer(address) : udpDialer(address);
  return createClient({
    dialer,
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
    inFlightMax,
  });
}

async function sendMany(client: Client, count: number): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const outcome = await client.send(PAYLOAD);
      if (outcome.outcome !== "delivered")
        throw new Error(`not delivered: ${outcome.error?.message}`);
    }
  };
  await Promise.all(Array.from({ length: MANY }, lane));
}

async function prepareTcp(): Promise<Prepared> {
  const set = await stage();
  const client = ourClient("tcp", set.server, 1);
  const socket = connect({ port: set.ports.tcpPort, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return {
    subject: () => ratePerSecond(RUN_MS, (count) => sendOneByOne(client, count)),
    baseline: {
      name: "bare node:net echo",
      measure: () => ratePerSecond(RUN_MS, (count) => bareRounds(socket, count)),
    },
    close: () => {
      socket.destroy();
      return strike(set, client);
    },
  };
}

async function prepareUdp(): Promise<Prepared> {
  const set = await stage();
  const client = ourClient("udp", set.server, 1);
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.connect(set.ports.udpPort, "127.0.0.1", resolve);
  });
  const rounds = (count: number): Promise<void> =>
    new Promise((resolve) => {
      let left = count;
      const onMessage = (): void => {
        left -= 1;
        if (left > 0) socket.send(PAYLOAD);
        else {
          socket.off("message", onMessage);
          resolve();
        }
      };
      socket.on("message", onMessage);
      socket.send(PAYLOAD);
    });
  return {
    subject: () => ratePerSecond(RUN_MS, (count) => sendOneByOne(client, count)),
    baseline: { name: "bare node:dgram echo", measure: () => ratePerSecond(RUN_MS, rounds) },
    close: () => {
      socket.close();
      return strike(set, client);
    },
  };
}

function handWrittenRounds(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let received = 0;
    let batch: Uint8Array[] = [];
    const feed = readFrames(
      () => {
        received += 1;
        if (sent < count) {
          batch.push(makeFrame(PAYLOAD));
          sent += 1;
        }
      },
      () => {
        if (batch.length > 0) socket.write(Buffer.concat(batch));
        batch = [];
        if (received < count) return;
        socket.off("data", feed);
        resolve();
      },
    );
    socket.on("data", feed);
    for (; sent < Math.min(count, MANY); sent += 1) batch.push(makeFrame(PAYLOAD));
    socket.write(Buffer.concat(batch));
    batch = [];
  });
}

async function prepareMany(): Promise<Prepared> {
  const set = await stage();
  const client = ourClient("tcp", set.server, MANY);
  const socket = connect({ port: set.ports.framedPort, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return {
    subject: () => ratePerSecond(RUN_MS, (count) => sendMany(client, count)),
    baseline: {
      name: "hand-written loop: frames, CRC-32C, echo",
      measure: () => ratePerSecond(RUN_MS, (count) => handWrittenRounds(socket, count)),
    },
    close: () => {
      socket.destroy();
      return strike(set, client);
    },
  };
}

/** Round trips a second over TCP and UDP. */
export const exchangeCases: readonly BenchCase[] = [
  { name: "tcp-1", unit: "round trips/s", runs: 5, promise: "ratio ≥ 0.8", prepare: prepareTcp },
  { name: "udp-1", unit: "round trips/s", runs: 5, promise: "ratio ≥ 0.7", prepare: prepareUdp },
  { name: "tcp-256", unit: "round trips/s", runs: 5, promise: "ratio ≥ 0.5", prepare: prepareMany },
];
