/**
 * A byte stream as lines, as they come.
 *
 * Each line is given out as soon as its newline is here, so a pipe that is typed into works. A
 * line has a limit: a stream without newlines must not fill the memory. Not node:readline, which
 * has no limit and would turn bytes that are not text into something that was never sent.
 */
import { ToolError } from "../exit.ts";

/** Longest line: the largest payload that a frame takes by default. */
export const LINE_BYTES_MAX = 1_048_576;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

function decodeLine(bytes: Uint8Array, number: number, from: string): string {
  const end = bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(0, end),
    );
  } catch (error) {
    throw new ToolError(`Cannot read line ${number} of ${from}: it is not UTF-8 text`, {
      cause: error,
    });
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

/**
 * The lines of a byte stream without their line ends (LF or CRLF).
 *
 * @param from what is read, for refusals: `standard input`
 * @throws ToolError for a line that is too long or not UTF-8
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array | string>,
  from: string,
  lineBytesMax: number = LINE_BYTES_MAX,
): AsyncGenerator<string, void, void> {
  let rest: Uint8Array = new Uint8Array(0);
  let number = 1;
  for await (const chunk of source) {
    let bytes = joined(rest, typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE)) {
      if (at > lineBytesMax) break;
      yield decodeLine(bytes.subarray(0, at), number, from);
      number += 1;
      bytes = bytes.subarray(at + 1);
    }
    if (bytes.length > lineBytesMax) {
      throw new ToolError(
        `Cannot read line ${number} of ${from}: it is longer than ${lineBytesMax} bytes`,
      );
    }
    rest = bytes;
  }
  if (rest.length > 0) yield decodeLine(rest, number, from);
}
