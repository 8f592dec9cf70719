/**
 * The app on a real port: node:http in front, nothing of the experiment behind.
 *
 * What never reaches the app because it is not HTTP, or not in time, is answered here, in the
 * same form as everything else.
 */

import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { Limits } from "../limits.ts";
import { type ConnectionLimits, Connections } from "./connections.ts";
import {
  makeProblem,
  PROBLEM_MEDIA_TYPE,
  type ProblemCode,
  ProblemError,
  problemResponse,
} from "../problem.ts";

/** So often at least connections are looked through for requests that are late. */
const CHECK_EVERY_MS_MAX = 5000;

/** Refused or unusable address; match on `code`. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  /** The system's own word: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …; or ours: `NO_TOKENS`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes the server of an app; it does not listen yet. */
export function makeHttpServer(
  app: Hono,
  limits: Pick<Limits, "connectionsMax" | "requestMsMax"> & ConnectionLimits,
): Server {
  const { connectionsMax, requestMsMax } = limits;
  const connections = new Connections(limits);
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: () => problemResponse(new ProblemError("malformed-request", UNREADABLE)),
  });
  const checkEveryMs = Math.min(CHECK_EVERY_MS_MAX, requestMsMax);
  // A request without a host is refused by the app, in the same form as everything else.
  const options = { requireHostHeader: false, connectionsCheckingInterval: checkEveryMs };
  const server = createServer(options, (request, response) => {
    if (connections.admit(request, response)) void listener(request, response);
  });
  connections.watch(server);
  server.requestTimeout = requestMsMax;
  server.headersTimeout = requestMsMax;
  server.maxConnections = connectionsMax;
  server.on("clientError", refuseClient);
  server.on("connect", (_request: unknown, socket: Duplex) => {
    refuse(socket, "malformed-request", "this is no proxy: it answers to no CONNECT");
  });
  server.on("checkExpectation", (_request: unknown, { socket }: ServerResponse) => {
    if (socket !== null) refuse(socket, "expectation-failed", "of Expect only 100-continue is met");
  });
  return server;
}

/** Starts listening. @throws ListenError */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  try {
    server.listen(port, host, listening.resolve);
    await listening.promise;
  } catch (error) {
    const { code = "UNKNOWN" } = error as NodeJS.ErrnoException;
    const reason = LISTEN_REASONS[code] ?? code;
    throw new ListenError(code, `Cannot listen on ${host}:${port}: ${reason}`, { cause: error });
  }
  server.off("error", listening.reject);
  return server.address() as AddressInfo;
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is already in use",
  EACCES: "no permission for this port",
  EADDRNOTAVAIL: "this machine has no such address",
  // Deno's word for the same.
  EINVAL: "this machine has no such address",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name cannot be looked up",
};

const UNREADABLE = "the request cannot be read as HTTP/1.1";

const CLIENT_ERRORS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["request-timeout", "it must be complete in time (requestMsMax)"],
  HPE_HEADER_OVERFLOW: ["headers-too-large", "its headers are larger than this server reads"],
};

/** What is not HTTP gets one last answer where the socket still takes it, and is closed. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  refuse(socket, ...(CLIENT_ERRORS[error.code ?? ""] ?? ["malformed-request", UNREADABLE]));
}

/** One last answer, past the app. */
function refuse(socket: Duplex, code: ProblemCode, detail: string): void {
  const problem = makeProblem(code, detail);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
