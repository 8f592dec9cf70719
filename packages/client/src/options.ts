/**
 * What a client can be told, every default beside its reason, checked once at construction.
 *
 * `ClientOptions` is what users write, in milliseconds; `Policy` is what the engine reads: whole,
 * checked, in integer microseconds. No setting is looked up anywhere else.
 */
import type {
  ChecksumName,
  Clock,
  Dialer,
  Draw,
  FrameKeys,
  MessageCheck,
  SealKey,
  SessionId,
} from "@faultline/protocol";
import {
  checksums,
  createFrameKeys,
  FRAME_LIMITS_DEFAULT,
  PIPE_LIMITS_DEFAULT,
} from "@faultline/protocol";
import type { Backoff, BackoffOptions } from "./backoff.ts";
import { createBackoff } from "./backoff.ts";
import type { Breaker } from "./breaker.ts";
import { durationUsOf, integerOf, refusal, wordOf } from "./checks.ts";
import type { ClientListener } from "./events.ts";
import type { Beginning } from "./exchange.ts";
import { begin } from "./exchange.ts";
import type { Hedge } from "./hedge.ts";
import { OPERATIONS_SPAN } from "./pending.ts";
import type { Reconnect } from "./reconnect.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { createRetryBudget, UNLIMITED } from "./retry-budget.ts";
import type { Timing, TimingOptions } from "./timing.ts";
import { timingOf } from "./timing.ts";

/** What a client is made of and how it behaves. */
export interface ClientOptions extends TimingOptions {
  /** Opens links to the server: `tcpDialer`, `udpDialer`, or one of a test or a simulation. */
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** Chance for the jitter of waits, keyed by operation and attempt. */
  readonly draw: Draw;
  /** Who this client is to the server, the same over all its reconnects. Never use one twice. */
  readonly session: SessionId;
  /** `frame`: binary frames. `pipe`: the text form `body|checksum`, one message in flight. @default "frame" */
  readonly codec?: "frame" | "pipe";
  /** Checksum of every frame, and the only kind accepted in replies. @default "crc32c": catches every error of up to 5 flipped bits in 655 bytes, and cheap */
  readonly checksum?: ChecksumName;
  /** Secrets for the checksum `hmac-sha256-128`, which signs; the first signs, the server needs the same. To seal the whole link, wrap the dialer in `sealDialer`. @default none */
  readonly keys?: readonly SealKey[];
  /** Attempts for one message, the first included. @default 10: where 44 % of them fail, 99.97 % of the messages are delivered; it is the budget that keeps an outage small */
  readonly attemptsMax?: number;
  /** How long a message may take in all: queue, connect, attempts and waits. @default 30_000 */
  readonly deadlineMs?: number;
  /** Waits between attempts. @default exponential from 100 ms, doubling up to 5 s, full jitter */
  readonly backoff?: BackoffOptions;
  /** Waits after `overloaded`, where the server does not say how long. @default exponential from 1 s, doubling up to 20 s, full jitter */
  readonly throttledBackoff?: BackoffOptions;
  /** What retries are paid from; the same object for several clients makes them share it. `null`: no bound but `attemptsMax`. @default `createRetryBudget()`, of this client alone */
  readonly retryBudget?: RetryBudget | null;
  /** Refuses attempts while the server fails; the same object for several clients makes them share it. @default null: nothing is refused */
  readonly breaker?: Breaker | null;
  /** Asks a second time where a reply is late; only with a codec whose operations are executed once. @default null: never */
  readonly hedge?: Hedge | null;
  /** Messages in flight at once, 1 … 1024 (what the server's reply cache covers); 1 with `pipe`. @default 1: replies come in the order of sending */
  readonly inFlightMax?: number;
  /** Messages that may wait for a place in flight. @default 1024 */
  readonly queueMax?: number;
  /** Bytes of bodies that may wait. @default 16_777_216 */
  readonly queueBytesMax?: number;
  /** When to dial; the same object for several clients makes them share it, so that one dials for all. @default null: whenever a message needs a link */
  readonly reconnect?: Reconnect | null;
  /** How long opening a link may take. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** How long `close` waits for the server to end its side before it resets the link. @default 2000 */
  readonly closeTimeoutMs?: number;
  /** Refuses bodies before they are sent. @default null: every body is sent */
  readonly check?: MessageCheck | null;
  /** `false`: a message counts as delivered once it was sent; for servers that never answer. @default true */
  readonly expectReply?: boolean;
  /** Is told everything the client does. @default none, which costs nothing */
  readonly onEvent?: ClientListener;
}

