/**
 * What the hosts' network stacks do, as plain data: the same on every node of a simulation.
 */
import type { Setting } from "@faultline/protocol";
import { chanceOf, integerOf, wordOf } from "./limits.ts";

/** How a stream behaves, at both ends. */
export interface StreamOptions {
  /** Bytes that may be on their way or unread. @default 262_144: throughput is at most this a round trip */
  readonly windowBytes: number;
  /** Bytes that may wait for the window before `send` says false. @default 65_536 */
  readonly sendBufferBytes: number;
  /** Largest segment. @default 1460: an Ethernet frame without its headers */
  readonly segmentBytesMax: number;
  /** Chance that a segment is cut in two at a drawn place, to find who trusts in boundaries. @default 0.125 */
  readonly cut: number;
  /**
   * How much longer than the delays of both ways a segment is waited for before it is sent again.
   * @default 200_000: the least that Linux adds to the round trip
   */
  readonly rtoMarginUs: number;
  /** The wait doubles with every timeout in a row, up to this. @default 120_000_000: Linux's own bound */
  readonly rtoMaxUs: number;
  /** Timeouts in a row; after one more the connection breaks as `timeout`. @default 15: as in Linux, some 15 minutes */
  readonly timeoutsMax: number;
  /** First wait for an answer to a connect; it doubles. @default 1_000_000 (RFC 6298 §2.1) */
  readonly connectRtoUs: number;
  /** Repetitions of a connect; then it fails as `timeout`. @default 6: as in Linux, some 2 minutes */
  readonly connectRetriesMax: number;
  /**
   * `newreno`: slow start, fast retransmit, fast recovery, delayed acknowledgements that may be lost
   * (RFC 5681, 6582, 6298). @default "none": the window alone binds, and only a timeout repeats
   */
  readonly congestionControl: "none" | "newreno";
  /** With congestion control: how long an acknowledgement waits for a second segment. @default 40_000: Linux's least */
  readonly ackDelayUs: number;
  /** Largest piece handed to an owner at once, where several segments wait. @default 65_536 */
  readonly readBytesMax: number;
}

/** How datagram sockets behave. */
export interface DatagramOptions {
  /** Bytes that wait for a paused owner; what comes then is dropped. @default 212_992: Linux's own default */
  readonly receiveBufferBytes: number;
  /** Peers one listener tells apart; datagrams of others are dropped. @default 65_536 */
  readonly peersMax: number;
}

/** Streams when nothing is said. */
export const STREAM_OPTIONS_DEFAULT: StreamOptions = {
  windowBytes: 262_144,
  sendBufferBytes: 65_536,
  segmentBytesMax: 1460,
  cut: 0.125,
  rtoMarginUs: 200_000,
  rtoMaxUs: 120_000_000,
  timeoutsMax: 15,
  connectRtoUs: 1_000_000,
  connectRetriesMax: 6,
  congestionControl: "none",
  ackDelayUs: 40_000,
  readBytesMax: 65_536,
};

/** Datagram sockets when nothing is said. */
export const DATAGRAM_OPTIONS_DEFAULT: DatagramOptions = {
  receiveBufferBytes: 212_992,
  peersMax: 65_536,
};

const BYTES_MAX = 2 ** 30;
const WAIT_US_MAX = 86_400_000_000;
const RETRIES_MAX = 1000;

/** @throws TypeError, RangeError where an option is out of its bounds. */
export function streamOptionsOf(given: Partial<StreamOptions> = {}): StreamOptions {
  const options = { ...STREAM_OPTIONS_DEFAULT, ...given };
  const setting = (name: keyof StreamOptions): Setting => {
    return { doing: "set up streams", name, value: options[name] };
  };
  integerOf(setting("windowBytes"), 1, BYTES_MAX);
  integerOf(setting("sendBufferBytes"), 1, BYTES_MAX);
  integerOf(setting("segmentBytesMax"), 1, BYTES_MAX);
  integerOf(setting("readBytesMax"), 1, BYTES_MAX);
  chanceOf(setting("cut"));
  wordOf(setting("congestionControl"), ["none", "newreno"]);
  integerOf(setting("ackDelayUs"), 0, WAIT_US_MAX);
  integerOf(setting("rtoMarginUs"), 1, WAIT_US_MAX);
  integerOf(setting("rtoMaxUs"), 1, WAIT_US_MAX);
  integerOf(setting("connectRtoUs"), 1, WAIT_US_MAX);
  integerOf(setting("timeoutsMax"), 0, RETRIES_MAX);
  integerOf(setting("connectRetriesMax"), 0, RETRIES_MAX);
  return options;
}

/** @throws TypeError, RangeError where an option is out of its bounds. */
export function datagramOptionsOf(given: Partial<DatagramOptions> = {}): DatagramOptions {
  const options = { ...DATAGRAM_OPTIONS_DEFAULT, ...given };
  for (const [name, value] of Object.entries(options)) {
    integerOf({ doing: "set up datagram sockets", name, value }, 1, BYTES_MAX);
  }
  return options;
}
