/**
 * Every limit of the server: name with its unit, default, reason.
 *
 * A limit is a promise to the machine it runs on: whatever peers and faults do, memory stays under
 * a figure that can be computed from this file. What happens at a limit is said beside it. Limits
 * are per worker thread unless they say otherwise; sharing one count between threads was the road
 * not taken, since it would put an atomic into the path of every connection.
 */

/** The limits of one server. */
export interface ServerLimits {
  /**
   * Links open at once: connections, and UDP peers. Above it a connection is reset and a
   * datagram of a new peer dropped.
   *
   * @default 16_384: ten thousand clients and room to reconnect.
   */
  readonly connectionsMax: number;
  /**
   * Largest payload of a request, in bytes, and at most 1_048_576. Above it the frame is refused
   * from its header, before a byte of it is kept.
   *
   * @default 1_048_576: what the protocol allows.
   */
  readonly payloadBytesMax: number;
  /**
   * A link that sent nothing for so long is closed, in ms.
   *
   * @default 300_000: longer than any experiment's pause, shorter than a forgotten peer.
   */
  readonly idleTimeoutMs: number;
  /**
   * Longest time a handshake may take, of TLS or of a sealed link, in ms; of TLS once for the client's
   * hello and once for the rest. Above it the connection is closed.
   *
   * @default 10_000: many round trips to the other side of the world.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * Handshakes under way at once, of TLS and of sealed links each. Above it a connection is reset, a
   * datagram dropped: each costs a signature, or holds keys.
   *
   * @default 1024: all clients of a large run at once, on the fewest threads.
   */
  readonly handshakesMax: number;
  /**
   * Longest time from the first to the last byte of a frame, in ms. Above it the connection is
   * reset, so that a byte a second holds nothing for ever.
   *
   * @default 10_000: a whole megabyte at 100 KiB/s.
   */
  readonly frameTimeoutMs: number;
  /**
   * Bytes that faults hold back on one link (delayed, reordered, sliced), requests and replies
   * together, each unit counted with 256 bytes for its upkeep. Above it a connection is not read
   * from until it falls; a datagram is dropped and counted.
   *
   * @default 4_194_304: several of the largest messages.
   */
  readonly heldBytesMax: number;
  /**
   * Bytes waiting to be sent on one link. Above it (a peer that does not read) the connection is
   * not read from until they have drained; a datagram is dropped and counted.
   *
   * @default 1_048_576: one of the largest messages.
   */
  readonly sendQueueBytesMax: number;
  /**
   * Sessions whose replies are remembered. Above it a new session is answered `overloaded`; an old
   * one is never forgotten early, or an operation could be executed twice.
   *
   * @default 16_384: one for each connection.
   */
  readonly sessionsMax: number;
  /**
   * Operations remembered for each session, a power of two. Older ones are answered `tooOld`.
   *
   * @default 1024: clients promise never to have operations in flight further apart.
   */
  readonly operationsPerSessionMax: number;
  /**
   * How long a session is remembered after its last frame, in ms. Then its replies are forgotten, and
   * what it had executed is answered `tooOld`.
   *
   * @default 247_000: EXCHANGE_LIFETIME of RFC 7252 section 4.8.2.
   */
  readonly replyLifetimeMs: number;
  /**
   * Sessions of which the highest executed operation is remembered when their replies no longer are,
   * about 150 bytes each. Above it the oldest quarter is forgotten; operations of those that begin
   * with a repetition are from then on answered `tooOld`.
   *
   * @default 65_536: four times the sessions, 10 MiB.
   */
  readonly floorsMax: number;
  /**
   * Bytes of remembered replies for one session. Above it the oldest are forgotten, and their
   * operations answered `tooOld`.
   *
   * @default 8_388_608: the largest reply, for eight operations in flight.
   */
  readonly replyBytesPerSessionMax: number;
  /**
   * Bytes for remembering operations and replies over all sessions. Above it a session makes do
   * with what it has, and one that has nothing yet is answered `overloaded`.
   *
   * @default 268_435_456: 16 KiB for each of 16_384 sessions.
   */
  readonly replyBytesMax: number;
  /**
   * Size of a worker's journal in a data folder, in bytes, above which it is written anew with only
   * what is still remembered; never before it has doubled since the last time.
   *
   * @default 67_108_864: some 400 000 small operations.
   */
  readonly journalBytesMax: number;
  /**
   * Fault records kept until they are taken. Above it new ones are counted and dropped.
   *
   * @default 1_048_576: a long run in which every message meets a fault.
   */
  readonly recordsMax: number;
  /**
   * Events on their way to the main thread. Above it they are counted and dropped.
   *
   * @default 65_536: some seconds of a busy server, about 20 MiB.
   */
  readonly eventsPendingMax: number;
  /**
   * Bytes of a message's body in its event, with `events: "payloads"`; the rest is left out.
   *
   * @default 256: a few lines of text, and at `eventsPendingMax` no more than 16 MiB.
   */
  readonly eventPayloadBytesMax: number;
  /**
   * Bytes on their way to the worker that a link is at home on, for each link. Above it a
   * connection is not read from until they have arrived; a datagram is dropped and counted.
   *
   * @default 1_048_576: one of the largest messages.
   */
  readonly relayBytesMax: number;
  /**
   * Restarts of crashed workers within `workerRestartWindowMs`, over all workers. Above it the
   * server fails: what crashes that often is broken, not unlucky.
   *
   * @default 5
   */
  readonly workerRestartsMax: number;
  /**
   * The time over which restarts are counted, in ms.
   *
   * @default 10_000
   */
  readonly workerRestartWindowMs: number;
}

