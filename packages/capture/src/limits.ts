/**
 * What decoders of captures accept: signatures are taken as they are, since no key is known here. What is
 * said of a frame is whose it says it is, not who made it.
 */
import type { FrameLimits } from "@faultline/protocol";

/** For every decoder of this package. */
export const ANY_SIGNATURE: Partial<FrameLimits> = { keys: { sign() {}, verify: () => true } };
