/**
 * The key log in a capture: every line that has room, never more than half of the file.
 */
import { describe, expect, test } from "vitest";
import { WireLog } from "../src/index.ts";
import { built } from "./support.ts";

const LINES = ["a", "b", "c"].map((one) => `CLIENT_TRAFFIC_SECRET_0 ${one.repeat(75)}`);
/** With the end of the line. */
const LINE_BYTES = 100;

/** A capture of one connection whose secrets were told. */
function captureOf({ bytesMax, secrets = true }: { bytesMax: number; secrets?: boolean }) {
  const chunks: Uint8Array[] = [];
  const log = new WireLog({ bytesMax: 1e6, onChunk: (chunk) => chunks.push(chunk) });
  const tap = log.tap("wire");
  const ends = { local: "127.0.0.1:4711", remote: "127.0.0.1:7" };
  const wire = tap.open({ ...ends, kind: "stream", dialled: true, startedUs: 5, openedUs: 10 });
  for (const [at, line] of LINES.entries()) tap.keyLog(line, 20 + at);
  wire.sent(new Uint8Array(50), 30);
  log.flush();
  const carries = { wire: "codec frame, encrypted", behind: "" };
  const codecs = { wire: undefined, behind: undefined };
  const { file, summary } = built(chunks, { bytesMax, secrets, carries, codecs });
  return { summary, text: Buffer.from(file).toString("latin1") };
}

describe("secrets in a capture", () => {
  test("stand in it line by line, where they are asked for", () => {
    const { summary, text } = captureOf({ bytesMax: 1e6 });
    expect(summary).toMatchObject({ keyLogLines: 3, truncated: false });
    expect(text).toContain(`${LINES.join("\n")}\n`);
    const without = captureOf({ bytesMax: 1e6, secrets: false });
    expect(without.summary.keyLogLines).toBe(0);
    expect(without.text).not.toContain("SECRET");
  });

  test("take half of the file, and not a byte more", () => {
    const bytesMax = 2 * LINES.length * LINE_BYTES;
    expect(captureOf({ bytesMax }).summary.keyLogLines).toBe(3);
    const { summary, text } = captureOf({ bytesMax: bytesMax - 1 });
    expect(summary).toMatchObject({ keyLogLines: 2, truncated: true });
    expect(text).not.toContain(LINES[2]);
  });
});