/** What can be said for one message. */
export interface SubmitOptions {
  /** Executing it twice does no harm. `false`: giving up may be `indeterminate`. @default true */
  readonly idempotent?: boolean;
  /** @default the client's */
  readonly deadlineMs?: number;
  /** @default the client's */
  readonly attemptsMax?: number;
  /** Aborting settles the message at once, wherever it stands; the reason becomes the error's `cause`. */
  readonly signal?: AbortSignal;
}

/** The options, checked and complete. */
export interface Policy {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly draw: Draw;
  readonly session: SessionId;
  readonly codec: "frame" | "pipe";
  readonly checksum: ChecksumName;
  /** What frames are signed and checked with; undefined: they are not signed. */
  readonly keys: FrameKeys | undefined;
  readonly attemptsMax: number;
  readonly deadlineUs: number;
  /** What every message begins as. */
  readonly beginning: Beginning;
  readonly budget: RetryBudget;
  readonly breaker: Breaker | null;
  readonly hedge: Hedge | null;
  readonly reconnect: Reconnect | null;
  readonly timing: Timing;
  readonly inFlightMax: number;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly connectTimeoutUs: number;
  readonly closeTimeoutUs: number;
  /** Largest body that the codec and the transport can carry. */
  readonly bodyBytesMax: number;
  readonly check: MessageCheck | null;
  readonly expectReply: boolean;
  readonly onEvent: ClientListener | undefined;
}

/** Attempts are kept in the outcome, so their number is bounded. */
const ATTEMPTS_MAX = 1000;
/** What IPv4 lets one UDP datagram carry: 65 535 less 20 and 8 bytes of headers. */
const DATAGRAM_BYTES_MAX = 65_507;
const FRAME_OVERHEAD_BYTES = 56;
const PIPE_OVERHEAD_BYTES = 9;
const CODECS = ["frame", "pipe"] as const;
/** The AWS clients of 2026 begin at a second where a server throttles, and end at 20. */
const THROTTLED_FIRST_MS = 1000;
const THROTTLED_MAX_MS = 20_000;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function createPolicy(options: ClientOptions): Policy {
  const codec = wordOf(client("codec", options.codec ?? "frame"), CODECS);
  const waits = {
    backoff: createBackoff(options.backoff),
    throttled: throttledBackoffOf(options.throttledBackoff),
  };
  return {
    ...capabilities(options),
    codec,
    ...checksumOf(options),
    attemptsMax: attemptsMaxOf(options.attemptsMax ?? 10),
    deadlineUs: deadlineUsOf(options.deadlineMs ?? 30_000),
    beginning: begin(waits),
    budget: budgetOf(options.retryBudget),
    breaker: breakerOf(options.breaker),
    hedge: hedgeOf(options.hedge, codec),
    reconnect: reconnectOf(options.reconnect),
    timing: timingOf(options),
    inFlightMax: inFlightMaxOf(options.inFlightMax ?? 1, codec),
    queueMax: integerOf(client("queueMax", options.queueMax ?? 1024), 0, 2 ** 31),
    queueBytesMax: integerOf(client("queueBytesMax", options.queueBytesMax ?? 2 ** 24), 0, 2 ** 40),
    connectTimeoutUs: durationUsOf(
      client("connectTimeoutMs", options.connectTimeoutMs ?? 10_000),
      1,
    ),
    closeTimeoutUs: durationUsOf(client("closeTimeoutMs", options.closeTimeoutMs ?? 2000)),
    bodyBytesMax: bodyBytesMaxOf(options.dialer, codec),
    check: options.check ?? null,
    expectReply: options.expectReply ?? true,
    onEvent: options.onEvent,
  };
}

/** @throws TypeError or RangeError, as `createPolicy`. */
export function attemptsMaxOf(value: unknown): number {
  return integerOf(retry("attemptsMax", value), 1, ATTEMPTS_MAX);
}

/** @throws TypeError or RangeError, as `createPolicy`. */
export function deadlineUsOf(value: unknown): number {
  return durationUsOf(retry("deadlineMs", value), 1);
}

