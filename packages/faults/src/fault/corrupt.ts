/**
 * Corrupt: some bytes arrive other than they were sent.
 *
 * It changes the bytes as they travel, checksum included, anywhere in the unit, and never the
 * caller's own array. What it did stands in the record with place and value, so a report can
 * say which bit. Whether the receiver notices is the protocol's affair.
 */
import type { Draws } from "../draws.ts";
import type { FaultEntry } from "../fault.ts";
import { wordField } from "../fields.ts";
import type { CorruptFault } from "../spec.ts";
import type { Unit, Verdict } from "../verdict.ts";

type How = NonNullable<CorruptFault["how"]>;
type Damage = (bytes: Uint8Array, draws: Draws) => Verdict;

/** Draw index 0 is the chain's (the probability); a place is drawn by 1, garbage from 2 on. */
const PLACE = 1;
const GARBAGE = 2;

const DAMAGE: Readonly<Record<How, Damage>> = { bit, byte, truncate, garbage };

/** Corrupt: bytes arrive other than they were sent. */
export const corrupt: FaultEntry<CorruptFault> = {
  kind: "corrupt",
  title: "Corrupt",
  description: "The message arrives with a flipped bit or byte, cut short, or as noise.",
  units: ["message", "datagram", "chunk"],
  transports: ["tcp", "udp", "tls"],
  directionDefault: "reply",
  fields: {
    how: wordField(["bit", "byte", "truncate", "garbage"], {
      means: "one bit flipped, one byte inverted, the end cut off, or every byte drawn anew",
      default: "bit",
    }),
  },
  create(spec) {
    const how = spec.how ?? "bit";
    const damage = DAMAGE[how];
    // A byte cannot be cut short without becoming a loss, and nothing has no byte to change.
    const bytesMin = how === "truncate" ? 2 : 1;
    return {
      ask: (unit, draws) => damage(unit.bytes, draws),
      accepts: (unit: Unit) => unit.bytes.length >= bytesMin,
    };
  },
};

function bit(bytes: Uint8Array, draws: Draws): Verdict {
  const place = draws.below(bytes.length * 8, PLACE);
  const changed = bytes.slice();
  changed[place >>> 3]! ^= 1 << (place & 7);
  return { do: "replace", bytes: changed, did: `flipped bit ${place & 7} of byte ${place >>> 3}` };
}

function byte(bytes: Uint8Array, draws: Draws): Verdict {
  const place = draws.below(bytes.length, PLACE);
  const changed = bytes.slice();
  changed[place]! ^= 0xff;
  return { do: "replace", bytes: changed, did: `inverted byte ${place}` };
}

/** Keeps 1 … n-1 of n bytes. */
function truncate(bytes: Uint8Array, draws: Draws): Verdict {
  const kept = 1 + draws.below(bytes.length - 1, PLACE);
  const did = `cut ${bytes.length} bytes to ${kept}`;
  return { do: "replace", bytes: bytes.slice(0, kept), did };
}

function garbage(bytes: Uint8Array, draws: Draws): Verdict {
  const changed = new Uint8Array(bytes.length);
  let same = true;
  let word = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    word = (at & 3) === 0 ? draws.uint32(GARBAGE + (at >>> 2)) : word >>> 8;
    changed[at] = word;
    same &&= changed[at] === bytes[at];
  }
  // A short unit may be drawn as it was; a fault that fired must show.
  if (same) changed[0]! ^= 0xff;
  return { do: "replace", bytes: changed, did: `replaced ${bytes.length} bytes by noise` };
}
