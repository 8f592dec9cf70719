/**
 * What a seal costs: round trips over sealed TCP and UDP against the same client and server without.
 *
 * The ciphers are JavaScript: a round trip seals and opens twice at either end, one after the other.
 */
import type { Client } from "@faultline/client";
import {
  createClient,
  randomDraw,
  randomSession,
  systemClock,
  systemRandom,
  tcpDialer,
  udpDialer,
} from "@faultline/client";
import { sealDialer } from "@faultline/protocol";
import { type FaultServer, startServer } from "@faultline/server";

import { type BenchCase, type Prepared, ratePerSecond } from "./case.ts";
import { RUN_MS, sendOneByOne } from "./rounds.ts";

const KEYS = [{ id: "bench", secret: new Uint8Array(32).fill(1) }];

function clientOf(server: FaultServer, transport: "tcp" | "udp", isSealed: boolean): Client {
  const address = transport === "tcp" ? server.tcp : server.udp;
  if (address === undefined) throw new Error(`the server has no ${transport} port`);
  const clock = systemClock();
  const bare = transport === "tcp" ? tcpDialer(address) : udpDialer(address);
  const seal = { keys: KEYS, clock, random: systemRandom };
  return createClient({
    dialer: isSealed ? sealDialer(bare, seal) : bare,
    clock,
    draw: randomDraw(),
    session: randomSession(),
  });
}

async function prepare(transport: "tcp" | "udp"): Promise<Prepared> {
  const server = await startServer({ keys: KEYS, requireKeys: false });
  const [sealed, plain] = [true, false].map((is) => clientOf(server, transport, is)) as [
    Client,
    Client,
  ];
  return {
    subject: () => ratePerSecond(RUN_MS, (count) => sendOneByOne(sealed, count)),
    baseline: {
      name: "the same without a seal",
      measure: () => ratePerSecond(RUN_MS, (count) => sendOneByOne(plain, count)),
    },
    close: async () => {
      await Promise.all([sealed.close(), plain.close()]);
      await server.close();
    },
  };
}

/** Round trips a second, sealed with the default cipher, one in flight. */
export const sealedCases: readonly BenchCase[] = [
  {
    name: "sealed-1",
    unit: "round trips/s",
    runs: 5,
    promise: "none: it shows the cost",
    prepare: () => prepare("tcp"),
  },
  {
    name: "sealed-udp-1",
    unit: "round trips/s",
    runs: 5,
    promise: "none: it shows the cost",
    prepare: () => prepare("udp"),
  },
];
