/**
 * Where the entry of a worker thread lies.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * The private import of package.json, so that it is the source here and the built file in a
 * published package. `import.meta.resolve` says the same, but not in every test runner.
 */
export function threadEntry(name: "#check-thread" | "#run-thread" | "#trial-thread"): URL {
  return pathToFileURL(createRequire(import.meta.url).resolve(name));
}
