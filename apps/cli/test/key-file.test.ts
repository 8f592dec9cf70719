/** Key files: what is read from them, what is refused, and servers and senders that use them. */
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readKeyFile } from "../src/input/key-file.ts";
import { runChild, startServerChild } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-keys-"));
const SECRET = Buffer.alloc(32, 201).toString("base64");
const OTHER = Buffer.alloc(32, 7).toString("base64");
let files = 0;

function file(text: string, mode = 0o600): string {
  const path = join(folder, `keys-${files++}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("a key file", () => {
  test("holds ids and secrets, the one to use first; the rest is for people", async () => {
    const text = `# rotate monthly\n\n2026-11  ${SECRET}\r\n2026-10\t${OTHER}\n`;
    const keys = await readKeyFile(file(text));
    expect(keys.map(({ id }) => id)).toEqual(["2026-11", "2026-10"]);
    expect(keys[0]!.secret).toEqual(new Uint8Array(32).fill(201));
  });

  test.each([
    ["", /"keys" must be 1 to 16 keys: got 0/],
    ["lab\n", /line 1 must be an id and a secret in base64/],
    [`# one\nlab ${SECRET} more`, /line 2 must be/],
    ["lab not*base64", /line 1 must be/],
    ["lab c2hvcnQ=", /"keys\[0\]\.secret" must be 32 to 1024 bytes: got 5 bytes/],
    [`a-very-long-name-for-a-key ${SECRET}`, /"keys\[0\]\.id" must be/],
    [`lab ${SECRET}\nlab ${OTHER}`, /"keys\[1\]\.id" must be the id of one key only/],
    ["x".repeat(65_537), /larger than 65536 bytes/],
  ])("is refused with a line that names it: %#", async (text, message) => {
    await expect(readKeyFile(file(text))).rejects.toThrow(message);
    await expect(readKeyFile(file(text))).rejects.not.toThrow(new RegExp(SECRET.slice(0, 12)));
  });

  test.each([0o640, 0o604, 0o660, 0o644])("that others may read (%o) is refused", async (mode) => {
    const path = file(`lab ${SECRET}`, mode);
    await expect(readKeyFile(path)).rejects.toThrow(
      `must be readable by its owner alone (chmod 600): got mode 0${mode.toString(8)}`,
    );
  });

  test("that is not there, or a folder, is refused", async () => {
    await expect(readKeyFile(join(folder, "none"))).rejects.toThrow(/no such file/);
    chmodSync(folder, 0o700);
    await expect(readKeyFile(folder)).rejects.toThrow(/it is no file|it is a folder/);
  });
});

describe("faultline with keys", () => {
  const ours = file(`lab ${SECRET}`);
  const theirs = file(`lab ${OTHER}`);

  test.each(["tcp", "udp"] as const)(
    "serves over %s who has the key, and nobody else",
    async (protocol) => {
      const server = await startServerChild(["--key-file", ours]);
      try {
        const port = String(server.listening[protocol]?.port);
        const send = (...more: string[]) =>
          runChild(["send", "--json", "--protocol", protocol, "--port", port, ...more, "Hey"]);
        const sealed = await send("--key-file", ours);
        expect(sealed.stdout).toContain('"reply":"Hey"');
        const aes = await send("--key-file", ours, "--cipher", "aes-256-gcm");
        expect(aes.code).toBe(0);
        const limits = ["--attempts", "1", "--timeout", "300", "--deadline", "600"];
        const plain = await send(...limits);
        expect(plain.code).not.toBe(0);
        expect(plain.stdout).not.toContain('"delivered"');
        const stranger = await send(...limits, "--key-file", theirs);
        expect(stranger.code).not.toBe(0);
        if (protocol === "tcp") {
          expect(plain.stdout).toContain("unauthenticated");
          expect(stranger.stderr).toContain("the secret of the key is another");
        }
      } finally {
        await server.stop();
      }
    },
  );

  test("a run is given keys of its own, where its spec has use for them", async () => {
    const spec = join(folder, "sealed.json");
    writeFileSync(
      spec,
      JSON.stringify({
        specVersion: 1,
        mode: "simulated",
        seed: 3,
        seal: {},
        workload: { messages: 5 },
      }),
    );
    const lab = await runChild(["run", spec, "--json"]);
    const own = await runChild(["run", spec, "--json", "--key-file", ours]);
    const digestOf = (stdout: string): unknown => (JSON.parse(stdout) as { digest: string }).digest;
    expect([lab.code, own.code]).toEqual([0, 0]);
    expect(digestOf(own.stdout)).not.toBe(digestOf(lab.stdout));
    expect(own.stdout + own.stderr).not.toContain(SECRET.slice(0, 12));
    const idle = await runChild(["run", "baseline", "--key-file", ours]);
    expect(idle.code).toBe(3);
    expect(idle.stderr).toMatch(/"--key-file" must be left out/);
  });
});
