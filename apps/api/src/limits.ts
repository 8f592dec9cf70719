/**
 * Every limit of the API: its name, its default and why it exists, in one table.
 *
 * The table is what validation reads, what the environment may change and what the OpenAPI
 * document lists, so the three cannot disagree. Limits of a single spec field (a probability
 * above 1, say) are not here: they belong to the experiment's own schema. Numbers only; a limit
 * that is switched off does not exist here, since "unlimited" is how a service dies.
 */

/** One row of the table. */
export interface LimitRow {
  /** Used when neither the caller nor the environment says otherwise. */
  readonly default: number;
  /** Smallest and largest value that may be configured. */
  readonly min: number;
  readonly max: number;
  /** What happens at the limit, for people: status code and reason. */
  readonly description: string;
}

const DAY_MS = 86_400_000;

/** The table itself; keys are the limit names used everywhere. */
export const LIMITS = {
  bodyBytesMax: {
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
    description: "Bytes of a request body, counted while it arrives; 413 above.",
  },
  jsonDepthMax: {
    default: 32,
    min: 8,
    max: 256,
    description: "Nested arrays and objects in a request body; 422 above.",
  },
  messagesMax: {
    default: 100_000,
    min: 1,
    max: 10_000_000,
    description: "workload.messages of one run; 422 above.",
  },
  messagesTotalMax: {
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    description: "Messages of one run over all its seeds; 422 above.",
  },
  seedsMax: {
    default: 1000,
    min: 1,
    max: 100_000,
    description: "Seeds of one run; 422 above.",
  },
  trialsMax: {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: "Runs that shrinking may take; 422 above.",
  },
  payloadBytesMax: {
    default: 65_536,
    min: 1,
    max: 1_048_576,
    description: "workload.payloadBytes, and the length of one of workload.bodies; 422 above.",
  },
  captureBytesMax: {
    default: 67_108_864,
    min: 262_144,
    max: 1_073_741_824,
    description: "captureBytesMax of one run; 422 above.",
  },
  delayMsMax: {
    default: 60_000,
    min: 1,
    max: DAY_MS,
    description: "Any delay, hold or pause of a fault, in ms; 422 above.",
  },
  clientsMax: {
    default: 1000,
    min: 1,
    max: 10_000,
    description: "workload.clients of one run, each a connection; 422 above.",
  },
  workersMax: {
    default: 8,
    min: 1,
    max: 64,
    description: "server.workers of one run, each a thread; 422 above.",
  },
  wallMsMax: {
    default: 600_000,
    min: 10,
    max: DAY_MS,
    description:
      "Wall time of one run in ms: a spec that asks for more gets 422, a run that takes more fails.",
  },
  threadsMax: {
    default: 2,
    min: 1,
    max: 64,
    description: "Threads over which one simulated run spreads its seeds.",
  },
  runMemoryMiBMax: {
    default: 1024,
    min: 64,
    max: 65_536,
    description: "JavaScript heap of one run's thread in MiB; the run is marked failed.",
  },
  runsAtOnceMax: {
    default: 2,
    min: 1,
    max: 64,
    description: "Runs executed at the same time; the others wait in the queue.",
  },
  queuedRunsMax: {
    default: 200,
    min: 0,
    max: 100_000,
    description: "Runs waiting for their turn; 429 with Retry-After above.",
  },
  storeMiBMax: {
    default: 8192,
    min: 1,
    max: 1_048_576,
    description: "Size of the store's file in MiB; 507 above, until runs are deleted.",
  },
  waitSecondsMax: {
    default: 60,
    min: 0,
    max: 3600,
    description: "Longest `Prefer: wait` honoured; a longer one is cut to it.",
  },
  waitersMax: {
    default: 200,
    min: 1,
    max: 100_000,
    description: "Requests held open by `Prefer: wait` at once; above, the answer comes at once.",
  },
  listLimitDefault: {
    default: 50,
    min: 1,
    max: 1000,
    description: "Runs on a page when `limit` is left out.",
  },
  listLimitMax: {
    default: 200,
    min: 1,
    max: 1000,
    description: "Largest `limit` of a page; 422 above.",
  },
  listBytesMax: {
    default: 4_194_304,
    min: 1024,
    max: 1_073_741_824,
    description:
      "Characters of the runs on a page, were they more than one: it ends early, `nextCursor` goes on.",
  },
  ssePeersMax: {
    default: 64,
    min: 1,
    max: 10_000,
    description: "Event streams open at once; 429 with Retry-After above.",
  },
  ssePeersPerTokenMax: {
    default: 32,
    min: 1,
    max: 10_000,
    description: "Event streams of one token open at once; 429 with Retry-After above.",
  },
  eventBatchMax: {
    default: 128,
    min: 1,
    max: 10_000,
    description: "Exchanges read from the store for one write to an event or exchange stream.",
  },
  eventStallMsMax: {
    default: 30_000,
    min: 1000,
    max: DAY_MS,
    description: "An event stream whose reader takes nothing for so long is closed.",
  },
  requestsPerSecondMax: {
    default: 50,
    min: 1,
    max: 10_000,
    description: "Requests a second of one token, on average; 429 with Retry-After above.",
  },
  requestBurstMax: {
    default: 200,
    min: 1,
    max: 100_000,
    description: "Requests of one token at once, after a pause; 429 with Retry-After above.",
  },
  requestMsMax: {
    default: 30_000,
    min: 100,
    max: DAY_MS,
    description: "Time in which a whole request, body included, must arrive, in ms; 408 after.",
  },
  answerStallMsMax: {
    default: 30_000,
    min: 1000,
    max: DAY_MS,
    description: "A connection that takes nothing of its answer for so long is closed.",
  },
  pipelinedRequestsMax: {
    default: 16,
    min: 1,
    max: 1000,
    description: "Requests of one connection under way at once; one more and it is closed.",
  },
  logPayloadBytesMax: {
    default: 256,
    min: 1,
    max: 65_536,
    description: "Bytes of one payload in a log line, where LOG_PAYLOADS asks for them.",
  },
  connectionsMax: {
    default: 1024,
    min: 8,
    max: 65_536,
    description: "Connections open at once; one more is closed before it is read.",
  },
  idempotencyKeyCharsMax: {
    default: 255,
    min: 16,
    max: 1024,
    description: "Characters of an Idempotency-Key; 422 above.",
  },
} as const satisfies Record<string, LimitRow>;

