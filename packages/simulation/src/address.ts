/**
 * Where a listener is: the name of a node and a port, written `node:port`.
 */
import { settingRefusal } from "@faultline/protocol";
import { integerOf } from "./limits.ts";

/** Largest port. */
export const PORT_MAX = 65_535;
/** First and number of the ports given out to those who name none (RFC 6335 §6). */
export const PORT_EPHEMERAL_MIN = 49_152;
/** How many ports are given out to those who name none. */
export const PORTS_EPHEMERAL: number = PORT_MAX - PORT_EPHEMERAL_MIN + 1;

/** A listener's place. */
export interface Address {
  /** Name of the node. */
  readonly host: string;
  readonly port: number;
}

/** How bytes travel between two nodes. */
export type LinkKind = "stream" | "datagram";

/** `node:port`. */
export function addressText(host: string, port: number): string {
  return `${host}:${port}`;
}

/** @throws TypeError, RangeError where it is no port of 1 to 65535. */
export function portOf(doing: string, value: number): number {
  return integerOf({ doing, name: "port", value }, 1, PORT_MAX);
}

/** @throws RangeError where it is empty or holds a colon. */
export function nodeNameOf(value: string): string {
  if (/^[^\s:>]+$/.test(value)) return value;
  const rule = "a name without blanks, colons and >";
  throw new RangeError(settingRefusal({ doing: "make a node", name: "name", value }, rule));
}
