/**
 * `pnpm bom`: a bill of materials for every packed tarball, and one for each program.
 *
 * CycloneDX 1.6 by pnpm itself, from the lockfile and the store; this adds the digest of the
 * tarball that each belongs to, and refuses licences outside the list. Run it after `pnpm run pack`;
 * the files lie beside the tarballs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { isAllowed, shippedFolders, shippedWith } from "./sbom/licences.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKS = join(ROOT, "dist-packs");
const SPEC_VERSION = "1.6";

interface Bom {
  readonly bomFormat: string;
  readonly components?: readonly object[];
  metadata: { component: { hashes?: readonly { alg: string; content: string }[] } };
}

function write(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const base = `${name.replace("@", "").replace("/", "-")}-${version}`;
  const file = join(PACKS, `${base}.cdx.json`);
  const form = ["--sbom-format", "cyclonedx", "--sbom-spec-version", SPEC_VERSION];
  const args = ["-y", "pnpm@12", `--filter=${name}`, "sbom", ...form, "--prod", "--out", file];
  const done = spawnSync("npx", args, { cwd: ROOT, encoding: "utf8" });
  if (done.status !== 0 || !existsSync(file)) {
    throw new Error(`Cannot write the bill of ${name}: ${done.stderr}${done.stdout}`);
  }
  const bom = JSON.parse(readFileSync(file, "utf8")) as Bom;
  const tarball = join(PACKS, `${base}.tgz`);
  if (existsSync(tarball)) {
    const content = createHash("sha512").update(readFileSync(tarball)).digest("hex");
    bom.metadata.component.hashes = [{ alg: "SHA-512", content }];
  }
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
  const hashed = existsSync(tarball) ? ", with its tarball's digest" : "";
  return `${relative(ROOT, file)}: ${bom.components?.length ?? 0} components${hashed}`;
}

mkdirSync(PACKS, { recursive: true });
const folders = shippedFolders(ROOT);
const wrong = shippedWith(folders).filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence, by } of wrong) {
  console.error(`${name}@${version} (needed by ${by}) has the licence "${licence}"`);
}
for (const folder of folders) console.log(write(folder));
const tarballs = readdirSync(PACKS).filter((name) => name.endsWith(".tgz"));
if (tarballs.length === 0) console.log("no tarballs yet: `npx -y pnpm@12 run pack` makes them");
process.exitCode = wrong.length === 0 ? 0 : 1;
