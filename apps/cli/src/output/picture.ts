/**
 * Pictures of latency for a terminal: counts in, one character a column out.
 *
 * The axis is logarithmic and fixed (10 µs … 10 s), so pictures of different runs can be laid
 * one under the other and compared. Heights are relative to the tallest column of the picture,
 * and a column that holds anything at all is never drawn as empty: one late message in a
 * thousand is what the picture is for.
 */

/** First value of the axis in microseconds. */
const FIRST_US = 10;
/** The axis covers six decades: up to 10 s. */
const DECADES = 6;

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const ASCII = [".", ":", "-", "=", "+", "*", "%", "#"] as const;

/** Counts of latencies over the fixed logarithmic axis; memory does not grow with the messages. */
export class LatencyPicture {
  readonly #counts: Uint32Array;

  /** @param columns width of the picture. @default 12: two to a decade */
  constructor(columns: number = 12) {
    this.#counts = new Uint32Array(columns);
  }

  /** Counts one latency in microseconds; what lies beyond the axis goes to its ends. */
  add(latencyUs: number): void {
    const columns = this.#counts.length;
    const share = Math.log10(Math.max(latencyUs, 1) / FIRST_US) / DECADES;
    const at = Math.min(columns - 1, Math.max(0, Math.floor(share * columns)));
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /** Draws it, as wide as it was made. */
  draw(options: { readonly unicode: boolean }): string {
    return sparkline([...this.#counts], options);
  }
}

/** What the picture's axis says, for a heading or a legend. */
export const PICTURE_AXIS = "10 µs … 10 s, logarithmic";

/**
 * One character a count: blank for none, the lowest step for the smallest, the highest for the largest.
 *
 * @example sparkline([0, 1, 8], { unicode: true }) // " ▁█"
 */
export function sparkline(
  counts: readonly number[],
  options: { readonly unicode: boolean },
): string {
  const steps: readonly string[] = options.unicode ? BLOCKS : ASCII;
  const top = counts.reduce((most, count) => Math.max(most, count), 0);
  return counts
    .map((count) => {
      if (!(count > 0)) return " ";
      return steps[Math.max(0, Math.ceil((count / top) * steps.length) - 1)] as string;
    })
    .join("");
}

/**
 * A bar of `columns` characters, filled by `share` (0 … 1).
 *
 * @example bar(0.5, 4, { unicode: false }) // "##--"
 */
export function bar(
  share: number,
  columns: number,
  options: { readonly unicode: boolean },
): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * columns);
  const [full, empty] = options.unicode ? ["█", "░"] : ["#", "-"];
  return full.repeat(filled) + empty.repeat(columns - filled);
}
