/**
 * What can go wrong with a whole server, as opposed to what peers send it.
 *
 * Match on `code`, never on the message or the class. A wrong option is not in here: that is a
 * RangeError or TypeError of the call that got it.
 */

/**
 * `port-in-use`          another process, or another server of this one, listens there
 * `no-permission`        the operating system does not let this user listen there
 * `address-unavailable`  the host is no address of this machine
 * `listen-failed`        listening failed for another reason: see `cause`
 * `data-locked`          another server uses the data folder
 * `data-corrupt`         a journal in the data folder is damaged; the message says which, and where
 * `data-mismatch`        the data folder is of a server with another responder
 * `data-lost`            a journal was removed while the server was running
 * `data-failed`          the data folder cannot be used for another reason: see `cause`
 * `worker-failed`        a worker thread did not start, or workers crashed too often
 * `closed`               the server has been closed
 */
export type ServerErrorCode =
  | "port-in-use"
  | "no-permission"
  | "address-unavailable"
  | "listen-failed"
  | "data-locked"
  | "data-corrupt"
  | "data-failed"
  | "data-lost"
  | "data-mismatch"
  | "worker-failed"
  | "closed";

/** A server that could not start or go on. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The word for what the operating system said about listening. */
export function listenErrorCode(error: unknown): ServerErrorCode {
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return "port-in-use";
    case "EACCES":
    case "EPERM":
      return "no-permission";
    case "EADDRNOTAVAIL":
    case "EINVAL": // what Deno makes of it
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "address-unavailable";
    default:
      return "listen-failed";
  }
}

/** One clear line about a port that could not be had. */
export function listenMessage(
  transport: "tcp" | "udp" | "tls",
  host: string,
  port: number,
  error: unknown,
): string {
  const place = `${transport} ${hostPort(host, port)}`;
  const code = listenErrorCode(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (code === "port-in-use") return `Cannot listen on ${place}: the port is in use.`;
  if (code === "no-permission") return `Cannot listen on ${place}: not permitted.`;
  if (code === "address-unavailable") {
    return `Cannot listen on ${place}: this machine has no such address.`;
  }
  return `Cannot listen on ${place}: ${detail}`;
}

/** `host:port`, with an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The operating system's word, such as `ECONNRESET`; undefined where there is none. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
