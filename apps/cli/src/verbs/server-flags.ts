/**
 * The options of `faultline server` as they come from the command line.
 *
 * Apart from what is done with them, so that the command can be described (help, typing slips)
 * before the server is loaded.
 */

/** The codecs, as options name them. */
export const CODECS = ["frame", "pipe"] as const;
/** The responders, as options name them. */
export const RESPONDERS = ["echo", "receive-only", "counter"] as const;

/** What executed operations survive, as options name it. */
export const DURABILITIES = ["process", "machine"] as const;

/** @see CODECS */
export type Codec = (typeof CODECS)[number];
/** @see RESPONDERS */
export type Responder = (typeof RESPONDERS)[number];

/** @see DURABILITIES */
export type Durability = (typeof DURABILITIES)[number];

/** What the user typed. */
export interface ServerFlags {
  readonly host: string;
  readonly tcp?: number | "off";
  readonly udp?: number | "off";
  readonly tls?: number | "off";
  readonly certs?: string;
  readonly codec?: Codec;
  readonly responder?: Responder;
  readonly scenario?: string;
  readonly spec?: string;
  readonly seed?: number;
  readonly workers?: number;
  readonly keyFile?: string;
  readonly acceptPlain?: boolean;
  readonly data?: string;
  readonly durability?: Durability;
  readonly quiet?: boolean;
  readonly logPayloads?: boolean;
  readonly json?: boolean;
}
