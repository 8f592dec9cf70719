/**
 * Which licences may come with what we ship, and which packages that is.
 *
 * Walks the production dependencies of every package of the workspace that people install or
 * start, as they lie in node_modules: what is there is what would be shipped. No network, no
 * lockfile format; the bill of materials itself is written by pnpm (sbom.ts).
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import satisfies from "spdx-satisfies";

/** Permissive, and compatible with MIT: SPDX ids (https://spdx.org/licenses/). */
export const LICENCES_ALLOWED: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
  "Zlib",
];

/** A package that is shipped, or comes with one that is. */
export interface Shipped {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; "" where the package names none. */
  readonly licence: string;
  /** Who needs it first. */
  readonly by: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Whether an SPDX expression can be met with allowed licences alone; an unreadable one cannot. */
export function isAllowed(licence: string): boolean {
  try {
    return satisfies(licence, [...LICENCES_ALLOWED]);
  } catch {
    return false;
  }
}

/** Folders of what is published, and of the programs that are started from a clone. */
export function shippedFolders(root: string): string[] {
  const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  const published = packages.filter(
    (folder) => existsSync(join(folder, "package.json")) && readManifest(folder).private !== true,
  );
  return [...published, join(root, "apps/api"), join(root, "apps/cli")].toSorted();
}

/** Everything that comes with these folders, themselves included, each once, sorted by name. */
export function shippedWith(folders: readonly string[]): Shipped[] {
  const found = new Map<string, Shipped>();
  const open = folders.map((folder) => ({ folder: realpathSync(folder), by: "" }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { folder, by } = next;
    if (found.has(folder)) continue;
    const manifest = readManifest(folder);
    const { name = folder, version = "" } = manifest;
    found.set(folder, { name, version, licence: licenceOf(manifest), by });
    for (const needed of dependencyFolders(folder, manifest))
      open.push({ folder: needed, by: name });
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function dependencyFolders(folder: string, manifest: Manifest): string[] {
  const optional = Object.keys(manifest.optionalDependencies ?? {});
  const needed = [...Object.keys(manifest.dependencies ?? {}), ...optional];
  return needed.flatMap((name) => {
    const at = find(folder, name);
    if (at !== undefined) return [at];
    // An optional one may be for another machine; any other must be there.
    if (optional.includes(name)) return [];
    throw new Error(`Cannot find ${name}, which ${folder} needs: install first`);
  });
}

/** As the runtimes look for it: in the node_modules of every folder above. */
function find(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const at = join(folder, "node_modules", name);
    if (existsSync(join(at, "package.json"))) return realpathSync(at);
    if (dirname(folder) === folder) return undefined;
  }
}

function licenceOf({ license }: Manifest): string {
  if (typeof license === "string") return license;
  // The form of old manifests.
  const type = (license as { type?: unknown } | undefined)?.type;
  return typeof type === "string" ? type : "";
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
