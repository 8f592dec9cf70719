/**
 * Round trips over TLS 1.3: our client and server against a bare echo of node:tls, one in flight.
 *
 * Both servers have the same certificate and a thread of their own.
 */
import { once } from "node:events";
import { connect } from "node:tls";
import { Worker } from "node:worker_threads";

import { createAuthority } from "@faultline/certificates";
import { createClient, randomDraw, randomSession, systemClock, tlsDialer } from "@faultline/client";
import { startServer } from "@faultline/server";

import { type BenchCase, type Prepared, ratePerSecond } from "./case.ts";
import { bareRounds, RUN_MS, sendOneByOne } from "./rounds.ts";

const HOST = "127.0.0.1";

async function prepare(): Promise<Prepared> {
  const nowMs = Date.now();
  const authority = await createAuthority({ nowMs });
  const { cert, key } = await authority.issue({ kind: "server", hosts: [HOST], nowMs });
  const ca = authority.cert;
  const worker = new Worker(new URL("./bare-tls-server.ts", import.meta.url), {
    workerData: { cert, key },
  });
  const [port] = (await once(worker, "message")) as [number];
  const socket = connect({ port, host: HOST, ca, minVersion: "TLSv1.3" });
  socket.setNoDelay(true);
  await once(socket, "secureConnect");
  const server = await startServer({ tcpPort: null, udpPort: null, tls: { cert, key } });
  if (server.tls === undefined) throw new Error("the server has no port for TLS");
  const client = createClient({
    dialer: tlsDialer({ ...server.tls, ca }),
    clock: systemClock(),
    draw: randomDraw(),
    session: randomSession(),
    inFlightMax: 1,
  });
  return {
    subject: () => ratePerSecond(RUN_MS, (count) => sendOneByOne(client, count)),
    baseline: {
      name: "bare node:tls echo",
      measure: () => ratePerSecond(RUN_MS, (count) => bareRounds(socket, count)),
    },
    close: async () => {
      socket.destroy();
      await client.close();
      await server.close();
      await worker.terminate();
    },
  };
}

/** One message in flight over TLS, against a bare echo. */
export const tlsCase: BenchCase = {
  name: "tls-1",
  unit: "round trips/s",
  runs: 5,
  promise: "ratio ≥ 0.7",
  prepare,
};
