/**
 * The breaker that everybody writes first: a ratio, a timer, and one question on the way out.
 *
 * Whatever was not a reply is a failure. When the pause is over, whoever comes may try.
 */

/** A breaker. */
export class NaiveBreaker {
  #calls = 0;
  #failures = 0;
  #openUntilUs = -1;

  isOpen(nowUs: number): boolean {
    return nowUs < this.#openUntilUs;
  }

  ended(nowUs: number, isReply: boolean): void {
    this.#calls++;
    if (!isReply) this.#failures++;
    if (this.#failures / this.#calls >= 0.5) this.#openUntilUs = nowUs + 5_000_000;
  }
}
