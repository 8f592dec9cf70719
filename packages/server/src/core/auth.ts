/**
 * Who is asked for a key, and what frames are signed with.
 *
 * A peer proves that it has a key either by sealing its whole link, which happens below the core
 * (entrance.ts) and shows as the link's `peerKey`, or by signing every frame (the checksum
 * `hmac-sha256-128`). Where keys are asked for, one of the two is enough, and neither is refused.
 */
import type { ChecksumName, FrameKeys, FrameLimits, Link, SealKey } from "@faultline/protocol";
import { createFrameKeys } from "@faultline/protocol";

/** What can be said about keys. */
export interface KeyOptions {
  /** Secrets that peers may have; the first signs what this end begins. @default none */
  readonly keys?: readonly SealKey[];
  /** Whether a peer without a key is refused. @default true where there are keys */
  readonly requireKeys?: boolean;
}

/** The kind of frame that proves a key. */
export const SIGNED: ChecksumName = "hmac-sha256-128";

/** What a core knows of keys. */
export interface Authentication {
  readonly keys: FrameKeys | undefined;
  readonly isRequired: boolean;
}

/**
 * Checks the options and fills in the default.
 *
 * @throws {RangeError} where a key breaks its rule, or keys are asked for and there are none.
 */
export function authenticationOf(
  { keys, requireKeys = keys !== undefined }: KeyOptions,
  sessionsMax: number,
): Authentication {
  if (keys === undefined) {
    if (!requireKeys) return { keys: undefined, isRequired: false };
    const rule = "false where there are no keys: got true";
    throw new RangeError(`Cannot start the server as "requireKeys" must be ${rule}`);
  }
  const frameKeys = createFrameKeys({ keys, side: "server", sessionsMax });
  return { keys: frameKeys, isRequired: requireKeys };
}

/** What a decoder of that link's frames accepts. */
export function frameLimitsOf(
  payloadBytesMax: number,
  { keys, isRequired }: Authentication,
  { peerKey }: Link,
): FrameLimits {
  const mustBeSigned = isRequired && peerKey === undefined;
  return { payloadBytesMax, keys, checksum: mustBeSigned ? SIGNED : undefined };
}
