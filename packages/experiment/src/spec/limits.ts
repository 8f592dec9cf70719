/**
 * The limits a spec is held to, by name.
 *
 * A library user may raise them; a service that runs strangers' specs passes smaller ones. They
 * bound what one spec can ask for, not what a run may use: the runner has its own wall limit.
 */

/** Largest values a spec may ask for. Every bound is included. */
export interface SpecLimits {
  /** Seeds, each a run of its own. @default 10_000: a row of the result each, some ten megabytes of JSON */
  readonly seedsMax: number;
  /** Messages of all runs together. @default 100_000_000: half an hour of a core, simulated */
  readonly messagesTotalMax: number;
  /** Messages of one run. @default 10_000_000: a run streams, so memory does not grow with it */
  readonly messagesMax: number;
  /** Bytes of one body. @default 1_048_576: the server's own default limit */
  readonly payloadBytesMax: number;
  /** Any delay, hold or pause of a fault, in ms. @default 600_000: ten minutes, beyond any sane deadline */
  readonly delayMsMax: number;
  /** Sum of the phases, messages / ratePerSecond, deadlines, in ms; real runs with several seeds are added up. @default 3_600_000: an hour */
  readonly wallMsMax: number;
  /** Clients of one run; each is one connection. @default 1_000: well under the server's connection limit */
  readonly clientsMax: number;
  /** Messages in flight of one client. @default 512: half the server's reply cache, so no answer is forgotten too early */
  readonly inFlightMax: number;
  /** Bytes of all bodies in flight at once, of all clients. @default 268_435_456: a run shares its process with others */
  readonly inFlightBytesMax: number;
  /** Attempts for one message. @default 100 */
  readonly attemptsMax: number;
  /** Server worker threads. @default 16 */
  readonly workersMax: number;
  /** Top-level faults, and faults of one phase. @default 64 */
  readonly faultsMax: number;
  /** Firings of a schedule. @default 65_536: what a fault chain keeps */
  readonly scheduleMax: number;
  /** Events of the server. @default 256: each is a crash or a pause, and a run has time for few */
  readonly eventsMax: number;
  /** Partitions of the network. @default 256: as events */
  readonly partitionsMax: number;
  /** Phases. @default 64 */
  readonly phasesMax: number;
  /** Assertions. @default 256 */
  readonly assertionsMax: number;
  /** Entries of `workload.bodies`. @default 10_000 */
  readonly bodiesMax: number;
  /** Bytes of a capture. @default 1_073_741_824: half of it waits on the disk while the run goes on */
  readonly captureBytesMax: number;
  /** Characters of a name, an id, a metric or a phrase. @default 200 */
  readonly nameLengthMax: number;
}

/** The limits of `parseSpec` when none are passed. */
export const SPEC_LIMITS_DEFAULT: SpecLimits = {
  seedsMax: 10_000,
  messagesTotalMax: 100_000_000,
  messagesMax: 10_000_000,
  payloadBytesMax: 1_048_576,
  delayMsMax: 600_000,
  wallMsMax: 3_600_000,
  clientsMax: 1_000,
  inFlightMax: 512,
  inFlightBytesMax: 268_435_456,
  attemptsMax: 100,
  workersMax: 16,
  faultsMax: 64,
  scheduleMax: 65_536,
  eventsMax: 256,
  partitionsMax: 256,
  phasesMax: 64,
  assertionsMax: 256,
  bodiesMax: 10_000,
  captureBytesMax: 1_073_741_824,
  nameLengthMax: 200,
};
