import fc from "fast-check";
import { expect, test } from "vitest";
import { sessionFromHex, sessionToHex } from "../src/index.ts";
import "./support.ts";

test("a session id goes to 16 hex digits and back", () => {
  const uint32 = fc.nat({ max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.record({ high: uint32, low: uint32 }), (session) => {
      const hex = sessionToHex(session);
      expect(hex).toMatch(/^[0-9a-f]{16}$/);
      expect([sessionFromHex(hex), sessionFromHex(hex.toUpperCase())]).toEqual([session, session]);
    }),
  );
});

test.each(["", "0123", "0123456789abcdeg", "0x23456789abcdef", "0123456789abcdef0"])(
  "what is no session id gives none: %j",
  (text) => {
    expect(sessionFromHex(text)).toBeUndefined();
  },
);
