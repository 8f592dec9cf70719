/**
 * `pnpm smoke`: the packed tarballs, installed in an empty folder, run one exchange each on the
 * runtimes we promise.
 *
 * Packs with pnpm (only its pack swaps the exports from source to dist), lints the packages,
 * installs them with npm as a stranger would, and runs the same programs on Node 22, 26 and Deno:
 * one exchange on sockets, and the simulated specs on record, whose results must be those on record.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { lineOf, type Report, writeReport } from "./report.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKS = join(ROOT, "dist-packs");
/** The oldest Node that the published packages promise. */
const NODE_FLOOR = "22";

const EXCHANGE = `
import { createAuthority } from "@faultline/certificates";
import { createClient, randomDraw, randomSession, systemClock, tcpDialer, tlsDialer, udpDialer } from "@faultline/client";
import { startServer } from "@faultline/server";
import { FRAME_VERSION } from "@faultline/protocol";

const nowMs = Date.now();
const authority = await createAuthority({ nowMs });
const tls = await authority.issue({ kind: "server", hosts: ["127.0.0.1"], nowMs });
const server = await startServer({ workers: 2, tls });
const dialers = {
  tcp: tcpDialer(server.tcp),
  udp: udpDialer(server.udp),
  tls: tlsDialer({ ...server.tls, ca: authority.cert }),
};
for (const [name, dialer] of Object.entries(dialers)) {
  const client = createClient({ dialer, clock: systemClock(), draw: randomDraw(), session: randomSession() });
  const outcome = await client.send("Hello from Client");
  const body = new TextDecoder().decode(outcome.reply);
  if (outcome.outcome !== "delivered" || body !== "Hello from Client") throw new Error(name + ": " + JSON.stringify(outcome));
  await client.close();
}
await server.close();
console.log("one exchange over tcp, udp and tls, frame version " + FRAME_VERSION);
`;

/** Specs with the digest and the body hash they must give, a line of JSON each. */
const ON_RECORD = join(ROOT, "packages/experiment/test/golden/simulated.ndjson");

const SIMULATED = `
import { readFileSync } from "node:fs";
import { createClient } from "@faultline/client";
import { checkDeterminism, parseSpec, runExperiment } from "@faultline/experiment";

const all = readFileSync("simulated.ndjson", "utf8").trimEnd().split("\\n").map((line) => JSON.parse(line));
const other = [];
for (const { name, spec, digest, bodyHash } of all) {
  const parsed = parseSpec(spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { result } = await runExperiment(parsed.spec);
  if (result.digest !== digest || result.bodyHash !== bodyHash) other.push(name);
}
if (other.length > 0) throw new Error("another result than on record: " + other.join("; "));
const check = await checkDeterminism(parseSpec(all[0].spec).spec);
if (check.same !== true) throw new Error("two runs differ");
const series = parseSpec({ ...all[0].spec, seed: undefined, seeds: { base: 1, runs: 6 } });
if (!series.ok) throw new Error(JSON.stringify(series.errors));
const bodies = new Set();
for (const threads of [1, 2]) bodies.add((await runExperiment(series.spec, { threads })).result.bodyHash);
if (bodies.size !== 1) throw new Error("a series depends on its threads");
const leaky = { createClient: (options) => createClient({ ...options, draw: () => Date.now() % 9 }) };
const told = await runExperiment(parseSpec(all[1].spec).spec, { parts: leaky }).catch((error) => error);
if (told.code !== "unsealed") throw new Error("a leak was let through: " + told.message);
console.log(all.length + " simulated specs with the results on record, a series on two threads, a leak caught");
`;

let passed = 0;
const failures: string[] = [];

function step(name: string, folder: string, command: readonly [string, ...string[]]): boolean {
  const [program, ...rest] = command;
  const done = spawnSync(program, rest, { cwd: folder, encoding: "utf8", timeout: 300_000 });
  const ok = done.status === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}`);
  if (ok) {
    passed += 1;
    return true;
  }
  const output = `${done.stdout}${done.stderr}${done.error?.message ?? ""}`;
  console.log(output);
  failures.push(`${name}\n${output}`);
  return false;
}

function packAll(): string[] {
  rmSync(PACKS, { recursive: true, force: true });
  if (!step("pack", ROOT, ["turbo", "run", "pack", "--force", "--output-logs=errors-only"]))
    return [];
  return readdirSync(PACKS).filter((name) => name.endsWith(".tgz"));
}

function inspect(tarballs: readonly string[]): void {
  for (const name of tarballs) {
    step(`publint ${name}`, PACKS, ["publint", "run", name, "--strict"]);
    step(`types of ${name}`, PACKS, ["attw", name, "--profile", "esm-only"]);
  }
}

function exchange(tarballs: readonly string[], folder: string): void {
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "smoke", private: true, type: "module" }),
  );
  writeFileSync(join(folder, "exchange.mjs"), EXCHANGE);
  writeFileSync(join(folder, "simulated.mjs"), SIMULATED);
  copyFileSync(ON_RECORD, join(folder, "simulated.ndjson"));
  const files = tarballs.map((name) => join(PACKS, name));
  const installed = step("install in an empty folder", folder, [
    "npm",
    "install",
    "--no-save",
    ...files,
    `node@${NODE_FLOOR}`,
  ]);
  if (!installed) return;
  const runtimes: Record<string, readonly [string, ...string[]]> = {
    [`Node ${NODE_FLOOR}`]: [join(folder, "node_modules/.bin/node")],
    "Node 26": [process.execPath],
    Deno: ["deno", "run", "-A", "--node-modules-dir=manual"],
  };
  for (const [name, runtime] of Object.entries(runtimes)) {
    step(`exchange on ${name}`, folder, [...runtime, "exchange.mjs"]);
    step(`results on record on ${name}`, folder, [...runtime, "simulated.mjs"]);
  }
}

const tarballs = packAll();
inspect(tarballs);
step("bills of materials, licences", ROOT, [process.execPath, "scripts/sbom.ts"]);
const folder = mkdtempSync(join(tmpdir(), "faultline-smoke-"));
try {
  if (tarballs.length > 0) exchange(tarballs, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const report: Report = { passed, skipped: 0, failures };
console.log(`smoke: ${lineOf(report)}`);
writeReport(report);
process.exitCode = failures.length === 0 ? 0 : 1;
