/**
 * Hostile command lines: each is refused in one clear line, with exit code 3, and starts nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../src/cli.ts";
import { fakeSystem } from "./fake-system.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-args-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function refused(args: readonly string[], stdin = ""): Promise<string> {
  const system = fakeSystem({ args, stdin });
  const code = await runCli(system);
  expect(system.stdout.text()).toBe("");
  expect(code).toBe(3);
  const text = system.stderr.text();
  expect(text).not.toMatch(/\n {4}at |this is a bug/);
  return text;
}

const SEED_RULE = 'Cannot run as "--seed" must be an integer from 0 to 9007199254740991: got';

const TABLE: readonly (readonly [args: string[], message: string])[] = [
  // verbs and options
  [["frobnicate"], "faultline: unknown command 'frobnicate'; see faultline --help\n"],
  [["rum"], "unknown command 'rum' (did you mean run?)"],
  [["rum", "--help"], "unknown command 'rum' (did you mean run?)"],
  [["run"], "missing required argument 'spec'"],
  [["run", "loss", "extra"], "too many arguments for 'run'"],
  [["run", "loss", "--sed", "1"], "'--sed' (did you mean --seed?); see faultline run --help\n"],
  [["--json"], "unknown option '--json'"],
  [["run", "loss", "--seed"], "option '--seed <n>' argument missing"],
  [["scenarios", "all"], "too many arguments for 'scenarios'"],
  [["scenarios", "--jsn"], "unknown option '--jsn' (did you mean --json?)"],
  [["server", "now"], "too many arguments for 'server'"],
  // numbers
  [["run", "loss", "--seed", "-1"], `${SEED_RULE} "-1"`],
  [["run", "loss", "--seed", "1.5"], `${SEED_RULE} "1.5"`],
  [["run", "loss", "--seed", "1e3"], `${SEED_RULE} "1e3"`],
  [["run", "loss", "--seed", "NaN"], `${SEED_RULE} "NaN"`],
  [["run", "loss", "--seed", "9007199254740992"], `${SEED_RULE} "9007199254740992"`],
  [["run", "loss", "--seed", ""], `${SEED_RULE} ""`],
  [["run", "loss", "--seed", "\u001b[31m"], String.raw`${SEED_RULE} "\x1b[31m"`],
  // words
  [
    ["run", "loss", "--mode", "virtual"],
    'Cannot run as "--mode" must be one of real, simulated: got "virtual"',
  ],
  [
    ["run", "loss", "--transport", "TCP"],
    'must be one of tcp, udp, tls: got "TCP" (did you mean "tcp"?)',
  ],
  [["run", "loss", "--transport", "quic"], 'must be one of tcp, udp, tls: got "quic"'],
  // what does not go together
  [
    ["run", "loss", "--seeds", "2", "--capture", "x.pcapng"],
    '"--capture" must be false in a series of seeds',
  ],
  [
    ["run", "plaintext", "--seeds", "2"],
    'Cannot run as "capture" of the scenario must be false in a series of seeds',
  ],
  [
    ["run", "loss", "--mode", "simulated", "--check-determinism", "--capture", "x.pcapng"],
    '"--capture" must be left out: there would be two captures',
  ],
  // what to run
  [
    ["run", "corupt"],
    'Cannot run "corupt": neither a file nor a scenario (did you mean "corruption"?)',
  ],
  [["run", ""], 'Cannot run "": neither a file nor a scenario'],
  [["run", "__proto__"], 'Cannot run "__proto__": neither a file nor a scenario'],
  [["run", "slice", "--transport", "udp"], 'Cannot run as "--transport" must be'],
  [["run", join(folder, "none.json")], "no such file or folder"],
  [["run", folder], "it is a folder"],
  [["run", "a\0b/c.json"], "Cannot read"],
  [["run", file("broken.json", '{ "seed": 1, }')], "it is not JSON"],
  [["run", file("empty.json", "")], "it is not JSON"],
  [["run", file("latin1.json", new Uint8Array([0x7b, 0xff, 0x7d]))], "it is not UTF-8 text"],
  [["run", file("large.json", " ".repeat(1_048_577))], "it is larger than 1048576 bytes"],
  [["run", file("list.json", "[]")], "1 error in the spec"],
  [["run", file("null.json", "null")], "1 error in the spec"],
  // where results go
  [["run", "loss", "--junit", ""], 'Cannot run as "--junit" must be the path of a file'],
  [["run", "loss", "--junit", join(folder, "no", "x.xml")], "Cannot write"],
  ...["--junit", "--exchanges", "--capture"].map((option): [string[], string] => [
    ["run", "loss", option, "-"],
    `Cannot run as "${option}" must be the path of a file, not of standard output: got "-"`,
  ]),
  [["run", "loss", "--exchanges", folder], "it is a folder"],
  // server
  [["server", "--tcp", "65536"], 'Cannot serve as "--tcp" must be a port from 0 to 65535'],
  [["server", "--udp", "x"], '(0: any free one) or "off": got "x"'],
  [["server", "--tcp", "off", "--udp", "off"], "both are off"],
  [
    ["server", "--host", "a b"],
    'Cannot serve as "--host" must be a host name or an IP address: got "a b"',
  ],
  [
    ["server", "--workers", "0"],
    'Cannot serve as "--workers" must be an integer from 1 to 64: got "0"',
  ],
  [
    ["server", "--codec", "pip"],
    '"--codec" must be one of frame, pipe: got "pip" (did you mean "pipe"?)',
  ],
  [
    ["server", "--codec", "pipe", "--workers", "2"],
    '"--workers" must be 1 with the pipe codec: got 2',
  ],
  [["server", "--durability", "machine"], 'Cannot serve as "--durability" must go with "--data"'],
  [["server", "--data", ""], 'Cannot serve as "--data" must be the path of a file or folder'],
  [["server", "--responder", "ech"], '(did you mean "echo"?)'],
  [["server", "--scenario", "los"], '(did you mean "loss"?)'],
  [["server", "--scenario", "loss", "--spec", "x.json"], "must not both be given"],
  [["server", "--spec", join(folder, "none.json")], "no such file or folder"],
  // send
  [
    ["send", "--protocol", "quic", "x"],
    'Cannot send as "--protocol" must be one of tcp, udp, tls: got "quic"',
  ],
  [
    ["send", "--port", "0", "x"],
    'Cannot send as "--port" must be an integer from 1 to 65535: got "0"',
  ],
  [
    ["send", "--attempts", "0", "x"],
    'Cannot send as "--attempts" must be an integer from 1 to 100: got "0"',
  ],
  [
    ["send", "--timeout", "0", "x"],
    'Cannot send as "--timeout" must be an integer from 1 to 600000: got "0"',
  ],
  [["send", "--timeout", "99999999999999999999", "x"], 'got "99999999999999999999"'],
  [["send", "--host", "http://localhost", "x"], '"--host" must be a host name or an IP address'],
  [["send", "-x"], "unknown option '-x'"],
  [["send"], "there is no message"],
];

describe("a command line that cannot be", () => {
  test.each(TABLE.map(([args, message]) => ({ args, message })))(
    "$args is refused: $message",
    async ({ args, message }) => {
      const text = await refused(args);
      expect(text).toContain(message);
      expect(text.startsWith("faultline: ")).toBe(true);
      expect(text.split("\n").length).toBeLessThanOrEqual(
        args.some((arg) => arg.endsWith(".json")) ? 4 : 2,
      );
    },
  );

  test("no verb shows the help, on standard error", async () => {
    expect(await refused([])).toContain("Usage: faultline");
  });

  test("every error of a spec is shown at once, each with its path", async () => {
    const path = file(
      "bad.json",
      JSON.stringify({
        specVersion: 1,
        seed: -1,
        colour: "red",
        workload: { messages: "NaN" },
        faults: [
          { id: "a", kind: "loss", probability: 2 },
          { id: "a", kind: "los" },
        ],
        "\u001b[2J": 1,
      }),
    );
    const text = await refused(["run", path]);
    for (const at of [
      "/seed",
      "/colour",
      "/workload/messages",
      "/faults/0/probability",
      "/faults/1/kind",
    ]) {
      expect(text).toContain(`  ${at} must `);
    }
    expect(text).toMatch(/: \d+ errors in the spec\n/);
    expect(text).not.toContain("\u001b");
  });

  test("a spec on standard input is checked like a file", async () => {
    expect(await refused(["run", "-"], '{"specVersion":2}')).toContain(
      "Cannot run standard input: ",
    );
    expect(await refused(["run", "-"], "")).toContain("Cannot read standard input: it is not JSON");
  });
});

describe("asking for words", () => {
  test.each([
    ["--help"],
    ["-h"],
    ["help"],
    ["run", "--help"],
    ["help", "run"],
    ["server", "-h"],
    ["send", "--help"],
    ["scenarios", "--help"],
  ])("%s %s answers on standard output with exit code 0", async (...args: string[]) => {
    const system = fakeSystem({ args: args.filter((arg) => arg !== undefined) });
    expect(await runCli(system)).toBe(0);
    expect(system.stdout.text()).toContain("Usage: ");
    expect(system.stderr.text()).toBe("");
  });

  test("the version is one line, at every verb", async () => {
    for (const args of [
      ["--version"],
      ["-V"],
      ["run", "--version"],
      ["send", "--version"],
      ["server", "-V"],
      ["scenarios", "-V"],
    ]) {
      const system = fakeSystem({ args });
      expect(await runCli(system)).toBe(0);
      expect(system.stdout.text()).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  test("scenarios are a table for people and one JSON array for machines", async () => {
    const table = fakeSystem({ args: ["scenarios"] });
    expect(await runCli(table)).toBe(0);
    expect(table.stdout.text()).toMatch(/^scenario +transports/);
    const json = fakeSystem({ args: ["scenarios", "--json"] });
    expect(await runCli(json)).toBe(0);
    const items = JSON.parse(json.stdout.text()) as {
      name: string;
      transports: string[];
      spec: { name: string };
    }[];
    expect(items.length).toBeGreaterThanOrEqual(13);
    for (const name of items.map((item) => item.name)) expect(table.stdout.text()).toContain(name);
    for (const item of items)
      expect(Object.keys(item)).toEqual(["name", "title", "description", "transports", "spec"]);
  });
});
