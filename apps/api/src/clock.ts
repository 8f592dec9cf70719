/**
 * What the API asks of time and chance, as two small ports.
 *
 * Nothing else in this app reads a clock, arms a timer or draws a random byte: system.ts fills
 * these in for real, the tests fill them in by hand. The clock is wall time in milliseconds,
 * because it only stamps records and bounds waits; the experiment measures with its own.
 */

/** Wall time and one-shot timers. */
export interface Clock {
  /** Milliseconds since the Unix epoch, an integer. */
  nowMs(): number;
  /** The same instant as text: RFC 3339 in UTC with milliseconds. */
  nowIso(): string;
  /** Calls `action` once, `ms` from now at the earliest. The answer disarms it; it may be called twice. */
  after(ms: number, action: () => void): () => void;
}

/** So many random bytes. */
export type RandomBytes = (count: number) => Uint8Array;
