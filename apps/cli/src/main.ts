/**
 * The entry of the `faultline` command, for Node and Deno alike.
 *
 * Sets the exit code and lets the process end by itself: what is still being written gets out.
 * Only a stop leaves at once, since the read of standard input that it cut off would not end.
 */
import process from "node:process";

import { keepCompiled } from "./compiled.ts";

keepCompiled();
const { runCli } = await import("./cli.ts");
const { ExitCode } = await import("./exit.ts");
const { createSystem } = await import("./system.ts");

process.exitCode = await runCli(createSystem());
if (process.exitCode === ExitCode.interrupted) process.exit();
