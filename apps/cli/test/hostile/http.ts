/** Requests that nobody should send, each with the status and the problem it is answered with. */

/** One request as bytes. */
export interface HttpCase {
  readonly name: string;
  readonly send: string | Uint8Array;
  readonly status: number;
  /** The end of the problem's `type`. */
  readonly code: string;
  /** The paths of the errors, for invalid input. */
  readonly errors?: readonly string[];
}

const ENDS = "Host: localhost\r\nConnection: close\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";
const ANY_RUN = `/v1/runs/run_${"0".repeat(32)}`;

const get = (target: string, headers = ""): string =>
  `GET ${target} HTTP/1.1\r\n${ENDS}${headers}\r\n`;
const post = (body: string, headers = JSON_TYPE): string =>
  `POST /v1/runs HTTP/1.1\r\n${ENDS}${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const framed = (headers: string, body: string): string =>
  `POST /v1/runs HTTP/1.1\r\n${ENDS}${JSON_TYPE}${headers}\r\n${body}`;
const spec = (fields: string): string => post(`{"specVersion":1,${fields}}`);

const unreadable = { status: 400, code: "malformed-request" } as const;
const notFound = { status: 404, code: "route-not-found" } as const;
const noRun = { status: 404, code: "run-not-found" } as const;
const misdirected = { status: 421, code: "host-not-allowed" } as const;
const wrongType = { status: 415, code: "unsupported-media-type" } as const;
const invalid = (...errors: string[]) =>
  ({ status: 422, code: "invalid-request", errors }) as const;

/** The table. */
export const HTTP_CASES: readonly HttpCase[] = [
  { name: "no host", send: "GET /v1/health HTTP/1.1\r\nConnection: close\r\n\r\n", ...unreadable },
  { name: "no host, HTTP/1.0", send: "GET /v1/health HTTP/1.0\r\n\r\n", ...unreadable },
  { name: "two hosts", send: get("/v1/health", "Host: evil.example\r\n"), ...misdirected },
  {
    name: "a host of elsewhere (DNS rebinding)",
    send: "GET /v1/runs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ...misdirected,
  },
  { name: "a host in the target", send: get("http://evil.example/v1/health"), ...misdirected },
  {
    name: "a page of elsewhere",
    send: get("/v1/runs", "Origin: https://evil.example\r\n"),
    status: 403,
    code: "origin-not-allowed",
  },
  { name: "a path out of the root", send: get("/../../etc/passwd"), ...notFound },
  { name: "the same, encoded", send: get("/docs/..%2f..%2fpackage.json"), ...notFound },
  { name: "two slashes", send: get("//evil.example/v1/health"), ...notFound },
  { name: "a path for a run", send: get("/v1/runs/..%2f..%2fetc%2fpasswd"), ...noRun },
  { name: "a NUL for a run", send: get("/v1/runs/%00"), ...noRun },
  { name: "half a character for a run", send: get("/v1/runs/%E0%A4%A"), ...noRun },
  { name: "line breaks for a run", send: get("/v1/runs/%0d%0aSet-Cookie:%20a=b"), ...noRun },
  { name: "SQL for a cursor", send: get("/v1/runs?cursor='%20OR%201=1"), ...invalid("/cursor") },
  {
    name: "a limit of 10^20",
    send: get("/v1/runs?limit=99999999999999999999"),
    ...invalid("/limit"),
  },
  { name: "a limit as a list", send: get("/v1/runs?limit[]=1"), ...invalid("/limit[]") },
  { name: "a parameter __proto__", send: get("/v1/runs?__proto__=1"), ...invalid("/__proto__") },
  {
    name: "an event id that is a path",
    send: get(`${ANY_RUN}/events`, "Last-Event-ID: ../1\r\n"),
    ...noRun,
  },
  {
    name: "TRACE",
    send: `TRACE /v1/health HTTP/1.1\r\n${ENDS}\r\n`,
    status: 405,
    code: "method-not-allowed",
  },
  { name: "CONNECT", send: `CONNECT evil.example:443 HTTP/1.1\r\n${ENDS}\r\n`, ...unreadable },
  { name: "HTTP/2", send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ...unreadable },
  { name: "TLS", send: new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), ...unreadable },
  {
    name: "both lengths (request smuggling)",
    send: framed("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    ...unreadable,
  },
  {
    name: "two lengths",
    send: framed("Content-Length: 2\r\nContent-Length: 3\r\n", "{} "),
    ...unreadable,
  },
  { name: "a negative length", send: framed("Content-Length: -1\r\n", "{}"), ...unreadable },
  {
    name: "a length of 10 GB",
    send: framed("Content-Length: 9999999999\r\n", "{}"),
    status: 413,
    code: "body-too-large",
  },
  {
    name: "a chunk of no size",
    send: framed("Transfer-Encoding: chunked\r\n", "ZZ\r\n{}\r\n0\r\n\r\n"),
    ...unreadable,
  },
  {
    name: "an expectation nobody has",
    send: framed("Expect: bananas\r\nContent-Length: 2\r\n", "{}"),
    status: 417,
    code: "expectation-failed",
  },
  {
    name: "a header of 20 KB",
    send: get("/v1/health", `X: ${"a".repeat(20_000)}\r\n`),
    status: 431,
    code: "headers-too-large",
  },
  { name: "a control character", send: get("/v1/health", "X: a\u0001b\r\n"), ...unreadable },
  {
    name: "a compressed body",
    send: post("\u001f\u008b", `${JSON_TYPE}Content-Encoding: gzip\r\n`),
    ...wrongType,
  },
  {
    name: "a body compressed twice",
    send: post("{}", `${JSON_TYPE}Content-Encoding: identity, br\r\n`),
    ...wrongType,
  },
  { name: "a form", send: post("scenario=loss", "Content-Type: text/plain\r\n"), ...wrongType },
  {
    name: "UTF-16",
    send: post("{}", "Content-Type: application/json; charset=utf-16\r\n"),
    ...wrongType,
  },
  { name: "half a document", send: post('{"specVersion":'), status: 400, code: "malformed-json" },
  {
    name: "ten thousand brackets",
    send: post("[".repeat(10_000) + "]".repeat(10_000)),
    ...invalid("/0".repeat(32)),
  },
  { name: "a key __proto__", send: spec('"__proto__":{"seed":1}'), ...invalid("/__proto__") },
  {
    name: "a key constructor",
    send: spec('"constructor":{"prototype":{"polluted":1}}'),
    ...invalid("/constructor"),
  },
  {
    name: "a fault named __proto__",
    send: spec('"faults":[{"id":"__proto__","kind":"loss"}]'),
    ...invalid("/faults/0/id"),
  },
  {
    name: "a fault of the kind toString",
    send: spec('"faults":[{"id":"a","kind":"toString"}]'),
    ...invalid("/faults/0/kind"),
  },
  {
    name: "a metric through the prototype",
    send: spec('"assert":[{"metric":"__proto__.x","op":">=","value":1}]'),
    ...invalid("/assert/0/metric"),
  },
  { name: "a scenario __proto__", send: post('{"scenario":"__proto__"}'), ...invalid("/scenario") },
  { name: "a kind __proto__", send: post('{"kind":"__proto__"}'), ...invalid("/kind") },
  { name: "a seed of 2^53", send: spec('"seed":9007199254740992'), ...invalid("/seed") },
  { name: "a seed of 1e999", send: spec('"seed":1e999'), ...invalid("/seed") },
  {
    name: "a seed of 100 000 digits",
    send: spec(`"seed":${"9".repeat(100_000)}`),
    ...invalid("/seed"),
  },
  {
    name: "10^15 messages",
    send: spec('"workload":{"messages":1000000000000000}'),
    ...invalid("/workload/messages"),
  },
  {
    name: "half a surrogate pair in the name",
    send: spec('"name":"\\ud800"'),
    ...invalid("/name"),
  },
  {
    name: "an idempotency key of a kilobyte",
    send: post("{}", `${JSON_TYPE}Idempotency-Key: ${"k".repeat(1024)}\r\n`),
    ...invalid("/idempotency-key"),
  },
];
