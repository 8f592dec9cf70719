/** The digest and the hash of bytes: pinned, and sensitive to every bit. */
import type { Link } from "@faultline/protocol";
import { payloads } from "@faultline/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Simulation } from "../src/index.ts";
import { Digest, hashBytes } from "../src/digest.ts";

test("the hash of bytes is the same for ever", () => {
  const inputs = [0, 1, 2, 3, 4, 5, 63, 64, 1000].map((size) =>
    new Uint8Array(size).map((_, index) => index * 37),
  );
  const digest = new Digest();
  for (const bytes of inputs) digest.add(hashBytes(bytes));
  expect(digest.toString()).toMatchInlineSnapshot(`"113465d455f2cfd6"`);
});

test("one flipped bit changes the hash", () => {
  fc.assert(
    fc.property(payloads(80), fc.nat(), (bytes, place) => {
      fc.pre(bytes.length > 0);
      const other = bytes.slice();
      const bit = place % (bytes.length * 8);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(hashBytes(other)).not.toBe(hashBytes(bytes));
    }),
  );
});

test("zeros of another length hash otherwise", () => {
  const hashes = Array.from({ length: 40 }, (_, size) => hashBytes(new Uint8Array(size)));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("the order of words matters, and so does every one of them", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), fc.nat(), (words, at) => {
      const digestOf = (list: readonly number[]): string => {
        const digest = new Digest();
        for (const word of list) digest.add(word);
        return digest.toString();
      };
      const changed = words.with(at % words.length, (words[at % words.length] ?? 0) ^ 1);
      expect(digestOf(changed)).not.toBe(digestOf(words));
      expect(digestOf([...words, 0])).not.toBe(digestOf(words));
    }),
  );
});

/** Two nodes, one link between them; what happens at 500 us is left to `act`. */
function digestWith(
  kind: "datagram" | "stream",
  act: (link: Link, simulation: Simulation) => void,
) {
  const simulation = new Simulation({ seed: 1, link: { mtuBytes: 100 } });
  for (const name of ["client", "server"]) simulation.addNode(name);
  const ignore = { onOpen() {}, onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };
  simulation.listen("server", { port: 7000, kind }, () => ignore);
  const link = simulation.dialer("client", { host: "server", port: 7000, kind }).dial(ignore);
  simulation.at(500, () => act(link, simulation));
  simulation.run({ timeUs: 1_000 });
  return simulation.digest;
}

test("a packet that never arrives is in the digest, though it is no event", () => {
  const cut = (simulation: Simulation): void => simulation.partition("client", "server");
  const quiet = digestWith("datagram", (_, simulation) => cut(simulation));
  const sent = digestWith("datagram", (link, simulation) => {
    cut(simulation);
    link.send(new Uint8Array(1));
  });
  const oversized = digestWith("datagram", (link) => link.send(new Uint8Array(101)));
  expect(sent).not.toBe(quiet);
  expect(oversized).not.toBe(quiet);
  const silent = digestWith("stream", (_, simulation) => cut(simulation));
  const reset = digestWith("stream", (link, simulation) => {
    cut(simulation);
    link.reset();
  });
  expect(reset).not.toBe(silent);
});

test("one bit of a packet, and one microsecond of an event, change the digest", () => {
  const sent = (byte: number, atUs = 500) =>
    digestWith("datagram", (link, simulation) => {
      const send = (): void => void link.send(new Uint8Array([1, 2, byte]));
      if (atUs === 500) send();
      else simulation.at(atUs, send);
    });
  expect(new Set([sent(3), sent(2), sent(3, 501), sent(3, 502)]).size).toBe(4);
});
