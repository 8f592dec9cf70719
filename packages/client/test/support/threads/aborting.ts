/**
 * A program that aborts a message in the wait for its next attempt, with an hour to go, and has
 * nothing else to do. It gets a port on which nobody listens.
 */
import process from "node:process";
import {
  createClient,
  createPool,
  randomDraw,
  randomSession,
  systemClock,
  tcpDialer,
} from "../../../src/index.ts";
import type { Client, ClientEvent } from "../../../src/index.ts";

const dialer = tcpDialer({ port: Number(process.argv[2]) });
const options = {
  clock: systemClock(),
  draw: randomDraw(),
  backoff: { kind: "constant", firstMs: 3_600_000, jitter: "none" },
  deadlineMs: 7_200_000,
} as const;

async function abort(name: string, make: (onEvent: (event: ClientEvent) => void) => Client) {
  const caller = new AbortController();
  const client = make(({ event }) => {
    if (event === "backoff") queueMicrotask(() => caller.abort());
  });
  const { error } = await client.send("Hey", { signal: caller.signal });
  console.log(name, error?.code);
}

await abort("client", (onEvent) =>
  createClient({ ...options, session: randomSession(), dialer, onEvent }),
);
await abort("pool", (onEvent) =>
  createPool({
    ...options,
    session: randomSession(),
    endpoints: [{ name: "one", dialer }],
    onEvent,
  }),
);
console.log("done");
