/**
 * The version of this package, from its own package.json.
 *
 * Read at start rather than imported: the file lies outside `src`, and stands one folder up
 * from the source as from the build.
 */
import { readFileSync } from "node:fs";

const file = new URL("../package.json", import.meta.url);

/** The version, as `--version` prints it. */
export const VERSION: string = (JSON.parse(readFileSync(file, "utf8")) as { version: string })
  .version;
