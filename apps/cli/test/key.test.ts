/** `faultline key`: key files as people make and change them, and servers and senders that use them. */
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { readKeyFile } from "../src/input/key-file.ts";
import { freshId, withFirst, withoutKey } from "../src/input/key-lines.ts";
import { runChild, startServerChild } from "./child.ts";
import { fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const path = (): string => join(folder, `keys-${files++}`);

async function key(...args: string[]) {
  const system = fakeSystem({ args: ["key", ...args] });
  const code = await runCli(system);
  return { code, stdout: system.stdout.text(), stderr: system.stderr.text() };
}

const idsIn = async (file: string): Promise<string[]> =>
  (await readKeyFile(file)).map(({ id }) => id);

describe("a key file's life", () => {
  test("made for its owner alone, with a secret that nobody is told unless asked", async () => {
    const file = path();
    const made = await runChild(["key", "create", file, "--id", "lab"]);
    expect([made.code, made.stdout]).toEqual([0, "lab\n"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [{ secret } = { secret: new Uint8Array() }] = await readKeyFile(file);
    expect(secret).toHaveLength(32);
    const text = Buffer.from(secret).toString("base64");
    expect(readFileSync(file, "utf8")).toContain(text);
    expect(made.stdout + made.stderr).not.toContain(text.slice(0, 8));
    const other = path();
    const printed = await runChild(["key", "create", other, "--print"]);
    const [, id = "", shown = ""] = /^(\S+) {2}(\S+)\n$/.exec(printed.stdout) ?? [];
    expect(id).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(readFileSync(other, "utf8")).toContain(`${id}  ${shown}\n`);
    expect(shown).not.toBe(text);
  });

  test("added to, put first, taken away; comments stay where they are", async () => {
    const file = path();
    await key("create", file);
    writeFileSync(file, `${readFileSync(file, "utf8")}# ours\n`);
    expect((await key("add", file)).stdout).toBe("1970-01-01.2\n");
    await key("add", file, "--id", "third");
    expect(await idsIn(file)).toEqual(["1970-01-01", "1970-01-01.2", "third"]);
    await key("use", file, "third");
    expect((await key("list", file)).stdout).toBe("third  (used)\n1970-01-01\n1970-01-01.2\n");
    await key("remove", file, "1970-01-01");
    expect(JSON.parse((await key("list", file, "--json")).stdout)).toEqual([
      { id: "third", used: true },
      { id: "1970-01-01.2", used: false },
    ]);
    expect(
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("#")),
    ).toEqual([
      "# Secrets for sealed links and signed frames: whoever may read this file can be either end.",
      "# The first key is used, all are accepted.",
      "# ours",
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("keys are changed while every client is served, and the old one opens nothing afterwards", async () => {
    const [servers, clients, stolen] = [path(), path(), path()];
    await key("create", servers, "--id", "old");
    for (const copy of [clients, stolen]) copyFileSync(servers, copy);
    await key("add", servers, "--id", "new");
    const send = async (port: number | undefined, file: string) => {
      const limits = ["--attempts", "1", "--timeout", "2000"];
      const args = ["send", "--port", String(port), "--key-file", file, ...limits, "Hey"];
      return (await runChild(args)).code;
    };
    const first = await startServerChild(["--key-file", servers]);
    expect(await send(first.listening.tcp?.port, clients)).toBe(0);
    copyFileSync(servers, clients);
    await key("use", clients, "new");
    expect(await send(first.listening.tcp?.port, clients)).toBe(0);
    await first.stop();
    await key("remove", servers, "old");
    const second = await startServerChild(["--key-file", servers]);
    expect(await send(second.listening.tcp?.port, clients)).toBe(0);
    expect(await send(second.listening.tcp?.port, stolen)).not.toBe(0);
    const { stdout, stderr } = await second.stop();
    const [{ secret } = { secret: new Uint8Array() }] = await readKeyFile(servers);
    expect(stdout + stderr).not.toContain(Buffer.from(secret).toString("base64").slice(0, 8));
  });
});

describe("refusals are one line, exit code 3, and the file is as it was:", () => {
  test.each<[string, (file: string) => string[], RegExp]>([
    ["made twice", (file) => ["create", file], /it is there already/],
    ["an id twice", (file) => ["add", file, "--id", "lab"], /the id of one key only: got lab/],
    ["an id that is none", (file) => ["add", file, "--id", "a b"], /"--id" must be .*: got "a b"/],
    ["a forged line", (file) => ["add", file, "--id", "a\nb"], /"--id" must be .*: got "a\\nb"/],
    ["the last key", (file) => ["remove", file, "lab"], /must be 1 to 16 keys: got 0/],
    ["no such key", (file) => ["use", file, "bal"], /there is no key "bal" in it/],
    ["no such file", (file) => ["add", `${file}-no`], /no such file or folder/],
    ["a folder", () => ["create", folder], /it is no file|it is a folder/],
    ["no folder", (file) => ["create", join(file, "below")], /Cannot (read|write) /],
  ])("%s", async (_, args, message) => {
    const file = path();
    await key("create", file, "--id", "lab");
    const before = readFileSync(file, "utf8");
    const { code, stdout, stderr } = await key(...args(file));
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]*faultline:[^\n]*\n$/);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(await idsIn(file)).toEqual(["lab"]);
  });

  test("more than 16 keys, a file that others may read, and one that is being changed", async () => {
    const file = path();
    await key("create", file, "--id", "k0");
    for (let count = 1; count < 16; count += 1) {
      expect((await key("add", file, "--id", `k${count}`)).code).toBe(0);
    }
    expect((await key("add", file)).stderr).toContain("must be 1 to 16 keys: got 17");
    chmodSync(file, 0o644);
    expect((await key("use", file, "k1")).stderr).toContain("readable by its owner alone");
    chmodSync(file, 0o600);
    writeFileSync(`${file}.new`, "");
    expect((await key("use", file, "k1")).stderr).toContain("another command is changing the keys");
    expect(await idsIn(file)).toHaveLength(16);
  });
});

test("an id is the day, with a number where it has been taken", () => {
  const day = new Date("2026-11-24T12:00:00Z");
  expect(freshId(day, [])).toBe("2026-11-24");
  expect(freshId(day, ["2026-11-24", "2026-11-24.2"])).toBe("2026-11-24.3");
});

test("a comment is no key, whatever it begins with", () => {
  const text = "#lab c2VjcmV0\nlab c2VjcmV0\n";
  expect(withoutKey(text, "#lab")).toBeUndefined();
  expect(withoutKey(text, "lab")).toBe("#lab c2VjcmV0\n");
  expect(withFirst(text, "#lab")).toBeUndefined();
});
