/**
 * Every limit of this package, with its reason: what a spec may ask for, and what a chain keeps.
 *
 * Only `sessionsMax` can be set, as an option of the chain: the others guard against slips and
 * floods, and a spec that needs more is another experiment.
 */

/** Microseconds in a millisecond. Specs speak ms, clocks µs. */
export const US_PER_MS = 1000;

/** Longest delay, 1 h: longer than any run, short enough that a slip of unit is noticed. */
export const DELAY_MS_MAX = 3_600_000;

/** Most extra arrivals one duplicate fault may ask for: a storm, not a flood. */
export const COPIES_MAX = 50;

/** Most units that may pass a held one: a held unit costs memory while it waits. */
export const GAP_MAX = 1000;

/** Fastest shaped rate, 1 TB/s: above it a microsecond, the clock's grain, carries a megabyte. */
export const BYTES_PER_SECOND_MAX = 1_000_000_000_000;

/** Largest token bucket or slice: a second at the fastest rate. */
export const BYTES_MAX = 1_000_000_000_000;

/** Most pieces a unit is sliced into; what remains is the last piece. Each piece costs a write. */
export const SLICE_PIECES_MAX = 1024;

/** Most faults in one plan: every unit is shown to each of them. */
export const FAULTS_MAX = 64;

/** Longest fault id. */
export const ID_CHARACTERS_MAX = 64;

/** Most firings a schedule may list: each is kept for as long as its plan is in force. */
export const SCHEDULE_MAX = 65_536;

/** Most sessions a plan may name: as many as a chain remembers. */
export const PLAN_SESSIONS_MAX = 65_536;

/** Sessions whose state (counters, buckets, positions) a chain keeps, for each fault that has any. */
export const SESSIONS_MAX_DEFAULT = 65_536;

/** Ids whose totals a chain keeps after their fault was taken out; the oldest goes first. */
export const RETIRED_FAULTS_MAX = 1024;

/**
 * Messages after which a burst-loss chain forgets its past: the longest it ever looks back.
 * A burst is cut at one message in 65_536.
 */
export const BURST_BLOCK_MESSAGES = 65_536;

/** Messages after which a correlated delay forgets its past: the longest it ever recomputes. */
export const CORRELATION_BLOCK_MESSAGES = 1024;
