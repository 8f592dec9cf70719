/** `faultline token` as scripts and people use it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../src/cli.ts";
import type { FakeSystem } from "./fake-system.ts";
import { fakeSystem } from "./fake-system.ts";

async function faultline(data: string, ...args: string[]): Promise<FakeSystem & { code: number }> {
  const system = fakeSystem({ args: ["token", ...args], env: { FAULTLINE_DATA: data } });
  const code = await runCli(system);
  return Object.assign(system, { code });
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "faultline-token-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("a token's life", () => {
  test("made: alone on standard output; listed without its secret; revoked by its id", async () => {
    const data = folder();
    const made = await faultline(data, "create", "--scope", "run", "--days", "30", "--name", "ci");
    expect(made.code).toBe(0);
    expect(made.stdout.text()).toMatch(/^flt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/);
    const [, id = "", secret = ""] = /^flt_([0-9a-f]{16})_(.*)\n$/.exec(made.stdout.text()) ?? [];
    expect(made.stderr.text()).toContain(`token ${id} (run; expires 1970-01-31T00:00:00.000Z)`);
    expect(made.stderr.text()).not.toContain(secret);

    const listed = await faultline(data, "list", "--json");
    expect(JSON.parse(listed.stdout.text())).toEqual([
      {
        id,
        name: "ci",
        scopes: ["run"],
        createdAt: "1970-01-01T00:00:00.000Z",
        expiresAt: "1970-01-31T00:00:00.000Z",
        expired: false,
      },
    ]);
    expect((await faultline(data, "list")).stdout.text()).toContain(`${id}  ci    run`);
    expect(readFileSync(join(data, "tokens.json"), "utf8")).not.toContain(secret);

    const revoked = await faultline(data, "revoke", id);
    expect([revoked.code, revoked.stderr.text()]).toEqual([0, `token ${id} is revoked\n`]);
    expect((await faultline(data, "list")).stderr.text()).toBe("There are no tokens.\n");
  });

  test("--json gives one object, --data another folder, several scopes go by commas", async () => {
    const [data, other] = [folder(), folder()];
    const args = ["create", "--json", "--data", other, "--scope", "admin,read"];
    const made = await faultline(data, ...args);
    expect(JSON.parse(made.stdout.text())).toMatchObject({
      token: expect.stringMatching(/^flt_/),
      scopes: ["read", "admin"],
      expiresAt: null,
    });
    expect((await faultline(data, "list", "--json")).stdout.text()).toBe("[]\n");
  });
});

describe("refusals are one line, exit code 3, and nothing is kept:", () => {
  test.each<[string[], RegExp]>([
    [["create", "--scope", "root"], /"--scope" must be one of read, run, admin: got "root"/],
    [["create", "--days", "0"], /"--days" must be an integer from 1 to 3650: got "0"/],
    [["create", "--days", "1e3"], /"--days" must be an integer from 1 to 3650: got "1e3"/],
    [["create", "--name", "a\u001b[2Jb"], /"name" must be .* got "a\\u001b\[2Jb"/],
    [["create", "--data", ":memory:"], /must be a folder/],
    [["create", "--data", "/dev/null"], /Cannot write "\/dev\/null\/tokens.json": ENOTDIR/],
    [["revoke", "0000000000000000"], /there is none with this id/],
    [["revoke", "flt_0123456789abcdef_secretsecret"], /must be the 16 hex digits/],
    [["revoke", "../../etc/passwd"], /must be the 16 hex digits/],
    [["revoke"], /missing required argument/],
  ])("%j", async (args, message) => {
    const data = folder();
    const system = await faultline(data, ...args);
    expect([system.code, system.stdout.text()]).toEqual([3, ""]);
    expect(system.stderr.text()).toMatch(message);
    expect(system.stderr.text()).toMatch(/^[^\n]*faultline:[^\n]*\n$/);
    expect(system.stderr.text()).not.toContain("secretsecret");
    expect((await faultline(data, "list", "--json")).stdout.text()).toBe("[]\n");
  });
});
