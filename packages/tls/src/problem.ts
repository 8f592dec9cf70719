/**
 * What went wrong with TLS, in the words of the Link port.
 *
 * Matched by the runtime's `code`, never by its message: OpenSSL (Node) and rustls (Deno) word them
 * differently, and Deno translates most of its own into Node's codes. A code that is not known here
 * is `failed`, or whatever the socket beneath calls it.
 */
import type { LinkError } from "@faultline/protocol";

type Code = LinkError["code"];

/** Of the server's certificate, as the client verifies it. */
const VERIFY: Readonly<Record<string, Code>> = {
  CERT_HAS_EXPIRED: "certificate-expired",
  CERT_NOT_YET_VALID: "certificate-not-yet-valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate-wrong-host",
  CERT_CHAIN_TOO_LONG: "certificate-untrusted",
  CERT_REJECTED: "certificate-untrusted",
  CERT_REVOKED: "certificate-untrusted",
  CERT_SIGNATURE_FAILURE: "certificate-untrusted",
  CERT_UNTRUSTED: "certificate-untrusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate-untrusted",
  INVALID_CA: "certificate-untrusted",
  INVALID_PURPOSE: "certificate-untrusted",
  PATH_LENGTH_EXCEEDED: "certificate-untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate-untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "certificate-untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate-untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate-untrusted",
};

/** Of what the peer said in an alert (RFC 8446 section 6.2), or would have to be told in one. */
const ALERTS: readonly (readonly [RegExp, Code])[] = [
  [/NO_APPLICATION_PROTOCOL/, "protocol-mismatch"],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "protocol-mismatch"],
  [/CERTIFICATE_REQUIRED/, "client-certificate-refused"],
  [
    /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED)/,
    "client-certificate-refused",
  ],
];

/** What a failed TLS socket means for its link; undefined where TLS has nothing to do with it. */
export function tlsErrorOf(error: Error): LinkError | undefined {
  const { code = "" } = error as NodeJS.ErrnoException;
  const { message } = error;
  const verify = VERIFY[code];
  if (verify !== undefined) return { code: verify, message };
  const alert = ALERTS.find(([pattern]) => pattern.test(code));
  if (alert !== undefined) return { code: alert[1], message: plain(message) };
  return code.startsWith("ERR_SSL_") ? { code: "failed", message: plain(message) } : undefined;
}

/** OpenSSL's line without thread, file and line number: `error:0A000119:SSL routines::words`. */
function plain(message: string): string {
  const [, words] = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):/.exec(message) ?? [];
  return words ?? message.trim();
}
