/**
 * Is this client let in? What its certificate says, and whether it is on the list.
 *
 * The engine verifies the signatures and says whether they hold; here it gets a word for it, so
 * that the log says the same in every runtime. A session that was taken up again is asked as if it
 * were new: it carries the certificate it began with, which may be off the list by now.
 */
import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ServerRefusalCode } from "./event.ts";

/** Whom a server lets in. */
export interface ClientTrust {
  /** Whether a client must show a certificate at all. */
  readonly required: boolean;
  /** Fingerprints let in; null: everybody's whose certificate holds. */
  readonly clients: ReadonlySet<string> | null;
}

/** Why a client is not let in. */
export interface ClientRefusal {
  readonly code: ServerRefusalCode;
  readonly message: string;
}

/**
 * Undefined where the client is let in.
 *
 * @param nowMs ms since 1970
 */
export function judgeClient(
  socket: Pick<TLSSocket, "authorized" | "getPeerCertificate">,
  trust: ClientTrust,
  nowMs: number,
): ClientRefusal | undefined {
  if (!trust.required) return undefined;
  const certificate = certificateOf(socket);
  if (certificate === undefined) {
    return { code: "client-certificate-missing", message: "The client shows no certificate." };
  }
  const who = JSON.stringify(certificate.subject.slice(0, 200));
  if (nowMs > certificate.validToDate.getTime()) {
    return {
      code: "client-certificate-expired",
      message: `The certificate of ${who} has expired.`,
    };
  }
  if (nowMs < certificate.validFromDate.getTime()) {
    const message = `The certificate of ${who} is not valid yet.`;
    return { code: "client-certificate-not-yet-valid", message };
  }
  if (!socket.authorized) {
    const message = `The certificate of ${who} is signed by nobody whom this server trusts.`;
    return { code: "client-certificate-untrusted", message };
  }
  if (trust.clients?.has(certificate.fingerprint256) === false) {
    const message = `The certificate of ${who} is not on the list of clients.`;
    return { code: "client-certificate-removed", message };
  }
  return undefined;
}

/** The fingerprint of the client's certificate; undefined where it showed none. */
export function fingerprintOf(socket: Pick<TLSSocket, "getPeerCertificate">): string | undefined {
  return certificateOf(socket)?.fingerprint256;
}

function certificateOf(socket: Pick<TLSSocket, "getPeerCertificate">): X509Certificate | undefined {
  // Empty, or null in spite of its type, where there is none.
  const raw = (socket.getPeerCertificate() as { raw?: Uint8Array } | null)?.raw;
  return raw === undefined ? undefined : new X509Certificate(raw);
}
