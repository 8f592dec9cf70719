/** The runtimes' codes in the words of the Link port. */
import { expect, test } from "vitest";
import { tlsErrorOf } from "../src/index.ts";

test.each([
  ["CERT_HAS_EXPIRED", "certificate-expired"],
  ["CERT_NOT_YET_VALID", "certificate-not-yet-valid"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "certificate-wrong-host"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate-untrusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "certificate-untrusted"],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "protocol-mismatch"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "protocol-mismatch"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client-certificate-refused"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "client-certificate-refused"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "client-certificate-refused"],
  ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "bad-record"],
  ["ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC", "bad-record"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "failed"],
])("%s is called %s", (code, expected) => {
  expect(tlsErrorOf(Object.assign(new Error("words"), { code }))).toEqual({
    code: expected,
    message: "words",
  });
});

test("a refused record is known by rustls' words where it has no code of its own", () => {
  const code = "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE";
  const named = (message: string) => tlsErrorOf(Object.assign(new Error(message), { code }))?.code;
  expect(named("cannot decrypt peer's message")).toBe("bad-record");
  expect(named("received fatal alert: BadRecordMac")).toBe("bad-record");
  expect(named("received fatal alert: HandshakeFailure")).toBe("failed");
});

test("what the socket beneath says is left to others", () => {
  expect(tlsErrorOf(Object.assign(new Error("gone"), { code: "ECONNRESET" }))).toBeUndefined();
  expect(tlsErrorOf(new Error("without a code"))).toBeUndefined();
});

test("OpenSSL's line is cut down to its words", () => {
  const line =
    "40131C08BE7F0000:error:0A000119:SSL routines:tls_get_more_records:decryption failed or bad record mac:../deps/x.c:918:\n";
  const error = Object.assign(new Error(line), { code: "ERR_SSL_DECRYPTION_FAILED" });
  expect(tlsErrorOf(error)?.message).toBe("decryption failed or bad record mac");
});

test("advice about the runtime itself is left out", () => {
  const message =
    "unable to verify the first certificate; if the root CA is installed locally, try …";
  const error = Object.assign(new Error(message), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  expect(tlsErrorOf(error)?.message).toBe("unable to verify the first certificate");
});
