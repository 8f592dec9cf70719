/**
 * What the fuzzer feeds: for every number one input, made from the seed and that number alone.
 *
 * So any single input can be had again, whatever ran before it and on how many threads. Random
 * bytes are the smaller part: they end at the magic. Most inputs are sound ones with something
 * wrong, since that is where a decoder has to think.
 */
import type { ChecksumName, Frame } from "@faultline/protocol";
import { crc32c, encodeFrame, encodePipe, encodePipeError } from "@faultline/protocol";

/** One input and what of it was really sent. */
export interface Input {
  readonly kind: "random" | "frames" | "pipe";
  readonly bytes: Uint8Array;
  /** Frames, or pipe bodies, that may come out of it. */
  readonly sent: readonly Uint8Array[];
  /** Nothing was damaged: everything sent has to come out. */
  readonly isSound: boolean;
  /** Sizes of the pieces it is fed in, gone through again until all is fed. */
  readonly cuts: readonly number[];
}

/** Unsigned 32-bit integers. */
export type Draw = () => number;

/** Mostly the default; the hash now and then, since it is thirty times as slow. */
const CHECKSUMS: readonly ChecksumName[] = [
  ...Array.from({ length: 12 }, () => "crc32c" as const),
  "crc32",
  "crc32",
  "crc32",
  "sha1-32",
];
/** Source of payloads: cheap to cut from, with the bytes that mean something in either codec. */
const SOIL = Uint8Array.from({ length: 1024 }, (_, index) =>
  index % 9 === 0 ? [0xfa, 0x17, 0x7c, 0x0a, 0x0d, 0x30, 0x61][index % 7]! : (index * 193) >>> 2,
);

/** The draws of input `number`: Mulberry32 on a mix of both numbers. */
export function drawsOf(seed: number, number: number): Draw {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(number + 1, 0xc2b2_ae35);
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Makes one input. */
export function inputOf(draw: Draw): Input {
  const choice = draw() % 16;
  const cuts = [1 + (draw() % 80), 1 + (draw() % 400)];
  if (choice === 0)
    return { kind: "random", bytes: randomBytes(draw), sent: [], isSound: false, cuts };
  if (choice < 14) return { kind: "frames", cuts, ...frames(draw) };
  return { kind: "pipe", cuts, ...pipe(draw) };
}

type Made = Pick<Input, "bytes" | "sent" | "isSound">;

function frames(draw: Draw): Made {
  const sent = [encodeFrame(frame(draw))];
  switch (draw() % 8) {
    case 0: {
      for (let more = draw() % 3; more > 0; more--) sent.push(encodeFrame(frame(draw)));
      return { bytes: join(sent), sent, isSound: true };
    }
    case 1: {
      // The same size on purpose: header of one, payload and trailer of the other.
      const payloadBytes = sent[0]!.length > 60 ? 16 : 4;
      const [a, b] = [twin(draw, payloadBytes), twin(draw, payloadBytes)];
      return { bytes: join([a.subarray(0, 40), b.subarray(40)]), sent: [a, b], isSound: false };
    }
    case 2: {
      const other = encodeFrame(frame(draw));
      const spliced = [head(sent[0]!, draw), tail(other, draw)];
      return { bytes: join(spliced), sent: [...sent, other], isSound: false };
    }
    case 3:
      return { bytes: forged(sent[0]!, draw), sent, isSound: false };
    case 4: {
      const good = encodeFrame(frame(draw));
      return {
        bytes: join([damaged(sent[0]!, draw), good]),
        sent: [...sent, good],
        isSound: false,
      };
    }
    default:
      return { bytes: damaged(sent[0]!, draw), sent, isSound: false };
  }
}

function frame(draw: Draw): Frame {
  const type = 1 + (draw() % 7);
  return {
    type: type as Frame["type"],
    checksum: CHECKSUMS[draw() % CHECKSUMS.length]!,
    flags: draw() & 1,
    status: type === 4 ? 1 + (draw() % 8) : 0,
    life: type < 4 || type === 6 ? 1 + (draw() & 0x7fff) : undefined,
    session: { high: draw(), low: draw() },
    operation: draw(),
    attempt: draw() & 7,
    remainingMs: draw() & 0xffff,
    payload: soil(draw, 96),
  };
}

function twin(draw: Draw, payloadBytes: number): Uint8Array {
  const payload =
    soil(draw, 1).length === 0 ? SOIL.subarray(0, payloadBytes) : soilOf(draw, payloadBytes);
  return encodeFrame({ ...frame(draw), checksum: "crc32c", payload });
}

/** A header that is sealed again after the damage, so that its fields are what is judged. */
function forged(sent: Uint8Array, draw: Draw): Uint8Array {
  const bytes = sent.slice();
  const at = 3 + (draw() % 33);
  bytes[at] = draw();
  // A frame without checksum may hold anything: there nothing could be told from what was sent.
  if (bytes[4] === 0) bytes[4] = 2;
  const crc = crc32c(bytes, 0, 36);
  for (let index = 0; index < 4; index++) bytes[36 + index] = crc >>> (24 - 8 * index);
  return bytes;
}

function pipe(draw: Draw): Made {
  const bodies = Array.from({ length: 1 + (draw() % 3) }, () => soil(draw, 40));
  const texts = bodies.map((body) => encodePipe(body));
  const ends = [new Uint8Array(0), Uint8Array.of(10), Uint8Array.of(13, 10), encodePipeError()];
  const spaced = texts.flatMap((text) => [text, ends[draw() % 8] ?? ends[0]!]);
  const bytes = join(spaced);
  if (draw() % 4 === 0) return { bytes: join(texts), sent: bodies, isSound: false };
  return { bytes: damaged(bytes, draw), sent: bodies, isSound: false };
}

/** A copy with one thing wrong: flipped bits, other bytes, a piece missing, doubled or added. */
function damaged(sent: Uint8Array, draw: Draw): Uint8Array {
  const copy = sent.slice();
  const times = 1 + (draw() % 8);
  switch (draw() % 6) {
    case 0:
    case 1:
      for (let turn = 0; turn < times; turn++) {
        const bit = draw() % (copy.length * 8);
        copy[bit >>> 3]! ^= 1 << (bit & 7);
      }
      return copy;
    case 2:
      for (let turn = 0; turn < times; turn++) copy[draw() % copy.length] = draw();
      return copy;
    case 3:
      return head(copy, draw);
    case 4:
      return join([copy, soil(draw, 16)]);
    default:
      return join([head(copy, draw), tail(copy, draw)]);
  }
}

function randomBytes(draw: Draw): Uint8Array {
  const bytes = new Uint8Array(draw() % 64);
  for (let index = 0; index < bytes.length; index++) bytes[index] = draw();
  if (bytes.length > 3 && (draw() & 1) === 1) bytes.set([0xfa, 0x17, 1]);
  return bytes;
}

function head(bytes: Uint8Array, draw: Draw): Uint8Array {
  return bytes.subarray(0, draw() % (bytes.length + 1));
}

function tail(bytes: Uint8Array, draw: Draw): Uint8Array {
  return bytes.subarray(draw() % (bytes.length + 1));
}

function soil(draw: Draw, bytesMax: number): Uint8Array {
  return soilOf(draw, draw() % (bytesMax + 1));
}

function soilOf(draw: Draw, bytes: number): Uint8Array {
  const at = draw() % (SOIL.length - bytes);
  return SOIL.subarray(at, at + bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
