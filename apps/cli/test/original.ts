/**
 * The original Python programs, taken out of the report they stand in when a test asks for them.
 *
 * They are not part of this repository: the report lies beside it, where it lies at all.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SEED_FOLDER = fileURLToPath(new URL("../../../../shared/seed", import.meta.url));

/** The code block that follows the heading of a file. */
function codeOf(report: string, name: string): string | undefined {
  const heading = report.indexOf(`#### \`${name}\``);
  if (heading === -1) return undefined;
  return /```python\n([\s\S]*?)\n```/.exec(report.slice(heading))?.[1];
}

function hasPython(): boolean {
  return spawnSync("python3", ["--version"]).status === 0;
}

/** Why the original programs cannot be run here, or the folder they have been written to. */
export function originalPrograms(): { readonly missing: string } | { readonly folder: string } {
  if (!existsSync(SEED_FOLDER)) return { missing: "the report is not here" };
  if (!hasPython()) return { missing: "python3 is not installed" };
  const report = readdirSync(SEED_FOLDER)
    .filter((name) => name.endsWith(".txt"))
    .map((name) => readFileSync(join(SEED_FOLDER, name), "utf8"))
    .join("\n");
  const client = codeOf(report, "client.py");
  const server = codeOf(report, "server.py");
  if (client === undefined || server === undefined)
    return { missing: "the report has no such program" };
  const folder = mkdtempSync(join(tmpdir(), "faultline-original-"));
  writeFileSync(join(folder, "original_client.py"), client);
  writeFileSync(join(folder, "original_server.py"), server);
  return { folder };
}
