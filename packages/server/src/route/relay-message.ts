/**
 * What two workers say to each other about the links that one has and the other owns.
 *
 * One union for both ways, since each worker is the socket's side for some links and the home of
 * others.
 */
import type { Link, LinkError, LinkEvents, RecordHarm } from "@faultline/protocol";

/** One message between two workers. `id` names the link; the side with the socket gives it. */
export type RelayMessage =
  | {
      readonly relay: "open";
      readonly id: number;
      readonly kind: Link["kind"];
      readonly remote: string;
      readonly local: string;
      readonly messageBytesMax: number | undefined;
      readonly peerKey: string | undefined;
      /** Whether the link can be harmed: `sendHarmed`. */
      readonly records: boolean;
    }
  /** To the home: came off the socket. */
  | { readonly relay: "bytes"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly relay: "end"; readonly id: number }
  | { readonly relay: "closed"; readonly id: number; readonly error: LinkError | undefined }
  /** To the socket: what the conversation does with its link. */
  | { readonly relay: "send"; readonly id: number; readonly bytes: Uint8Array }
  | {
      readonly relay: "harm";
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly harm: RecordHarm;
    }
  | { readonly relay: "pause" | "resume" | "finish" | "reset"; readonly id: number }
  /** Both ways: so many bytes have been dealt with. */
  | {
      readonly relay: "ack";
      readonly to: "leg" | "link";
      readonly id: number;
      readonly bytes: number;
    };

/** What a relay needs. */
export interface RelayOptions {
  post(message: RelayMessage): void;
  /** Owner of a link whose home is here. */
  accept(link: Link): LinkEvents;
  /** Above so many bytes on their way home, a stream is not read from, a datagram dropped. */
  readonly relayBytesMax: number;
  /** A datagram was dropped for it. */
  onDropped(): void;
  /** Above so many bytes on their way to the socket, a link is full. */
  readonly sendQueueBytesMax: number;
}

/** Of the socket's side. */
export type ToHome = Extract<RelayMessage, { relay: "bytes" | "end" | "closed" }>;
/** Of the home's side. */
export type ToSocket = Extract<
  RelayMessage,
  { relay: "send" | "harm" | "pause" | "resume" | "finish" | "reset" }
>;
