/**
 * What went wrong with TLS, in the words of the Link port.
 *
 * Matched by the runtime's `code`, never by its message: OpenSSL (Node) and rustls (Deno) word them
 * differently, and Deno translates most of its own into Node's codes. The one exception is a refused
 * record, for which Deno has no code. A code that is not known here is `failed`, or whatever the
 * socket beneath calls it.
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
  // Said by the one who found it (DECRYPTION_FAILED_OR_…) and to the one who is told (ALERT_…).
  [/BAD_RECORD_MAC/, "bad-record"],
  [/CERTIFICATE_REQUIRED/, "client-certificate-refused"],
  [
    /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED)/,
    "client-certificate-refused",
  ],
];

/** Deno's code for what rustls says and it has no other for, and the words of a refused record. */
const CATCH_ALL = "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE";
const REFUSED_RECORD = /cannot decrypt peer's message|BadRecordMac/;

/** What a failed TLS socket means for its link; undefined where TLS has nothing to do with it. */
export function tlsErrorOf(error: Error): LinkError | undefined {
  const { code = "" } = error as NodeJS.ErrnoException;
  const { message } = error;
  const verify = VERIFY[code];
  // Behind a semicolon Node gives advice about itself.
  if (verify !== undefined) return { code: verify, message: message.replace(/; if .*$/s, "") };
  const alert = ALERTS.find(([pattern]) => pattern.test(code));
  if (alert !== undefined) return { code: alert[1], message: plain(message) };
  if (code === CATCH_ALL && REFUSED_RECORD.test(message)) return { code: "bad-record", message };
  return code.startsWith("ERR_SSL_") ? { code: "failed", message: plain(message) } : undefined;
}

/** OpenSSL's line without thread, file and line number: `error:0A000119:SSL routines::words`. */
function plain(message: string): string {
  const [, words] = /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):/.exec(message) ?? [];
  return words ?? message.trim();
}
