/**
 * Feeds one input to every decoder it may be meant for, and says what must never be.
 *
 * Never an exception; never a frame or a message that was not sent, byte for byte (an exact copy
 * is the same frame); never more bytes kept than a limit allows; and what came undamaged comes
 * out. A checksum of 32 bits lets one damaged frame in some four thousand million pass, so a find
 * deserves a second look before it is called a bug: with the default seed there is none.
 */
import type { Frame, PipeItem, Refusal } from "@faultline/protocol";
import {
  decodeDatagram,
  decodePipeDatagram,
  FrameDecoder,
  isRefusal,
  PipeDecoder,
} from "@faultline/protocol";
import type { Input } from "./inputs.ts";

/** What the decoders made of the inputs so far. */
export interface Tally {
  accepted: number;
  refused: number;
}

const FRAME_LIMITS = { payloadBytesMax: 4096 };
const PIPE_LIMITS = { pipeBytesMax: 128 };
/** Header, largest payload, largest trailer. */
const FRAME_BUFFER_MAX = 40 + 4096 + 16;
/** A line end may stand before a message. */
const PIPE_BUFFER_MAX = 128 + 2;

/** Judges one input. @throws {Error} whose message says which promise was broken. */
export function judge(input: Input, tally: Tally): void {
  if (input.kind !== "pipe") {
    judgeFrame(input, decodeDatagram(input.bytes, FRAME_LIMITS), input.bytes, tally);
    judgeFrameStream(input, tally);
  }
  if (input.kind !== "frames") {
    judgePipe(input, decodePipeDatagram(input.bytes, PIPE_LIMITS), tally);
    judgePipeStream(input, tally);
  }
}

function judgeFrame(input: Input, item: Frame | Refusal, raw: Uint8Array, tally: Tally): void {
  if (isRefusal(item)) {
    tally.refused++;
    return;
  }
  tally.accepted++;
  if (!wasSent(input.sent, raw)) throw new Error("a frame was accepted that was not sent");
}

function judgeFrameStream(input: Input, tally: Tally): void {
  const decoder = new FrameDecoder(FRAME_LIMITS);
  let frames = 0;
  for (let at = 0, turn = 0; at < input.bytes.length; turn++) {
    const size = input.cuts[turn % input.cuts.length]!;
    decoder.push(input.bytes.subarray(at, at + size));
    at += size;
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      if (!isRefusal(item)) frames++;
      judgeFrame(input, item, decoder.raw(), tally);
    }
    if (decoder.bufferedBytes > FRAME_BUFFER_MAX)
      throw new Error("the frame decoder kept too much");
  }
  decoder.end();
  if (decoder.bufferedBytes !== 0) throw new Error("the frame decoder kept bytes after its end");
  if (input.isSound && frames !== input.sent.length) throw new Error("a sound frame was lost");
}

function judgePipe(input: Input, item: PipeItem, tally: Tally): void {
  if (item.kind === "corrupt") tally.refused++;
  else tally.accepted++;
  if (item.kind === "message" && !wasSent(input.sent, item.body)) {
    throw new Error("a pipe message was accepted that was not sent");
  }
}

function judgePipeStream(input: Input, tally: Tally): void {
  const decoder = new PipeDecoder(PIPE_LIMITS);
  for (let at = 0, turn = 0; at < input.bytes.length; turn++) {
    const size = input.cuts[turn % input.cuts.length]!;
    decoder.push(input.bytes.subarray(at, at + size));
    at += size;
    if (turn % 3 === 2) decoder.settle();
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      judgePipe(input, item, tally);
    }
    if (decoder.bufferedBytes > PIPE_BUFFER_MAX) throw new Error("the pipe decoder kept too much");
  }
  decoder.flush();
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    judgePipe(input, item, tally);
  }
  if (decoder.bufferedBytes !== 0) throw new Error("the pipe decoder kept bytes after its end");
}

function wasSent(sent: readonly Uint8Array[], bytes: Uint8Array): boolean {
  return sent.some((each) => {
    if (each.length !== bytes.length) return false;
    for (let index = 0; index < bytes.length; index++) {
      if (each[index] !== bytes[index]) return false;
    }
    return true;
  });
}
