/**
 * Figures for people: enough digits to compare, no more, and a dash for what is not known.
 *
 * Never used for JSON, which keeps every digit.
 */

/** What stands where a figure has no meaning or cannot be known. */
export const UNKNOWN = "–";

/** Three significant digits, whole from a hundred on: `0.214`, `3.1`, `104`, `12 345`. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1);
  if (size < 100) return String(Number(value.toPrecision(3)));
  return count(Math.round(value));
}

/** An integer with a thin gap between thousands: `12 345`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** `1 run`, `2 runs`. */
export function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** A ratio as a percentage with at most two decimals: `98.15 %`. */
export function percent(ratio: number | null): string {
  return ratio === null ? UNKNOWN : `${Number((ratio * 100).toFixed(2))} %`;
}

/** Milliseconds as a person says them: `0.4 ms`, `640 ms`, `1.2 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
