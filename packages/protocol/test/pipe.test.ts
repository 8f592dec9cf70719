import { expect, test } from "vitest";
import { decodePipeDatagram, encodePipe, PipeDecoder } from "../src/index.ts";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
test("Hey travels as Hey|e4599fa9", () => {
  expect(new TextDecoder().decode(encodePipe(bytes("Hey")))).toBe("Hey|e4599fa9");
  expect(decodePipeDatagram(bytes("Hey|e4599fa9\r\n"))).toEqual({
    kind: "message",
    body: bytes("Hey"),
  });
});
test("merged and damaged messages are told apart by their checksums", () => {
  const d = new PipeDecoder();
  d.push(bytes("Hey|e4599fa9\nHey|e4599fa9H?y|e4599fa9\r\nHey|e4599fa9error_codeHe"));
  const text = () => {
    const i = d.next();
    return (
      i &&
      i.kind +
        ":" +
        new TextDecoder().decode("body" in i ? i.body : "bytes" in i ? i.bytes : undefined)
    );
  };
  expect([text(), text(), text()]).toEqual(["message:Hey", "message:Hey", undefined]);
  d.settle();
  expect([text(), text(), text()]).toEqual(["corrupt:H?y|e4599fa9", "message:Hey", undefined]);
  d.push(bytes("y|e4599fa9"));
  d.settle();
  expect([text(), text(), text()]).toEqual(["error:", "message:Hey", undefined]);
  expect(d.bufferedBytes).toBe(0);
});
