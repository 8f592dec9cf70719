/**
 * Bandwidth: a unit waits until its bytes have been paid for (a token bucket).
 *
 * The bucket holds `burstBytes` and fills at `bytesPerSecond`; a unit takes as many tokens as it
 * has bytes and leaves when the bucket is out of debt again: S bytes at once on a full bucket of
 * B wait (S - B) / rate. Each session and direction has a bucket of its own. This is the one
 * fault that depends on when it is asked: everything else follows from the seed.
 */
import type { Fault, FaultEntry, FaultTools } from "../fault.ts";
import { integerField, numberField } from "../fields.ts";
import { BYTES_MAX, BYTES_PER_SECOND_MAX } from "../limits.ts";
import { SessionTable } from "../sessions.ts";
import type { BandwidthFault } from "../spec.ts";
import type { Direction } from "../verdict.ts";

const BURST_BYTES_DEFAULT = 1500;
/** Tokens for one byte: with a rate in bytes a second, each microsecond brings `rate` tokens. */
const TOKENS_PER_BYTE = 1_000_000;

interface Bucket {
  /** Below zero: owed. */
  tokens: number;
  filledUs: number;
}

/** Bandwidth: a link of so many bytes a second. */
export const bandwidth: FaultEntry<BandwidthFault> = {
  kind: "bandwidth",
  title: "Bandwidth",
  description: "Messages queue for a link that carries so many bytes a second.",
  units: ["message", "datagram", "chunk"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    bytesPerSecond: numberField({
      min: 1,
      max: BYTES_PER_SECOND_MAX,
      means: "bytes a second for each session, in each direction",
    }),
    burstBytes: integerField({
      min: 0,
      max: BYTES_MAX,
      default: BURST_BYTES_DEFAULT,
      means: "bytes that pass at once after a pause",
    }),
  },
  create: createBandwidth,
};

function createBandwidth(spec: BandwidthFault, tools: FaultTools): Fault {
  const rate = spec.bytesPerSecond;
  const tokensMax = (spec.burstBytes ?? BURST_BYTES_DEFAULT) * TOKENS_PER_BYTE;
  const full = (): Bucket => ({ tokens: tokensMax, filledUs: 0 });
  const buckets = new SessionTable<Record<Direction, Bucket>>(tools.sessionsMax, () => ({
    request: full(),
    reply: full(),
  }));
  return {
    follows: true,
    ask(unit, _draws, nowUs) {
      const bucket = buckets.at(unit)[unit.direction];
      const passedUs = Math.max(0, nowUs - bucket.filledUs);
      bucket.filledUs += passedUs;
      bucket.tokens = Math.min(tokensMax, bucket.tokens + passedUs * rate);
      bucket.tokens -= unit.bytes.length * TOKENS_PER_BYTE;
      return { do: "delay", delayUs: Math.max(0, Math.ceil(-bucket.tokens / rate)) };
    },
  };
}
