/**
 * What can be said about TLS, and what is refused before a thread is started.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";

/** Who a server is, and whom it lets in. Certificates and keys are PEM. */
export interface ServerTlsOptions {
  readonly cert: string;
  readonly key: string;
  /**
   * Who may have signed a client's certificate. Where given, a client must have one.
   *
   * @default null: clients need none
   */
  readonly clientCa?: string | readonly string[] | null;
  /**
   * The clients let in, by the SHA-256 fingerprints of their certificates: hex pairs with colons.
   * One that is taken off the list is out, whatever its certificate says.
   *
   * @default null: every client with a certificate signed by `clientCa`
   */
  readonly clients?: readonly string[] | null;
  /** The application protocol that both ends must name (ALPN). @default "faultline/1" */
  readonly alpn?: string;
}

/** The options, complete, as they cross to the workers. */
export interface TlsSetup {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | readonly string[] | null;
  readonly clients: readonly string[] | null;
  readonly alpn: string | undefined;
  /** What seals session tickets, so that every worker can open them; undefined: each its own. */
  readonly ticketKeys: Uint8Array | undefined;
}

const FINGERPRINT = /^(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/;

/**
 * Options that make sense together, complete but for ticket keys.
 *
 * @throws {RangeError} naming the option and its rule; no key or certificate is in the message.
 */
export function completeTls(options: ServerTlsOptions): TlsSetup {
  const { cert, key, clientCa = null, clients = null, alpn } = options;
  if (clients !== null && clientCa === null) {
    refuse("clients", "left out where clientCa is: nobody would have to show a certificate");
  }
  checkPem(options);
  if (clientCa !== null) checkAuthorities(clientCa);
  if (alpn !== undefined && (alpn === "" || alpn.length > 255)) {
    refuse("alpn", "a text of 1 to 255 characters");
  }
  const listed = clients === null ? null : checkClients(clients);
  return { cert, key, clientCa, clients: listed, alpn, ticketKeys: undefined };
}

/**
 * Fingerprints as they are compared.
 *
 * @throws {RangeError} where one is none.
 */
export function checkClients(clients: readonly string[]): string[] {
  const wrong = clients.find((client) => !FINGERPRINT.test(client));
  if (wrong === undefined) return clients.map((client) => client.toUpperCase());
  return refuse("clients", `SHA-256 fingerprints, 32 hex pairs with colons: got "${wrong}"`);
}

function checkPem({ cert, key }: ServerTlsOptions): void {
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error();
  } catch {
    refuse("cert", "a certificate as PEM, and key its private key as PEM");
  }
}

function checkAuthorities(clientCa: string | readonly string[]): void {
  try {
    for (const one of typeof clientCa === "string" ? [clientCa] : clientCa) {
      void new X509Certificate(one).subject;
    }
  } catch {
    refuse("clientCa", "one or several certificates as PEM");
  }
}

function refuse(setting: string, rule: string): never {
  throw new RangeError(`Cannot start the server as "tls.${setting}" must be ${rule}`);
}
