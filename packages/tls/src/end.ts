/**
 * How a TLS stream ended: by the peer's word, or because somebody cut the connection.
 *
 * close_notify is encrypted and authenticated; a FIN is neither, and anybody on the way can send one
 * (RFC 8446 section 6.1). So an end without it is a failure. The engine says "end" for both; only
 * the order tells them apart: a good end comes while the connection beneath is still open.
 */
import type { TLSSocket } from "node:tls";
import type { LinkError } from "@faultline/protocol";
import type { Wire } from "./wire.ts";

/** What a link is told whose stream was cut. */
export const TRUNCATED: LinkError = {
  code: "truncated",
  message: "the connection ended without close_notify: what came may be cut short",
};

/** Tells an end from a cut; both of its watchers must have been set before bytes come. */
export class EndWatch {
  #isCut = false;

  constructor(wire: Wire, socket: TLSSocket) {
    // First in line: the engine hears of the FIN after this, and so does everybody else.
    wire.prependListener("end", () => {
      this.#isCut = !hasEnd(socket);
    });
  }

  /** Whether the connection beneath ended before the stream did. */
  get isCut(): boolean {
    return this.#isCut;
  }
}

/** Whether the engine has said that the stream is over, though its reader may not have come so far. */
function hasEnd(socket: TLSSocket): boolean {
  const { _readableState: state } = socket as { _readableState?: { readonly ended?: boolean } };
  return socket.readableEnded || state?.ended === true;
}
