/** `faultline certs`, and what is made with them: a server and a client that trust each other. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serverTlsOf } from "../src/verbs/tls-files.ts";
import { runChild, startServerChild } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-certs-"));
const dir = join(folder, "lab");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = (...args: string[]) => runChild(["certs", "--dir", dir, ...args]);

test("certificates of a laboratory are made, kept, and let the listed client in alone", async () => {
  const made = await make("--host", "localhost", "127.0.0.1", "--client", "alice", "bob");
  expect(made.stderr).toBe("");
  expect(made.code).toBe(0);
  const names = readdirSync(dir).toSorted();
  expect(made.stdout.trim().split("\n").toSorted()).toEqual(names.map((name) => join(dir, name)));
  for (const name of names) {
    const mode = statSync(join(dir, name)).mode & 0o777;
    expect([name, mode]).toEqual([name, name.endsWith(".key") ? 0o600 : 0o644]);
  }

  const before = readFileSync(join(dir, "ca.pem"), "utf8");
  const again = await make();
  expect([again.code, again.stdout]).toEqual([3, ""]);
  expect(again.stderr).toContain("is there already (--force replaces it)");
  expect(readFileSync(join(dir, "ca.pem"), "utf8")).toBe(before);

  // bob's line is taken out
  const list = readFileSync(join(dir, "clients.txt"), "utf8").split("\n");
  writeFileSync(join(dir, "clients.txt"), list.filter((line) => line.endsWith("alice")).join("\n"));
  const server = await startServerChild([
    "--udp",
    "off",
    "--tcp",
    "off",
    "--tls",
    "0",
    "--certs",
    dir,
  ]);
  const { port } = (server.listening as { tls?: { port: number } }).tls!;
  const send = (who: string, ca = join(dir, "ca.pem")) =>
    runChild([
      "send",
      "--protocol=tls",
      `--port=${port}`,
      `--ca=${ca}`,
      `--cert=${join(dir, `${who}.pem`)}`,
      `--key=${join(dir, `${who}.key`)}`,
      "--json",
      "Hello",
    ]);
  expect(JSON.parse((await send("alice")).stdout)).toMatchObject({ outcome: "delivered" });
  const bob = await send("bob");
  expect(bob.code).toBe(1);
  expect(JSON.parse(bob.stdout)).toMatchObject({
    outcome: "failed",
    error: { code: "refused-by-server" },
  });

  const stranger = await runChild(["send", "--protocol=tls", `--port=${port}`, "--json", "Hello"]);
  expect(stranger.code).toBe(3);
  expect(stranger.stderr).toBe(
    `faultline: Cannot reach 127.0.0.1 tls port ${port}: its certificate is signed by nobody we trust; is --ca who signed it?\n`,
  );
  await server.stop();
});

test("a list of clients that was emptied lets nobody in; where none was made everybody is served", async () => {
  const alone = join(folder, "alone");
  expect((await runChild(["certs", "--dir", alone, "--host", "localhost"])).code).toBe(0);
  expect(Object.keys(await serverTlsOf(alone)).toSorted()).toEqual(["cert", "key"]);
  writeFileSync(join(alone, "clients.txt"), "");
  expect(await serverTlsOf(alone)).toMatchObject({
    clients: [],
    clientCa: readFileSync(join(alone, "ca.pem"), "utf8"),
  });
  expect((await runChild(["certs", "--dir", alone, "--force"])).code).toBe(0);
  expect(readdirSync(alone)).not.toContain("clients.txt");
});

test.each([
  [["--client", "../eve"], '"--client" must be different names'],
  [["--client", "server"], '"--client" must be different names'],
  [["--host", "a b"], '"--host" must be a host name or an IP address'],
  [["--days", "0"], '"--days" must be an integer from 1 to 3650'],
])("certs %j is refused", async (args, words) => {
  const ended = await make(...args);
  expect([ended.code, ended.stdout]).toEqual([3, ""]);
  expect(ended.stderr).toContain(`Cannot make certificates as ${words}`);
});
