/** A private authority: what it signs holds, and says what it was asked to say. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { describe, expect, test } from "vitest";
import { createAuthority, importAuthority } from "../src/index.ts";

const nowMs = Date.UTC(2030, 0, 15, 12);
const DAY_MS = 86_400_000;

describe("a private authority", () => {
  test("signs certificates that verify with its root, and no other", async () => {
    const [ours, other] = await Promise.all([
      createAuthority({ nowMs }),
      createAuthority({ nowMs }),
    ]);
    const { cert, key } = await ours.issue({ kind: "server", hosts: ["lab.test"], nowMs });
    const leaf = new X509Certificate(cert);
    const [root, stranger] = [new X509Certificate(ours.cert), new X509Certificate(other.cert)];
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.verify(stranger.publicKey)).toBe(false);
    expect([root.ca, leaf.ca]).toEqual([true, false]);
    expect(() => createSecureContext({ cert, key })).not.toThrow();
  });

  test("names every host and address, and nothing else", async () => {
    const authority = await createAuthority({ nowMs });
    const hosts = ["lab.test", "127.0.0.1", "::1"];
    const leaf = new X509Certificate(
      (await authority.issue({ kind: "server", hosts, nowMs })).cert,
    );
    expect(leaf.checkHost("lab.test")).toBe("lab.test");
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(leaf.checkHost("other.test")).toBeUndefined();
    expect(leaf.checkIP("10.0.0.1")).toBeUndefined();
  });

  test("keeps signs with a meaning in names apart: a name is a name", async () => {
    const authority = await createAuthority({ nowMs, name: "Lab, O=Bank" });
    const { cert } = await authority.issue({ kind: "client", name: "eve, CN=alice", nowMs });
    const leaf = new X509Certificate(cert);
    expect(leaf.subject.split("\n")).toHaveLength(1);
    expect(leaf.checkIssued(new X509Certificate(authority.cert))).toBe(true);
  });

  test("is valid from an hour before now, for the days it was asked for", async () => {
    const authority = await createAuthority({ nowMs });
    const issued = await authority.issue({ kind: "client", nowMs, days: 2 });
    const leaf = new X509Certificate(issued.cert);
    expect(leaf.validFromDate.getTime()).toBe(nowMs - 3_600_000);
    expect(leaf.validToDate.getTime()).toBe(nowMs + 2 * DAY_MS);
    expect(issued.fingerprint256).toBe(leaf.fingerprint256);
  });

  test("is taken up again from what was written down, and no two serial numbers are alike", async () => {
    const first = await createAuthority({ nowMs });
    const again = await importAuthority(first.cert, await first.exportKey());
    const issued = await Promise.all(
      [first, again, again].map((one) => one.issue({ kind: "client", name: "a", nowMs })),
    );
    const leaves = issued.map(({ cert }) => new X509Certificate(cert));
    const root = new X509Certificate(first.cert);
    expect(leaves.every((leaf) => leaf.verify(root.publicKey))).toBe(true);
    expect(new Set(leaves.map(({ serialNumber }) => serialNumber)).size).toBe(3);
    expect(new Set(issued.map(({ key }) => key)).size).toBe(3);
  });
});
