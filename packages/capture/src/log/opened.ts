/**
 * Reads back what an `open` record says of its wire.
 */
import type { Wire } from "@faultline/protocol";
import { textOf } from "../text.ts";
import type { LogRecord } from "./record.ts";
import { type Vantage, VANTAGES } from "./wire-log.ts";

/** A wire and where it was watched. */
export interface OpenedWire extends Wire {
  readonly vantage: Vantage;
}

/** The wire that an `open` record tells of. */
export function openedOf({ bytes, atUs }: LogRecord): OpenedWire {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [local = "", remote = ""] = textOf(bytes.subarray(11)).split("\n");
  return {
    vantage: VANTAGES[bytes[0] ?? 0] ?? "wire",
    kind: bytes[1] === 1 ? "stream" : "datagram",
    dialled: bytes[2] === 1,
    startedUs: view.getFloat64(3, true),
    openedUs: atUs,
    local,
    remote,
  };
}
