/**
 * Links over TLS 1.3: node:tls over a socket of our own, behind the Link port.
 *
 *   tlsDialer ─► net.connect ─► Wire ─► tls.connect ─► handshake ─► onOpen
 *
 * The server's certificate is verified, its name too, and there is no option not to. Both ends must
 * name the same application protocol. A session is taken up again where server and runtime can, one
 * ticket for one connection (RFC 8446 appendix C.4), never with early data: what a stranger could
 * send twice must not be an operation. A stream that was cut is a failure here, not an end.
 */
import type { Socket } from "node:net";
import { connect, isIP } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect as connectTls, createSecureContext } from "node:tls";
import type { Clock, Dialer, LinkEvents, WireTap } from "@faultline/protocol";
import { TLS_PROTOCOL_ID, TLS_VERSION, Wire } from "@faultline/tls";
import { durationUsOf, refusal } from "./checks.ts";
import { systemClock } from "./clock.ts";
import type { Endpoint, EndpointOptions } from "./endpoint.ts";
import { endpointOf } from "./endpoint.ts";
import { TlsLink } from "./tls-link.ts";

/** Where to connect to, whom to trust and who we are. Certificates and keys are PEM. */
export interface TlsDialerOptions extends EndpointOptions {
  /** Who may have signed the server's certificate. @default whom the runtime trusts */
  readonly ca?: string | readonly string[];
  /** Our own certificate, where the server asks for one; with its `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must be for. @default `host` */
  readonly servername?: string;
  /** The application protocol that both ends must name (ALPN). @default "faultline/1" */
  readonly alpn?: string;
  /**
   * How long the handshake may take, from the open connection on. Above it the dial fails.
   *
   * @default 10_000: what a server of ours grants
   */
  readonly handshakeTimeoutMs?: number;
  /** Idle time before the kernel probes the peer. @default 30_000 */
  readonly keepAliveMs?: number;
  /** Measures the handshake. @default the machine's */
  readonly clock?: Clock;
  /** Is told the encrypted bytes and, where the runtime tells them, the secrets of each session. */
  readonly tap?: WireTap;
}

/** What one read takes at most: what Node itself reads at once. */
const READ_BYTES = 65_536;
/** Tickets kept for later connections; a server hands out two for each. */
const TICKETS_MAX = 8;

/**
 * Dials one endpoint with TLS.
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had; the runtime's
 *   own error where `ca`, `cert` or `key` are no PEM, or do not belong together.
 *
 * @example
 * ```ts
 * const dialer = tlsDialer({ port: 7443, ca: await readFile("certs/ca.pem", "utf8") });
 * ```
 */
export function tlsDialer(options: TlsDialerOptions): Dialer {
  const endpoint = endpointOf(options);
  const { alpn = TLS_PROTOCOL_ID, clock = systemClock(), tap } = options;
  const servername = nameOf(options.servername ?? endpoint.host, "servername");
  const secure = secureOptions({ ...options, alpn: nameOf(alpn, "alpn") }, servername);
  const keepAliveInitialDelay = Math.ceil(timeOf(options, "keepAliveMs", 30_000) / 1000);
  const handshakeTimeoutUs = timeOf(options, "handshakeTimeoutMs", 10_000);
  const tickets: Buffer[] = [];
  return {
    kind: "stream",
    dial(events: LinkEvents) {
      const remote = `${endpoint.host}:${endpoint.port}`;
      const link = new TlsLink(events, { remote, alpn, clock, handshakeTimeoutUs, tap });
      const wire = dialWire(endpoint, keepAliveInitialDelay);
      link.open(wire, secured(wire, secure, tickets));
      return link;
    },
  };
}

/** TLS on a wire that is about to connect. */
function secured(wire: Wire, secure: ConnectionOptions, tickets: Buffer[]): TLSSocket {
  const session = tickets.pop();
  const socket = connectTls({ ...secure, socket: wire, ...(session && { session }) });
  socket.on("session", (ticket: Buffer) => {
    if (tickets.length >= TICKETS_MAX) tickets.shift();
    tickets.push(ticket);
  });
  return socket;
}

function dialWire(to: Endpoint, keepAliveInitialDelay: number): Wire {
  const buffer = new Uint8Array(READ_BYTES);
  const read: { wire?: Wire } = {};
  const callback = (bytes: number): boolean => {
    // A copy: not every engine is done with the bytes when the call is over.
    read.wire?.arrive(buffer.slice(0, bytes));
    return true;
  };
  const socket: Socket = connect({
    ...to,
    keepAliveInitialDelay,
    allowHalfOpen: true,
    keepAlive: true,
    noDelay: true,
    onread: { buffer, callback },
  });
  read.wire = new Wire(socket);
  return read.wire;
}

function secureOptions(options: TlsDialerOptions, servername: string): ConnectionOptions {
  const { ca, cert, key, alpn = TLS_PROTOCOL_ID } = options;
  if ((cert === undefined) !== (key === undefined)) {
    const name = cert === undefined ? "cert" : "key";
    throw new TypeError(
      refusal({ doing: "dial", name, value: undefined }, "given with the other of cert and key"),
    );
  }
  const secureContext = createSecureContext({
    ...(ca !== undefined && { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert !== undefined && { cert, key }),
    minVersion: TLS_VERSION,
  });
  return {
    secureContext,
    minVersion: TLS_VERSION,
    rejectUnauthorized: true,
    // What the certificate must be for; an address is no name to be told to the server.
    host: servername,
    servername: isIP(servername) === 0 ? servername : "",
    ALPNProtocols: [alpn],
  };
}

function nameOf(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "" && value.length <= 255) return value;
  throw new TypeError(refusal({ doing: "dial", name, value }, "a text of 1 to 255 characters"));
}

function timeOf(
  options: TlsDialerOptions,
  name: "handshakeTimeoutMs" | "keepAliveMs",
  fallback: number,
): number {
  return durationUsOf({ doing: "dial", name, value: options[name] ?? fallback }, 1);
}
