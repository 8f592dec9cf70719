/**
 * The entry of the `faultline` command, for Node and Deno alike.
 *
 * Sets the exit code and lets the process end by itself: what is still being written gets out.
 */
import process from "node:process";

import { runCli } from "./cli.ts";
import { createSystem } from "./system.ts";

process.exitCode = await runCli(createSystem());
