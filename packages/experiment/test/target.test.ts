/** A run cannot be aimed at anybody: no spec can say it, and no dialer is made for it. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { specSchema } from "../src/index.ts";
import { checkTarget } from "../src/run/target.ts";

/** The names of all fields anywhere in a JSON Schema. */
function fieldNames(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]) =>
    key === "properties" && typeof inner === "object" && inner !== null
      ? [...Object.keys(inner), ...Object.values(inner).flatMap(fieldNames)]
      : fieldNames(inner),
  );
}

test("no field of a spec names a place on a network", () => {
  const names = fieldNames(z.toJSONSchema(specSchema, { io: "input", unrepresentable: "any" }));
  expect(names).toContain("transport");
  const places =
    /^(?:address|addresses|host|hosts|hostname|ip|origin|peer|proxy|remote|target|targets|uri|url)$/i;
  expect(names.filter((name) => places.test(name))).toEqual([]);
});

describe("a dialer is made", () => {
  test.each(["127.0.0.1", "127.255.0.9", "::1"])("for %s", (host) => {
    expect(() => checkTarget(host)).not.toThrow();
  });

  test("for a host that was allowed, as it was written", () => {
    expect(() => checkTarget("192.0.2.1", ["192.0.2.1"])).not.toThrow();
    expect(() => checkTarget("192.0.2.11", ["192.0.2.1"])).toThrow("this machine only");
  });

  test.each([
    "192.0.2.1",
    "0.0.0.0",
    "::",
    "128.0.0.1",
    "::ffff:192.0.2.1",
    "fe80::1",
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.1",
    "0x7f000001",
    "2130706433",
    "",
    "127.0.0.1\n192.0.2.1",
  ])("never for %j", (host) => {
    expect(() => checkTarget(host)).toThrow(
      expect.objectContaining({ code: "target-refused" }) as Error,
    );
  });
});
