/**
 * What a healthy server answers, before any fault looks at it.
 *
 * A responder is asked exactly once for each operation: that is the reply cache's business
 * (session-table.ts), not its own. It works on payloads and knows no frames.
 */

/** The built-in responders, by the word used in options. */
export type ResponderName = "echo" | "receive-only" | "counter";

/** Executes one operation. */
export interface Responder {
  readonly name: ResponderName;
  /** How many bytes a reply is longer than its request, at most. */
  readonly extraBytes: number;
  /**
   * Executes.
   *
   * @returns the reply's payload, valid until the next call; undefined: nothing to say, which
   *   a codec with replies sends as an empty one.
   */
  respond(payload: Uint8Array): Uint8Array | undefined;
  /** The number that executing has counted up to; 0 where nothing is counted. */
  readonly count: number;
}

/** A fresh responder of that name. */
export function createResponder(name: ResponderName): Responder {
  switch (name) {
    case "echo":
      return { name, extraBytes: 0, count: 0, respond: (payload) => payload };
    case "receive-only":
      return { name, extraBytes: 0, count: 0, respond: () => undefined };
    case "counter":
      return new CounterResponder();
    default:
      return name satisfies never;
  }
}

/** Its effect can be counted: the reply is the count after it (8 bytes, big-endian), then the payload. */
class CounterResponder implements Responder {
  readonly name = "counter";
  readonly extraBytes = 8;
  count = 0;
  #reply = new Uint8Array(64);

  respond(payload: Uint8Array): Uint8Array {
    this.count++;
    const bytes = payload.length + 8;
    if (this.#reply.length < bytes) this.#reply = new Uint8Array(2 * bytes);
    const view = new DataView(this.#reply.buffer);
    view.setUint32(0, Math.floor(this.count / 0x1_0000_0000));
    view.setUint32(4, this.count >>> 0);
    this.#reply.set(payload, 8);
    return this.#reply.subarray(0, bytes);
  }
}

/** @throws {RangeError} where that codec cannot serve that responder */
export function checkResponder(codec: "frame" | "pipe", responder: Responder): void {
  if (codec !== "pipe" || responder.name !== "counter") return;
  throw new RangeError(
    'Cannot count as "codec" must be "frame": a pipe message has no identity, so one sent twice would count twice',
  );
}
