import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PipeItem } from "../src/index.ts";
import {
  decodePipeDatagram,
  encodePipe,
  encodePipeError,
  PipeDecoder,
  ProtocolError,
} from "../src/index.ts";
import { bytesOf, cut, joined, textOf } from "./support.ts";

const HEY = "Hey|e4599fa9";

/** An item in one line: what it is, and its text. */
function line(item: PipeItem | undefined): string | undefined {
  if (item?.kind === "message") return `message ${textOf(item.body)}`;
  return item?.kind === "corrupt" ? `corrupt ${textOf(item.bytes)}` : item?.kind;
}

/** Everything that can be read now. */
function read(decoder: PipeDecoder): (string | undefined)[] {
  const items: (string | undefined)[] = [];
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) items.push(line(item));
  return items;
}

/** Pushes the texts one by one, reading after each. */
function feed(decoder: PipeDecoder, ...texts: string[]): (string | undefined)[] {
  return texts.flatMap((text) => {
    decoder.push(bytesOf(text));
    return read(decoder);
  });
}

function settled(decoder: PipeDecoder): (string | undefined)[] {
  decoder.settle();
  return read(decoder);
}

/** Bodies that are not themselves ends of messages, which a stream cannot tell from messages. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ maxLength: 40 }).map(bytesOf),
  fc.string({ maxLength: 20 }).map((text) => bytesOf(`${text}|deadbeef|${text}`)),
);

describe("a message", () => {
  test("Hey travels as Hey|e4599fa9", () => {
    expect(textOf(encodePipe(bytesOf("Hey")))).toBe(HEY);
  });

  test("carries the first 8 hex digits of SHA-1 over its UTF-8", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const digest = createHash("sha1").update(body).digest("hex").slice(0, 8);
        expect(encodePipe(body)).toEqual(joined([body, bytesOf(`|${digest}`)]));
      }),
    );
  });

  test("may be empty, and may contain the separator", () => {
    for (const text of ["", "|", "a|b|c", "x|00000000"]) {
      const sent = encodePipe(bytesOf(text));
      expect(line(decodePipeDatagram(sent))).toBe(`message ${text}`);
      expect(feed(new PipeDecoder(), textOf(sent))).toEqual([`message ${text}`]);
    }
  });

  test("above the limit is not encoded, at the limit it is", () => {
    expect(encodePipe(new Uint8Array(65_536 - 9))).toHaveLength(65_536);
    expect(() => encodePipe(new Uint8Array(65_536 - 8))).toThrow(ProtocolError);
    expect(() => encodePipe(new Uint8Array(92), { pipeBytesMax: 100 })).toThrow(
      expect.objectContaining({ code: "payload-too-large", side: "local" }),
    );
  });
});

describe("a datagram", () => {
  test("holds one message, with or without a line end", () => {
    for (const end of ["", "\n", "\r\n", "\r", "\n\n"]) {
      expect(line(decodePipeDatagram(bytesOf(HEY + end)))).toBe("message Hey");
    }
  });

  test("with error_code is a lost reply", () => {
    expect(decodePipeDatagram(encodePipeError())).toEqual({ kind: "error" });
    expect(decodePipeDatagram(bytesOf("error_code\r\n"))).toEqual({ kind: "error" });
  });

  test.each([
    "",
    "\n",
    "Hey",
    "Hey|e4599fa8",
    "Hey|E4599FA9",
    "Hey|e4599fa9x",
    "H|y|e4599fa9",
    "|e459",
    "error_codes",
    "error-code",
  ])("that fits no checksum is corrupt: %j", (text) => {
    expect(decodePipeDatagram(bytesOf(text))).toEqual({ kind: "corrupt", bytes: bytesOf(text) });
  });

  test("at the limit passes, one byte more is corrupt", () => {
    const limits = { pipeBytesMax: 100 };
    expect(decodePipeDatagram(encodePipe(new Uint8Array(91)), limits).kind).toBe("message");
    expect(decodePipeDatagram(encodePipe(new Uint8Array(92)), limits).kind).toBe("corrupt");
  });

  test("gives back any body it was made of", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(decodePipeDatagram(encodePipe(body))).toEqual({ kind: "message", body });
      }),
    );
  });
});

describe("a stream", () => {
  test("gives the same messages whole, merged, byte by byte and cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(bodies, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("", "\n", "\r\n"),
        fc.integer({ min: 1, max: 40 }),
        (sent, end, size) => {
          const bytes = joined(sent.flatMap((body) => [encodePipe(body), bytesOf(end)]));
          for (const pieces of [[bytes], cut(bytes, [1]), cut(bytes, [size])]) {
            const decoder = new PipeDecoder();
            const items: PipeItem[] = [];
            for (const piece of pieces) {
              decoder.push(piece);
              piece.slice().fill(0);
              for (let item = decoder.next(); item !== undefined; item = decoder.next())
                items.push(item);
            }
            expect(items).toEqual(sent.map((body) => ({ kind: "message", body })));
          }
        },
      ),
    );
  });

  test("copies what it is given, and what it gave stays as it was", () => {
    const decoder = new PipeDecoder();
    const lent = bytesOf(HEY);
    decoder.push(lent);
    lent.fill(0);
    const item = decoder.next();
    decoder.push(bytesOf("x".repeat(100)));
    expect(line(item)).toBe("message Hey");
  });

  test("keeps a line end that belongs to a body, and drops those that follow a message", () => {
    const decoder = new PipeDecoder();
    const own = (text: string): string => textOf(encodePipe(bytesOf(text)));
    expect(feed(decoder, `${own("\nA\n")}\r\n${own("\r\nB")}\n\n\r\n${own("C")}`)).toEqual([
      "message \nA\n",
      "message \r\nB",
      "message C",
    ]);
  });

  test("drops line ends that nothing follows, once it is quiet", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, `${HEY}\r\n`)).toEqual(["message Hey"]);
    expect([settled(decoder), decoder.bufferedBytes]).toEqual([[], 0]);
  });

  test("says error where error_code stands alone, also in pieces and with a line end", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, "error_code")).toEqual(["error"]);
    expect(feed(decoder, "err", "or_co", "de\r\n", HEY)).toEqual(["error", "message Hey"]);
    expect(feed(decoder, "\nerror_code")).toEqual(["error"]);
    expect(feed(decoder, `${"\n".repeat(40)}error_code`)).toEqual([]);
    expect(settled(decoder)).toEqual(["error"]);
  });

  test("tells a body that begins with error_code from the error", () => {
    const text = "error_code is a text";
    expect(feed(new PipeDecoder(), textOf(encodePipe(bytesOf(text))))).toEqual([`message ${text}`]);
  });

  test("takes merged errors apart, once it is quiet", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, `error_codeerror_code\n${HEY}error_code`)).toEqual([]);
    expect(settled(decoder)).toEqual(["error", "error", "message Hey", "error"]);
  });

  test("takes a whole message inside a body for a message: what a stream cannot know", () => {
    const nested = textOf(encodePipe(bytesOf(HEY)));
    const decoder = new PipeDecoder();
    expect(feed(decoder, nested)).toEqual(["message Hey"]);
    expect(line(decodePipeDatagram(bytesOf(nested)))).toBe(`message ${HEY}`);
  });
});

describe("damage on a stream", () => {
  test("waits for silence, then comes out as one corrupt item", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, "H?y|e4599fa9")).toEqual([]);
    expect(settled(decoder)).toEqual(["corrupt H?y|e4599fa9"]);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test("does not swallow the messages before, between and after it", () => {
    const decoder = new PipeDecoder();
    const bad = "H?y|e4599fa9";
    expect(feed(decoder, `${HEY}${bad}${bad}${HEY}\r\n${bad}${HEY}`)).toEqual(["message Hey"]);
    expect(settled(decoder)).toEqual([
      `corrupt ${bad}${bad}`,
      "message Hey",
      `corrupt \r\n${bad}`,
      "message Hey",
    ]);
  });

  test("in a checksum is noticed too, and the next message is found behind it", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, `Hey|e45#9fa9${HEY}`)).toEqual([]);
    expect(settled(decoder)).toEqual(["corrupt Hey|e45#9fa9", "message Hey"]);
    expect(feed(decoder, "Hey|e45#9fa9")).toEqual([]);
    expect(settled(decoder)).toEqual(["corrupt Hey|e45#9fa9"]);
  });

  test("of the separator is noticed by the digits that stay", () => {
    const decoder = new PipeDecoder();
    expect(feed(decoder, "Hey\u0000e4599fa9\n")).toEqual([]);
    expect(settled(decoder)).toEqual(["corrupt Hey\u0000e4599fa9\n"]);
  });

  test("before an error leaves the error", () => {
    const decoder = new PipeDecoder();
    feed(decoder, "H?y|e4599fa9error_code");
    expect(settled(decoder)).toEqual(["corrupt H?y|e4599fa9", "error"]);
  });

  test("a cut message is no damage: it stays until its rest comes", () => {
    const decoder = new PipeDecoder();
    for (const [head, tail] of [
      ["He", "y|e4599fa9"],
      ["Hey|", "e4599fa9"],
      ["Hey|e4599", "fa9"],
    ] as const) {
      expect(feed(decoder, head)).toEqual([]);
      expect(settled(decoder)).toEqual([]);
      expect(feed(decoder, tail)).toEqual(["message Hey"]);
    }
  });

  test("a cut message behind damage and a good message stays alone", () => {
    const decoder = new PipeDecoder();
    feed(decoder, `H?y|e4599fa9${HEY}Hey|e4`);
    expect(settled(decoder)).toEqual(["corrupt H?y|e4599fa9", "message Hey"]);
    expect(decoder.bufferedBytes).toBe(6);
    expect(feed(decoder, "599fa9")).toEqual(["message Hey"]);
  });

  test("flushed, what looks cut is corrupt as well", () => {
    const decoder = new PipeDecoder();
    feed(decoder, "Hey|e4599f");
    decoder.flush();
    expect(read(decoder)).toEqual(["corrupt Hey|e4599f"]);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test("damaged UTF-8 is a body like any other", () => {
    const body = Uint8Array.of(0xff, 0x00, 0xc3, 0x7c, 0x80);
    const decoder = new PipeDecoder();
    decoder.push(encodePipe(body));
    expect(decoder.next()).toEqual({ kind: "message", body });
  });

  test("new bytes end the silence", () => {
    const decoder = new PipeDecoder();
    feed(decoder, "H?y|e4599fa9");
    decoder.settle();
    decoder.push(bytesOf("x"));
    expect(read(decoder)).toEqual([]);
  });

  test("no bit of a message can be flipped unnoticed", () => {
    const good = encodePipe(bytesOf("a message of some length"));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const damaged = good.slice();
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const decoder = new PipeDecoder();
      decoder.push(damaged);
      decoder.flush();
      expect(read(decoder).filter((item) => item?.startsWith("message"))).toEqual([]);
      expect(decodePipeDatagram(damaged).kind).toBe("corrupt");
    }
  });
});

describe("the limit of a stream", () => {
  const limits = { pipeBytesMax: 100 };

  test("lets a message of exactly that size through, even behind a line end", () => {
    const decoder = new PipeDecoder(limits);
    for (const piece of cut(joined([bytesOf("\r\n"), encodePipe(new Uint8Array(91))]), [40])) {
      decoder.push(piece);
    }
    expect([decoder.next()?.kind, decoder.failed]).toEqual(["message", false]);
  });

  test("takes no message of one byte more, and fails where even more comes without one", () => {
    const decoder = new PipeDecoder(limits);
    decoder.push(encodePipe(new Uint8Array(92)));
    expect([decoder.next(), decoder.failed]).toEqual([undefined, false]);
    decoder.push(bytesOf("xx"));
    expect([decoder.next()?.kind, decoder.failed]).toEqual(["corrupt", true]);
  });

  test("ends the decoder: nothing more is taken, kept or given", () => {
    const decoder = new PipeDecoder(limits);
    expect(feed(decoder, "x".repeat(103))).toHaveLength(1);
    expect(feed(decoder, HEY)).toEqual([]);
    expect([decoder.failed, decoder.bufferedBytes]).toEqual([true, 0]);
  });

  test("counts one message, not a chunk of many", () => {
    expect(feed(new PipeDecoder(limits), HEY.repeat(500))).toHaveLength(500);
  });

  test("that is none is refused at construction", () => {
    expect(() => new PipeDecoder({ pipeBytesMax: 8 })).toThrow(
      'Cannot use the pipe codec as "pipeBytesMax" must be an integer of at least 9: got 8',
    );
  });

  // Every `|` is a possible end and a possible beginning: up to 2000 million pairs if all were
  // tried. It is done in some milliseconds, or the test runs into its timeout.
  test.each([
    ["false checksums", "|deadbeef".repeat(7000)],
    ["separators", "|".repeat(65_000) + "deadbeef"],
    ["one end far behind", "|0000000x".repeat(7000) + "|deadbeef"],
    ["line ends", "\n".repeat(60_000) + "|deadbeef"],
  ])(
    "bounds the search behind damage, whatever it is made of: %s",
    (_, text) => {
      const decoder = new PipeDecoder();
      decoder.push(bytesOf(text));
      expect(decoder.next()).toBeUndefined();
      decoder.settle();
      expect(decoder.next()).toMatchObject({ kind: "corrupt", bytes: { length: text.length } });
    },
    2000,
  );
});

test("garbage never throws, and a message is only what was there, letter by letter", () => {
  const scrap = fc.constantFrom(
    "|",
    "|e4599fa9",
    "Hey",
    "\r\n",
    "error_code",
    "|0000",
    "\u00ff",
    "",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(scrap, fc.string({ maxLength: 12 }))),
      fc.integer({ min: 1, max: 30 }),
      (scraps, size) => {
        const bytes = bytesOf(scraps.join(""));
        const decoder = new PipeDecoder({ pipeBytesMax: 200 });
        let itemsRead = 0;
        for (const piece of cut(bytes, [size])) {
          decoder.push(piece);
          decoder.settle();
          for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
            const text = item.kind === "message" ? encodePipe(item.body) : new Uint8Array(0);
            expect(Buffer.from(bytes).includes(text)).toBe(true);
            itemsRead++;
          }
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(202);
        }
        decodePipeDatagram(bytes);
        expect(itemsRead).toBeLessThanOrEqual(bytes.length);
      },
    ),
  );
});
