/**
 * The congestion window of a stream: slow start and avoidance of RFC 5681, fast retransmit and fast
 * recovery of NewReno (RFC 6582), limited transmit (RFC 3042), ten segments to begin with (RFC 6928).
 *
 * Pure: it is told what was acknowledged and says what to do. Segments are counted by their number
 * in the stream, windows in bytes.
 */

/** Segments that may leave before anything was heard (RFC 6928). */
const SEGMENTS_INITIAL = 10;
/** Repeated acknowledgements after which a segment counts as lost (RFC 5681 section 3.2). */
const DUPLICATES = 3;

/** What an acknowledgement asks of the sender. */
export type RenoAdvice = "go-on" | "repeat-first";

/** @see module */
export class RenoWindow {
  readonly #segmentBytes: number;
  /** Bytes that may be on their way. */
  windowBytes: number;
  /** Below it slow start, above it avoidance. */
  thresholdBytes: number = Infinity;
  /** What limited transmit lets go beyond the window. */
  extraBytes = 0;
  /** Number of the last segment sent when the last loss was found; -1: none was. */
  #recover = -1;
  #isRecovering = false;
  #duplicates = 0;
  #creditBytes = 0;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.windowBytes = SEGMENTS_INITIAL * segmentBytes;
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /**
   * Something new was acknowledged.
   *
   * @param first number of the first segment that is not
   * @param bytes newly acknowledged
   * @param flightBytes still on their way
   */
  acknowledged(first: number, bytes: number, flightBytes: number): RenoAdvice {
    this.#duplicates = 0;
    this.extraBytes = 0;
    if (!this.#isRecovering) {
      this.#grow(bytes);
      return "go-on";
    }
    const segmentBytes = this.#segmentBytes;
    if (first > this.#recover) {
      this.#isRecovering = false;
      const flight = Math.max(flightBytes, segmentBytes) + segmentBytes;
      this.windowBytes = Math.min(this.thresholdBytes, flight);
      return "go-on";
    }
    this.windowBytes -= Math.min(bytes, this.windowBytes - segmentBytes);
    if (bytes >= segmentBytes) this.windowBytes += segmentBytes;
    return "repeat-first";
  }

  /**
   * The same acknowledgement came again: something arrived behind a gap.
   *
   * @param first number of the first segment that is not acknowledged
   * @param last number of the last one sent
   */
  duplicate(first: number, last: number, flightBytes: number): RenoAdvice {
    this.#duplicates++;
    if (this.#isRecovering) {
      this.windowBytes += this.#segmentBytes;
      return "go-on";
    }
    if (this.#duplicates < DUPLICATES) {
      this.extraBytes = this.#duplicates * this.#segmentBytes;
      return "go-on";
    }
    // RFC 6582 section 3.2, step 2: what is said again of an old loss is no new one.
    if (this.#duplicates > DUPLICATES || first - 1 <= this.#recover) return "go-on";
    this.extraBytes = 0;
    this.#halve(flightBytes);
    this.#recover = last;
    this.#isRecovering = true;
    this.windowBytes = this.thresholdBytes + DUPLICATES * this.#segmentBytes;
    return "repeat-first";
  }

  /** Nothing was heard for too long. @param isFirst whether it was the first time in a row */
  timeout(last: number, flightBytes: number, isFirst: boolean): void {
    if (isFirst) this.#halve(flightBytes);
    this.#recover = last;
    this.#isRecovering = false;
    this.#duplicates = 0;
    this.#creditBytes = 0;
    this.extraBytes = 0;
    this.windowBytes = this.#segmentBytes;
  }

  #halve(flightBytes: number): void {
    this.thresholdBytes = Math.max(Math.floor(flightBytes / 2), 2 * this.#segmentBytes);
  }

  #grow(bytes: number): void {
    const segmentBytes = this.#segmentBytes;
    if (this.windowBytes < this.thresholdBytes) {
      this.windowBytes += Math.min(bytes, segmentBytes);
      return;
    }
    this.#creditBytes += bytes;
    if (this.#creditBytes < this.windowBytes) return;
    this.#creditBytes -= this.windowBytes;
    this.windowBytes += segmentBytes;
  }
}
