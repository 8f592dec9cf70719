/**
 * What a link tells its line, until it is cut off: what it still says then goes nowhere.
 */
import type { LinkError, LinkEvents } from "@faultline/protocol";
import type { Line } from "./line.ts";

/** One link's events, which reach the line only while the link is its own. */
export class LineEvents implements LinkEvents {
  #line: Line | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  cut(): void {
    this.#line = undefined;
  }

  onOpen(): void {
    this.#line?.opened();
  }

  onBytes(bytes: Uint8Array): void {
    this.#line?.heard(bytes);
  }

  onDrain(): void {
    this.#line?.drained();
  }

  onEnd(): void {
    this.#line?.peerEnded();
  }

  onClose(error: LinkError | undefined): void {
    this.#line?.linkClosed(error);
  }
}
