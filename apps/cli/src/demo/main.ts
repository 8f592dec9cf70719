/**
 * The entry of `pnpm demo`.
 */
import process from "node:process";

import { keepCompiled } from "../compiled.ts";

keepCompiled();
const { runDemo } = await import("./demo.ts");
const { createSystem } = await import("../system.ts");

process.exitCode = await runDemo(createSystem());