function throttledBackoffOf(given: BackoffOptions = {}): Backoff {
  const { firstMs = THROTTLED_FIRST_MS } = given;
  const { maxMs = Math.max(THROTTLED_MAX_MS, firstMs) } = given;
  return createBackoff({ ...given, firstMs, maxMs });
}

function budgetOf(given: RetryBudget | null = createRetryBudget()): RetryBudget {
  if (given === null) return UNLIMITED;
  if (typeof given.spend === "function") return given;
  throw missing("retryBudget", "null or what createRetryBudget gives", given);
}

function breakerOf(given: Breaker | null = null): Breaker | null {
  if (given === null || typeof given.admit === "function") return given;
  throw missing("breaker", "null or what createBreaker gives", given);
}

function hedgeOf(given: Hedge | null = null, codec: "frame" | "pipe"): Hedge | null {
  if (given === null) return null;
  if (typeof given.sample !== "function") {
    throw missing("hedge", "null or what createHedge gives", given);
  }
  if (codec === "frame") return given;
  const rule = 'null with the codec "pipe", whose operations are not deduplicated,';
  throw new RangeError(refusal(client("hedge", given), rule));
}

/** @throws TypeError, as `createPolicy`. */
export function reconnectOf(given: Reconnect | null = null): Reconnect | null {
  if (given === null || typeof given.wait === "function") return given;
  throw missing("reconnect", "null or what createReconnect gives", given);
}

type Capabilities = Pick<Policy, "dialer" | "clock" | "draw" | "session">;

function capabilities({ dialer, clock, draw, session }: ClientOptions): Capabilities {
  if (typeof dialer?.dial !== "function") throw missing("dialer", "a Dialer", dialer);
  if (typeof clock?.nowUs !== "function") throw missing("clock", "a Clock", clock);
  if (typeof draw !== "function") throw missing("draw", "a function", draw);
  if (!isUint32(session?.high) || !isUint32(session.low)) {
    throw missing("session", "two unsigned 32-bit integers", session);
  }
  return { dialer, clock, draw, session: { high: session.high, low: session.low } };
}

function isUint32(value: unknown): boolean {
  return typeof value === "number" && value >>> 0 === value;
}

function missing(name: string, rule: string, value: unknown): TypeError {
  return new TypeError(refusal(client(name, value), rule));
}

function inFlightMaxOf(value: unknown, codec: "frame" | "pipe"): number {
  const setting = client("inFlightMax", value);
  const inFlightMax = integerOf(setting, 1, OPERATIONS_SPAN);
  if (codec === "pipe" && inFlightMax > 1) {
    throw new RangeError(
      refusal(setting, 'at most 1 with the codec "pipe", whose replies carry no identity,'),
    );
  }
  return inFlightMax;
}

/** The largest body that the codec and the transport can carry. */
function bodyBytesMaxOf(dialer: Dialer, codec: "frame" | "pipe"): number {
  const overhead = codec === "pipe" ? PIPE_OVERHEAD_BYTES : FRAME_OVERHEAD_BYTES;
  const room =
    codec === "pipe"
      ? PIPE_LIMITS_DEFAULT.pipeBytesMax - overhead
      : FRAME_LIMITS_DEFAULT.payloadBytesMax;
  if (dialer.kind === "stream") return room;
  const { messageBytesMax, overheadBytes = 0 } = dialer;
  return Math.min(room, (messageBytesMax ?? DATAGRAM_BYTES_MAX - overheadBytes) - overhead);
}

function checksumOf(options: ClientOptions): Pick<Policy, "checksum" | "keys"> {
  const names = Object.keys(checksums) as ChecksumName[];
  const checksum = wordOf(client("checksum", options.checksum ?? "crc32c"), names);
  if (!checksums[checksum].keyed) return { checksum, keys: undefined };
  const { keys } = options;
  if (keys === undefined) throw missing("keys", `given with the checksum "${checksum}"`, keys);
  return { checksum, keys: createFrameKeys({ keys, side: "client" }) };
}

function client(name: string, value: unknown): { doing: string; name: string; value: unknown } {
  return { doing: "create a client", name, value };
}

function retry(name: string, value: unknown): { doing: string; name: string; value: unknown } {
  return { doing: "retry", name, value };
}
