/**
 * A response body that is produced only as fast as it is read.
 *
 * No queue of its own: a piece is asked for when the reader has room, and not before. A reader
 * that takes nothing for too long is let go, and a source that fails cuts the connection, so
 * that half an answer never looks like a whole one.
 */

import type { Clock } from "../clock.ts";

/** Where the pieces come from, and what happens around them. */
export interface PullStreamOptions {
  /** The next piece, text as UTF-8, or undefined at the end. */
  next(): Promise<string | Uint8Array | undefined>;
  /** Called once, when the stream is over for whatever reason. */
  close(): void;
  /** Cuts the connection, where there is one. */
  cut(): void;
  /** Told why `next` failed. */
  readonly onFailure: (error: unknown) => void;
  readonly clock: Clock;
  readonly stallMsMax: number;
}

/** Makes the body. */
export function makePullStream(options: PullStreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let over = false;
  let disarm = (): void => {};
  const finish = (): void => {
    disarm();
    if (!over) options.close();
    over = true;
  };
  const cut = (controller: ReadableStreamDefaultController): void => {
    finish();
    options.cut();
    controller.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        disarm();
        try {
          const piece = await options.next();
          if (over) return;
          if (piece === undefined) {
            finish();
            controller.close();
          } else {
            controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
            disarm = options.clock.after(options.stallMsMax, () => cut(controller));
          }
        } catch (error) {
          options.onFailure(error);
          if (!over) cut(controller);
        }
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  );
}
