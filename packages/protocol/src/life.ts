/**
 * The life of a server: how long its memory of executed operations reaches back, and under which tag.
 *
 *   request             life = that which its operation belongs to
 *   reply, hello, pong  life = that of the server
 *   error, hello, pong  also since when: its memory has lost nothing for that long
 *
 * A server whose memory was lost begins a new life. An operation belongs to the life that its client
 * knew when it first sent it, and no other executes it: so what one life has executed, no later one
 * does again, however late a repetition comes. A client that learns that a life was there before it
 * sent an operation for the first time has a proof that no earlier life has seen it, and may give it to
 * that life. What was never sent on another connection needs no proof, nor does what does no harm twice. No clocks are compared: what took time on the way only makes the proof harder.
 *
 * The road not taken is a session that the server grants before the first request (NFSv4.1, RFC 8881
 * section 2.10; RIFL's leases): it costs every new client a round trip. RFC 9175 section 2.4 has a
 * server without memory ask back, which is what a refusal does here.
 */
import { readUint32, writeUint32 } from "./checksum/checksum.ts";

/** What a server says of its life. */
export interface LifeNotice {
  /** 1 … 65,533. */
  readonly tag: number;
  /** For how long its memory has lost nothing, in whole ms, rounded down. */
  readonly ageMs: number;
}

/** Largest tag of a life. */
export const LIFE_TAG_MAX = 0xfffd;
/**
 * Instead of a tag, in a request on a connection: its operation was never sent on any other, and a
 * connection does not outlive the server.
 */
export const LIFE_FRESH = 0xfffe;
/** Instead of a tag, in any request: executing it twice does no harm, so whichever life gets it may. */
export const LIFE_ANY = 0xffff;
/** Size of a notice as the payload of an error reply. */
const NOTICE_BYTES = 8;
const AGE_MS_MAX = 0xffff_ffff;

/** The tag after this one: lives that follow each other never share one. */
export function nextLifeTag(tag: number): number {
  return (tag % LIFE_TAG_MAX) + 1;
}

/** The payload of an error reply that says whose it is: tag (2 bytes), zeros (2), age in ms (4). */
export function encodeLife({ tag, ageMs }: LifeNotice): Uint8Array {
  const payload = new Uint8Array(NOTICE_BYTES);
  payload[0] = tag >>> 8;
  payload[1] = tag;
  writeUint32(payload, 4, Math.min(ageMs, AGE_MS_MAX));
  return payload;
}

/** What the payload of an error reply says; undefined where it says nothing. */
export function decodeLife(payload: Uint8Array): LifeNotice | undefined {
  if (payload.length !== NOTICE_BYTES) return undefined;
  const tag = (payload[0]! << 8) | payload[1]!;
  return tag === 0 ? undefined : { tag, ageMs: readUint32(payload, 4) };
}

/** What a pong or hello of a server says; undefined where it says nothing. */
export function lifeOf({ life, remainingMs }: LifeFields): LifeNotice | undefined {
  return life === undefined || life === 0 ? undefined : { tag: life, ageMs: remainingMs };
}

/** The fields of a pong or hello that tell the life. */
export interface LifeFields {
  readonly life?: number | undefined;
  readonly remainingMs: number;
}

/** The same for a pong or hello that is being made. */
export function lifeFields({ tag, ageMs }: LifeNotice): LifeFields {
  return { life: tag, remainingMs: Math.min(ageMs, AGE_MS_MAX) };
}
