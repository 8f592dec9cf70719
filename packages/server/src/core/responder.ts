/**
 * What a healthy server answers, before any fault looks at it.
 *
 * A responder is asked exactly once for each operation: that is the reply cache's business
 * (session-table.ts), not its own. It works on payloads and knows no frames.
 */

/** The words of the built-in responders. */
export const RESPONDER_NAMES = ["echo", "receive-only", "counter"] as const;
/** The built-in responders, by the word used in options. */
export type ResponderName = (typeof RESPONDER_NAMES)[number];

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
  /** What must survive the process, where anything must. */
  readonly state?: ResponderState;
  /** The number that executing has counted up to; 0 where nothing is counted. */
  readonly count: number;
}

/**
 * What executing has done, so far as it is kept beside the replies: a server with a data folder writes
 * it into one record with the reply, so that the effect and the knowledge of it survive together.
 */
export interface ResponderState {
  /** All of it, in few bytes, valid until the next call: asked after every operation. */
  save(): Uint8Array;
  /** Takes over what another has saved, beside its own. */
  add(saved: Uint8Array): void;
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
  readonly state: ResponderState = {
    save: () => {
      const saved = new Uint8Array(8);
      this.#write(saved);
      return saved;
    },
    add: (saved) => {
      const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
      this.count += view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
    },
  };

  respond(payload: Uint8Array): Uint8Array {
    this.count++;
    const bytes = payload.length + 8;
    if (this.#reply.length < bytes) this.#reply = new Uint8Array(2 * bytes);
    this.#write(this.#reply);
    this.#reply.set(payload, 8);
    return this.#reply.subarray(0, bytes);
  }

  #write(target: Uint8Array): void {
    const view = new DataView(target.buffer, target.byteOffset);
    view.setUint32(0, Math.floor(this.count / 0x1_0000_0000));
    view.setUint32(4, this.count >>> 0);
  }
}

/** @throws {RangeError} where that codec cannot serve that responder */
export function checkResponder(codec: "frame" | "pipe", responder: Responder): void {
  if (codec !== "pipe" || responder.name !== "counter") return;
  throw new RangeError(
    'Cannot count as "codec" must be "frame": a pipe message has no identity, so one sent twice would count twice',
  );
}