/** The name of a limit. */
export type LimitName = keyof typeof LIMITS;

/** A value for every limit, as the app uses them. */
export type Limits = Readonly<Record<LimitName, number>>;

/** All names, in the table's order. */
export const LIMIT_NAMES: readonly LimitName[] = Object.keys(LIMITS) as LimitName[];

/**
 * The environment variable that sets a limit: `bodyBytesMax` is `FAULTLINE_BODY_BYTES_MAX`.
 * A name with an acronym keeps it whole: `runMemoryMiBMax` is `FAULTLINE_RUN_MEMORY_MIB_MAX`.
 */
export function limitEnvName(name: LimitName): string {
  const words = name.replace("MiB", "Mib").replaceAll(/[A-Z]/g, "_$&");
  return `FAULTLINE_${words.toUpperCase()}`;
}

/**
 * Fills in defaults and refuses values outside the table.
 * @throws RangeError naming the limit, its range and the value
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  const resolved = {} as Record<LimitName, number>;
  for (const name of LIMIT_NAMES) {
    const value = overrides[name] ?? LIMITS[name].default;
    const { min, max } = LIMITS[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(
        `Cannot start as "${name}" must be an integer from ${min} to ${max}: got ${value}`,
      );
    }
    resolved[name] = value;
  }
  if (resolved.listLimitDefault > resolved.listLimitMax) {
    return { ...resolved, listLimitDefault: resolved.listLimitMax };
  }
  return resolved;
}
