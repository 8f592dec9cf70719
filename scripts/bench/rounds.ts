/**
 * Round trips, one in flight: through our client, and over a bare socket to an echo.
 *
 * The same message and the same time for every case, so that their figures can be compared.
 */
import type { Socket } from "node:net";

import type { Client } from "@faultline/client";

/** What every round trip carries. */
export const PAYLOAD: Uint8Array = new Uint8Array(64).fill(0x61);
/** How long one side is measured at a time. */
export const RUN_MS = 1500;

/** So many messages, one after the other. @throws Error where one was not delivered */
export async function sendOneByOne(client: Client, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { error, outcome } = await client.send(PAYLOAD);
    if (outcome !== "delivered") throw new Error(`not delivered: ${error?.message}`);
  }
}

/** The same over a bare socket, a TLS one too. */
export function bareRounds(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    let got = 0;
    const onData = (chunk: Uint8Array): void => {
      got += chunk.length;
      if (got < PAYLOAD.length) return;
      got = 0;
      left -= 1;
      if (left > 0) socket.write(PAYLOAD);
      else {
        socket.off("data", onData);
        resolve();
      }
    };
    socket.on("data", onData);
    socket.write(PAYLOAD);
  });
}
