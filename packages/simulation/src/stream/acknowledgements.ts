/**
 * Acknowledgements on their way back: when each arrives, and how far it lets the sender go.
 *
 * They are read and not delivered, so that a sender with room to spare pays nothing for them. The
 * arrays keep their length when they run empty: emptying one gives its memory back, only to ask
 * for it again with the next segment.
 */

/** Read ones are cut off the front when there are this many. */
const TRIM_MIN = 1024;

/** A log of what was acknowledged. */
export class Acknowledgements {
  readonly #atUs: number[] = [];
  readonly #limitBytes: number[] = [];
  #head = 0;
  #end = 0;

  /** When the next one arrives, or undefined when none is on its way. */
  get nextAtUs(): number | undefined {
    return this.#head < this.#end ? this.#atUs[this.#head] : undefined;
  }

  /** One more is sent. What arrives no later than one before it says all that one would. */
  push(atUs: number, limitBytes: number): void {
    const last = this.#end - 1;
    if (last >= this.#head && (this.#atUs[last] as number) >= atUs) {
      this.#limitBytes[last] = limitBytes;
      return;
    }
    this.#atUs[this.#end] = atUs;
    this.#limitBytes[this.#end] = limitBytes;
    this.#end++;
  }

  /** Takes in what has arrived. @returns how far the last of it lets the sender go. */
  read(nowUs: number): number | undefined {
    let limitBytes: number | undefined;
    while (this.#head < this.#end && (this.#atUs[this.#head] as number) <= nowUs) {
      limitBytes = this.#limitBytes[this.#head];
      this.#head++;
    }
    if (this.#head === this.#end) {
      this.#head = 0;
      this.#end = 0;
    } else if (this.#head >= TRIM_MIN) this.#trim();
    return limitBytes;
  }

  #trim(): void {
    this.#atUs.splice(0, this.#head);
    this.#limitBytes.splice(0, this.#head);
    this.#end -= this.#head;
    this.#head = 0;
  }
}
