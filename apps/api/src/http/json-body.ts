/**
 * A request body as JSON, or a refusal: everything that can be wrong with a body before anybody
 * looks at what it says.
 *
 * Bytes are counted while they arrive, so a chunked body without a length is held to the limit
 * as well, and nothing is parsed before it is complete and small. What comes out is plain data
 * with no nesting that could exhaust a stack; a `__proto__` key in it is an ordinary one, which
 * the schemas refuse like any other they do not know.
 */

import type { Limits } from "../limits.ts";
import { invalid, ProblemError } from "../problem.ts";

/** The limits that bodies are held to. */
export type BodyLimits = Pick<Limits, "bodyBytesMax" | "jsonDepthMax">;

const JSON_MEDIA_TYPE = /^application\/(?:[\w!#$&^.+-]+\+)?json$/i;
const POST_ACCEPTS = { "accept-post": "application/json" };

/**
 * Reads a body.
 * @param onBytes is told of the whole body, before anybody knows whether it is any good
 * @throws ProblemError 400, 413, 415 or 422
 */
export async function readJsonBody(
  request: Request,
  limits: BodyLimits,
  onBytes?: (bytes: Uint8Array) => void,
): Promise<unknown> {
  checkMediaType(request.headers);
  const bytes = await readBytes(request, limits.bodyBytesMax);
  onBytes?.(bytes);
  const value = parse(decode(bytes));
  checkDepth(value, limits.jsonDepthMax);
  return value;
}

function checkMediaType(headers: Headers): void {
  const [essence = "", ...parameters] = (headers.get("content-type") ?? "").split(";");
  if (!JSON_MEDIA_TYPE.test(essence.trim())) {
    throw unsupported(`the content type must be application/json: got "${essence.trim()}"`);
  }
  const charset = parameters.map((text) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(text)?.[1]);
  const wrong = charset.find((name) => name !== undefined && !/^utf-?8$/i.test(name));
  if (wrong !== undefined) throw unsupported(`the charset must be utf-8: got "${wrong}"`);
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw unsupported(`the body must not be encoded: got "${encoding}"`);
  }
}

function unsupported(detail: string): ProblemError {
  return new ProblemError("unsupported-media-type", detail, { headers: POST_ACCEPTS });
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch(cutOff);
    if (done) break;
    size += value.byteLength;
    if (size > bytesMax) {
      await reader.cancel();
      throw tooLarge(bytesMax);
    }
    chunks.push(value);
  }
  return concat(chunks, size);
}

/** Only the other end can make reading fail; nobody hears this answer, but the log stays quiet. */
function cutOff(): never {
  throw new ProblemError("malformed-request", "the body ended before it was complete");
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function tooLarge(bytesMax: number): ProblemError {
  return new ProblemError(
    "body-too-large",
    `the body must have at most ${bytesMax} bytes (bodyBytesMax)`,
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError("malformed-json", "the body is not UTF-8");
  }
}

function parse(text: string): unknown {
  if (text.trim() === "") throw new ProblemError("malformed-json", "the body is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError("malformed-json", (error as SyntaxError).message);
  }
}

/** Walks the whole value with a list of its own: the call stack is what the limit protects. */
function checkDepth(root: unknown, depthMax: number): void {
  const open: { value: unknown; path: string; depth: number }[] = [
    { value: root, path: "", depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth >= depthMax) {
      const message = `must be nested at most ${depthMax} deep (jsonDepthMax)`;
      throw invalid([{ path, message }]);
    }
    for (const [key, inner] of Object.entries(value)) {
      const step = key.replaceAll("~", "~0").replaceAll("/", "~1");
      open.push({ value: inner, path: `${path}/${step}`, depth: depth + 1 });
    }
  }
}
