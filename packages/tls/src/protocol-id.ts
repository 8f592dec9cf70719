/**
 * The words and numbers that both ends of a TLS link must agree on.
 */

/** What both ends must name as their application protocol (ALPN, RFC 7301), or be refused. */
export const TLS_PROTOCOL_ID = "faultline/1";

/** The only version spoken: RFC 8446. Early data is neither offered nor accepted. */
export const TLS_VERSION = "TLSv1.3";
