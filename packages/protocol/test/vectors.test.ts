import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as protocol from "../src/index.ts";
import type { ChecksumName, Frame, FrameLimits, PipeItem } from "../src/index.ts";
import { readAll } from "./support.ts";

/** The parts of vectors.json, as the README of the package explains them. */
interface Vectors {
  readonly checksums: readonly { checksum: ChecksumName; input: string; value: string }[];
  readonly frames: readonly {
    name: string;
    bytes: string;
    frame: Omit<Frame, "session" | "payload"> & { session: string; payload: string };
  }[];
  readonly signedFrames: readonly {
    name: string;
    secret: string;
    side: "client" | "server";
    bytes: string;
    frame: Omit<Frame, "session" | "payload"> & { session: string; payload: string };
  }[];
  readonly refusals: readonly {
    name: string;
    bytes: string;
    options?: Partial<FrameLimits>;
    refused: string;
    fatal: boolean;
    headerTrusted: boolean;
  }[];
  readonly pipeDatagrams: readonly { name: string; bytes: string; item: Item }[];
  readonly pipeStreams: readonly {
    name: string;
    chunks: readonly string[];
    items: readonly Item[];
    settled: readonly Item[];
    pending: number;
  }[];
}
interface Item {
  readonly kind: PipeItem["kind"];
  readonly body?: string;
  readonly bytes?: string;
}

const { checksums, decodeDatagram, decodePipeDatagram, encodeFrame, encodePipe, PipeDecoder } =
  protocol;
const folder = new URL("..", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("vectors.json", folder), "utf8")) as Vectors;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

function plain(item: PipeItem): Item {
  if (item.kind === "message") return { kind: item.kind, body: hex(item.body) };
  return item.kind === "corrupt" ? { kind: item.kind, bytes: hex(item.bytes) } : item;
}

function readPipe(decoder: protocol.PipeDecoder): Item[] {
  const items: Item[] = [];
  for (let item = decoder.next(); item !== undefined; item = decoder.next())
    items.push(plain(item));
  return items;
}

describe("the golden vectors hold", () => {
  test.each(vectors.checksums)("$checksum of $input", ({ checksum, input, value }) => {
    expect(hex(checksums[checksum].compute(unhex(input)))).toBe(value);
  });

  test.each(vectors.frames)("frame: $name", ({ bytes, frame }) => {
    const session = protocol.sessionFromHex(frame.session)!;
    const expected: Frame = { ...frame, session, payload: unhex(frame.payload) };
    expect(hex(encodeFrame(expected))).toBe(bytes);
    expect(decodeDatagram(unhex(bytes))).toEqual(expected);
    expect(readAll([unhex(bytes)])).toEqual([expected]);
  });

  test.each(vectors.signedFrames)("signed frame: $name", ({ secret, side, bytes, frame }) => {
    const keys = [{ id: "lab", secret: unhex(secret) }];
    const session = protocol.sessionFromHex(frame.session)!;
    const expected: Frame = { ...frame, session, payload: unhex(frame.payload) };
    const signer = protocol.createFrameKeys({ keys, side });
    expect(hex(encodeFrame(expected, signer))).toBe(bytes);
    const other = side === "client" ? "server" : "client";
    const checker = protocol.createFrameKeys({ keys, side: other });
    expect(decodeDatagram(unhex(bytes), { keys: checker })).toEqual(expected);
  });

  test.each(vectors.refusals)(
    "refusal: $name",
    ({ bytes, options, refused, fatal, headerTrusted }) => {
      const refusal = decodeDatagram(unhex(bytes), options);
      expect(refusal).toMatchObject({ refused, fatal });
      expect((refusal as protocol.Refusal).header !== undefined).toBe(headerTrusted);
    },
  );

  test.each(vectors.pipeDatagrams)("pipe datagram: $name", ({ bytes, item }) => {
    expect(plain(decodePipeDatagram(unhex(bytes)))).toEqual(item);
    // A message is encoded as it came, but for the line end that a tool may have added.
    if (item.body !== undefined) expect(bytes).toContain(hex(encodePipe(unhex(item.body))));
  });

  test.each(vectors.pipeStreams)("pipe stream: $name", ({ chunks, items, settled, pending }) => {
    const decoder = new PipeDecoder();
    const read = chunks.flatMap((chunk) => {
      decoder.push(unhex(chunk));
      return readPipe(decoder);
    });
    expect(read).toEqual(items);
    decoder.settle();
    expect(readPipe(decoder)).toEqual(settled);
    expect(decoder.bufferedBytes).toBe(pending);
  });
});

test("the example of the README runs and prints what it says", () => {
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const body = example.replace(
    /import (\{[\s\S]*?\}) from "@faultline\/protocol";/,
    "const $1 = protocol;",
  );
  const printed: string[] = [];
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is ours, from this package
  const run = new Function("protocol", "console", body) as (...given: unknown[]) => void;
  run(protocol, { log: (text: string) => printed.push(text) });
  const said = [...example.matchAll(/console\.log\(.*\/\/ (.*)/g)].map((match) => match[1]);
  expect(printed).toEqual(said);
  expect(printed).not.toEqual([]);
});
