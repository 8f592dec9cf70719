import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, frameBytes, FrameWriter } from "../src/index.ts";
import type { Frame, Refusal } from "../src/index.ts";
import { draws, frameOf, frames, joined, readAll, SEED } from "./support.ts";

test("a batch is its frames one after the other, whatever its size", () => {
  fc.assert(
    fc.property(
      fc.array(frames(90), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 500 }),
      (sent, chunkBytes) => {
        const writer = new FrameWriter({ chunkBytes });
        for (const frame of sent) writer.append(frame);
        const bytes = joined(sent.map((frame) => encodeFrame(frame)));
        expect(writer.pendingBytes).toBe(bytes.length);
        expect(writer.take()).toEqual(bytes);
      },
    ),
  );
});

test("a taken batch belongs to the taker: later frames never touch it", () => {
  const writer = new FrameWriter();
  const batches: Uint8Array[] = [];
  for (let operation = 0; operation < 50; operation++) {
    writer.append(frameOf({ operation }));
    if (operation % 7 === 6) batches.push(writer.take()!);
  }
  batches.push(writer.take()!);
  expect(readAll(batches)).toEqual(
    Array.from({ length: 50 }, (_, operation) => frameOf({ operation })),
  );
});

test("two writers and single frames, one among the other, never get into each other's bytes", () => {
  const writers = [new FrameWriter(), new FrameWriter()];
  const draw = draws(SEED);
  const sent: Frame[] = [];
  const written: Uint8Array[] = [];
  for (let operation = 0; operation < 3000; operation++) {
    const frame = frameOf({ operation, payload: new Uint8Array(draw() % 200).fill(operation) });
    const writer = writers[draw() % 3];
    if (writer === undefined) written.push(encodeFrame(frame));
    else writer.append(frame);
    sent.push(frame);
    if (draw() % 4 === 0) written.push(...writers.flatMap((each) => each.take() ?? []));
  }
  written.push(...writers.flatMap((each) => each.take() ?? []));
  const read = readAll(written).toSorted((a, b) => operationOf(a) - operationOf(b));
  expect(read).toEqual(sent);
});

const operationOf = (item: Frame | Refusal): number => ("operation" in item ? item.operation : -1);

test("an empty writer has nothing to take, before and after a batch", () => {
  const writer = new FrameWriter();
  expect([writer.take(), writer.pendingBytes]).toEqual([undefined, 0]);
  writer.append(frameOf());
  writer.take();
  expect([writer.take(), writer.pendingBytes]).toEqual([undefined, 0]);
});

test("a frame that cannot be encoded leaves the batch as it was", () => {
  const writer = new FrameWriter();
  writer.append(frameOf());
  expect(() => writer.append(frameOf({ operation: -1 }))).toThrow('"operation" must be');
  expect(writer.pendingBytes).toBe(frameBytes(frameOf()));
  expect(readAll([writer.take()!])).toEqual([frameOf()]);
});

test("a chunk size that is none is refused", () => {
  expect(() => new FrameWriter({ chunkBytes: 0 })).toThrow(
    'Cannot write frames as "chunkBytes" must be an integer of at least 1: got 0',
  );
});
