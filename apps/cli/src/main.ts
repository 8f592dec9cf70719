/**
 * The entry of the `faultline` command, for Node and Deno alike.
 *
 * Sets the exit code and lets the process end by itself: what is still being written gets out.
 * Only a stop leaves at once, since the read of standard input that it cut off would not end.
 */
import process from "node:process";

import { runCli } from "./cli.ts";
import { ExitCode } from "./exit.ts";
import { createSystem } from "./system.ts";

process.exitCode = await runCli(createSystem());
if (process.exitCode === ExitCode.interrupted) process.exit();