/** What each limit is where nothing else is said. */
export const SERVER_LIMITS_DEFAULT: ServerLimits = {
  connectionsMax: 16_384,
  payloadBytesMax: 1_048_576,
  idleTimeoutMs: 300_000,
  handshakeTimeoutMs: 10_000,
  handshakesMax: 1024,
  frameTimeoutMs: 10_000,
  heldBytesMax: 4_194_304,
  sendQueueBytesMax: 1_048_576,
  sessionsMax: 16_384,
  operationsPerSessionMax: 1024,
  replyLifetimeMs: 247_000,
  floorsMax: 65_536,
  replyBytesPerSessionMax: 8_388_608,
  replyBytesMax: 268_435_456,
  journalBytesMax: 67_108_864,
  recordsMax: 1_048_576,
  eventsPendingMax: 65_536,
  eventPayloadBytesMax: 256,
  relayBytesMax: 1_048_576,
  workerRestartsMax: 5,
  workerRestartWindowMs: 10_000,
};

/** Longest time that may be set, in ms: a day. Keeps every sum of times far from overflow. */
const TIME_MS_MAX = 86_400_000;
/** Largest frame of the protocol; the server must be able to answer with as much. */
const PAYLOAD_BYTES_MAX = 1_048_576;

/**
 * Limits with every default filled in.
 *
 * @throws {RangeError} where a limit is unknown, no integer, or out of its range.
 */
export function serverLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(limits)) checkLimit(name, value);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...SERVER_LIMITS_DEFAULT, ...Object.fromEntries(given) };
}

function checkLimit(name: string, value: number | undefined): void {
  if (!Object.hasOwn(SERVER_LIMITS_DEFAULT, name)) {
    throw new RangeError(`Cannot limit the server as "${name}" must be the name of a limit`);
  }
  if (value === undefined) return;
  const max = largest(name);
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    const rule = `must be an integer of 1 … ${max}: got ${value}`;
    throw new RangeError(`Cannot limit the server as "${name}" ${rule}`);
  }
  if (name === "operationsPerSessionMax" && (value & (value - 1)) !== 0) {
    throw new RangeError(
      `Cannot limit the server as "operationsPerSessionMax" must be a power of two: got ${value}`,
    );
  }
}

function largest(name: string): number {
  if (name.endsWith("Ms")) return TIME_MS_MAX;
  if (name === "payloadBytesMax" || name === "eventPayloadBytesMax") return PAYLOAD_BYTES_MAX;
  // Slots are counted and replies addressed in 32 bits.
  if (name === "operationsPerSessionMax") return 1_048_576;
  return 2 ** 31;
}
