/**
 * A spec's client policy as the options of one client: the same for sockets and simulation.
 */
import type { ClientOptions } from "@faultline/client";
import { createRetryBudget } from "@faultline/client";
import type { Clock, Dialer, RandomBytes, SealKey } from "@faultline/protocol";
import { createMessageCheck, packetDialer, sealDialer } from "@faultline/protocol";
import type { FullSpec } from "../spec/types.ts";
import { backoffDraw, connectionOf, sessionOf } from "./streams.ts";

/** Messages that may wait in one client for a place in flight; above it they are `rejected`. */
const QUEUE_MAX = 65_536;
/** Bytes that may wait in all clients together, and at least in each: one of the largest bodies. */
const QUEUE_BYTES_MAX = 268_435_456;
const QUEUE_BYTES_MIN = 1_048_576;

/** Everything but clock and dialer, which the world brings. */
export function clientOptions(
  { seed, codec, checksum, client, workload }: FullSpec,
  ordinal: number,
  keys: readonly SealKey[] | undefined,
): Omit<ClientOptions, "clock" | "dialer"> {
  const { attemptsMax, attemptTimeoutMs, deadlineMs, backoff, forbidden, retryBudget } = client;
  return {
    session: sessionOf(seed, ordinal),
    draw: backoffDraw(seed, ordinal),
    codec,
    checksum,
    ...(keys && { keys }),
    attemptsMax,
    attemptTimeoutMs,
    deadlineMs,
    backoff,
    // Without one, no message's fate hangs on another's, and closed forms hold.
    retryBudget: retryBudget === null ? null : createRetryBudget(retryBudget),
    inFlightMax: workload.inFlightMax,
    queueMax: QUEUE_MAX,
    queueBytesMax: Math.max(QUEUE_BYTES_MIN, Math.floor(QUEUE_BYTES_MAX / workload.clients)),
    check: forbidden === null ? null : createMessageCheck({ forbidden }),
  };
}

/** What the layers of a client's dialer need. */
export interface DialerParts {
  readonly clock: Clock;
  readonly ordinal: number;
  readonly keys: readonly SealKey[] | undefined;
  /** For the keys of sealed links. */
  readonly random: RandomBytes;
}

/** The dialer of one client, as its spec wants links: sealed or not, datagrams bare or below packets. */
export function clientDialer(
  { client, seal, seed, transport }: FullSpec,
  bare: Dialer,
  { clock, keys, ordinal, random }: DialerParts,
): Dialer {
  const dialer =
    seal === null || keys === undefined
      ? bare
      : sealDialer(bare, { keys, cipher: seal.cipher, clock, random });
  if (transport !== "udp" || client.datagrams === "plain") return dialer;
  const connectionId = (dial: number) => connectionOf(seed, ordinal, dial);
  return packetDialer(dialer, { clock, connectionId });
}
