/**
 * The `faultline` command as a function, for programs that start it inside their own process.
 */
export { runCli } from "./cli.ts";
export { ExitCode, ToolError } from "./exit.ts";
export { createSystem } from "./system.ts";
export type { Output, System } from "./system.ts";
