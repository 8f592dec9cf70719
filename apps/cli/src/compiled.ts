/**
 * Lets Node keep what it has compiled, types stripped, for the next start and for worker threads.
 *
 * That is half of what starting costs, and every run starts a thread or two. Only a cache: Node
 * checks each file and compiles anew what has changed. It lies in the system's folder for
 * temporary files; `NODE_COMPILE_CACHE` names another, `NODE_DISABLE_COMPILE_CACHE=1` does without.
 * Deno always does this. The API has the same file: reaching for that one by its door would load
 * the service first.
 */
import * as nodeModule from "node:module";
import process from "node:process";

/** To be called before the program is loaded: what a file imports statically is compiled before it runs. */
export function keepCompiled(): void {
  const { enableCompileCache }: Partial<typeof nodeModule> = nodeModule;
  const directory = enableCompileCache?.().directory;
  // Threads learn of it by the variable.
  if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;
}
