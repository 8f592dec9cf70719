/** Command lines and files that nobody should give, each with the one line they are answered with. */

/** One command line; `FOLDER` in an argument stands for the test's own folder. */
export interface CommandCase {
  readonly name: string;
  readonly args: readonly string[];
  /** What the first line says. */
  readonly says: RegExp;
  /** A file in the folder, written before. */
  readonly file?: { readonly name: string; readonly content: string | Uint8Array };
}

const specFile = (content: string | Uint8Array) => ({ name: "spec.json", content });
const run = ["run", "FOLDER/spec.json"] as const;

/** The table. */
export const COMMAND_CASES: readonly CommandCase[] = [
  {
    name: "a device for a spec",
    args: ["run", "/dev/zero"],
    says: /it is larger than 1048576 bytes/,
  },
  {
    name: "a device for a capture",
    args: ["inspect", "/dev/null"],
    says: /it is no file, but a pipe or a device/,
  },
  { name: "a folder for a spec", args: ["run", "FOLDER/"], says: /it is a folder/ },
  {
    name: "a path with a NUL",
    args: ["server", "--spec", "a\0b"],
    says: /must be the path of a file/,
  },
  {
    name: "a path of 5 000 characters",
    args: ["run", `${"a/".repeat(2500)}x.json`],
    says: /the name is too long|no such file/,
  },
  {
    name: "a spec that is not UTF-8",
    args: run,
    file: specFile(new Uint8Array([0xff, 0xfe, 0x7b])),
    says: /it is not UTF-8 text/,
  },
  {
    name: "a compressed spec",
    args: run,
    file: specFile(new Uint8Array([0x1f, 0x8b, 8, 0])),
    says: /it is not UTF-8 text/,
  },
  { name: "a spec that is empty", args: run, file: specFile(""), says: /spec\.json/ },
  { name: "a spec cut in half", args: run, file: specFile('{"specVersion":'), says: /spec\.json/ },
  {
    name: "brackets without end",
    args: run,
    file: specFile("[".repeat(100_000)),
    says: /spec\.json/,
  },
  {
    name: "a spec with __proto__",
    args: run,
    file: specFile('{"specVersion":1,"__proto__":{"seed":1}}'),
    says: /spec\.json|error/,
  },
  {
    name: "a spec with 1e999",
    args: run,
    file: specFile('{"specVersion":1,"seed":1e999}'),
    says: /error|seed/,
  },
  { name: "a scenario named __proto__", args: ["run", "__proto__"], says: /__proto__/ },
  {
    name: "a scenario with escapes in its name",
    args: ["run", "\u001b[2J\u202eevil"],
    says: /\\x1b\[2J\\u202eevil/,
  },
  { name: "a scenario of two lines", args: ["run", "a\nfaultline: ok"], says: /a\\nfaultline: ok/ },
  {
    name: "a seed of 2^53",
    args: ["run", "loss", "--seed", "9007199254740992"],
    says: /"--seed" must be an integer from 0 to 9007199254740991/,
  },
  {
    name: "a seed of 400 digits",
    args: ["run", "loss", "--seed", "9".repeat(400)],
    says: /"--seed" must be .*… \(400 characters\)/,
  },
  {
    name: "a seed in hexadecimal",
    args: ["run", "loss", "--seed", "0x10"],
    says: /"--seed" must be/,
  },
  {
    name: "a port of 65536",
    args: ["send", "--port", "65536", "x"],
    says: /"--port" must be an integer from 1 to 65535/,
  },
  { name: "a negative port", args: ["server", "--tcp=-1"], says: /"--tcp" must be a port/ },
  {
    name: "a host with a line break",
    args: ["send", "--host", "a\r\nb", "x"],
    says: /"--host" must be a host name/,
  },
  {
    name: "a host that is a URL",
    args: ["send", "--host", "http://evil.example/", "x"],
    says: /"--host" must be a host name/,
  },
  {
    name: "a result into a folder",
    args: ["run", "baseline", "--mode", "simulated", "--junit", "FOLDER"],
    says: /Cannot write .*it is a folder/,
  },
  {
    name: "a result where nothing is",
    args: ["run", "baseline", "--mode", "simulated", "--junit", "FOLDER/no/such/x.xml"],
    says: /Cannot write .*no such file or folder/,
  },
  {
    name: "certificates where no folder can be made",
    args: ["certs", "--dir", "/proc/none/lab"],
    says: /Cannot write certificates to/,
  },
  {
    name: "certificates below a file",
    args: ["certs", "--dir", "/dev/null/lab"],
    says: /Cannot write certificates to .*not a folder/,
  },
  {
    name: "an option that is none",
    args: ["run", "loss", "--__proto__", "1"],
    says: /unknown option/,
  },
  { name: "a verb of the prototype", args: ["constructor"], says: /unknown command/ },
  {
    name: "a token's scope of the prototype",
    args: ["token", "create", "--data", "FOLDER/d", "--scope", "__proto__"],
    says: /"--scope" must be one of read, run, admin/,
  },
  {
    name: "a token to revoke by a path",
    args: ["token", "revoke", "--data", "FOLDER/d", "../../x"],
    says: /must be the 16 hex digits/,
  },
];
