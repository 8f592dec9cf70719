/**
 * Who called, read from a stack: a name and a place a person can open.
 *
 * V8 writes the stack as text, and the three runtimes we run on are V8. Where it tells nothing (a
 * stack limit of 0, a foreign format) the answer says so; a guess would send people to the wrong file.
 */

/** Frames of the runtime itself: `node:internal/…` in Node, `ext:…` in Deno. */
const RUNTIME_FRAME = /(?:^|\()(?:node:|ext:|internal\/)/;

/** Frames kept while the stack is taken: a caller may lie behind the runtime's own. */
const FRAMES = 24;

const UNKNOWN = "an unknown caller";

/** The frames above `callee`, the nearest first, each as `name (place)` or `place`. */
export function framesAbove(callee: (...args: never[]) => unknown): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, callee);
  Error.stackTraceLimit = limit;
  return (at.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) =>
      line
        .trim()
        .slice("at ".length)
        .replace(/^async /, ""),
    );
}

/** Whether the nearest of these frames is the runtime's own. */
export function isRuntimes(frames: readonly string[]): boolean {
  return RUNTIME_FRAME.test(frames[0] ?? "");
}

/** The nearest frame that is not the runtime's, in words. */
export function callerOf(frames: readonly string[]): string {
  return frames.find((frame) => !RUNTIME_FRAME.test(frame)) ?? UNKNOWN;
}
