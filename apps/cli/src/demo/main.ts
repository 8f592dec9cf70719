/**
 * The entry of `pnpm demo`.
 */
import process from "node:process";

import { createSystem } from "../system.ts";
import { runDemo } from "./demo.ts";

process.exitCode = await runDemo(createSystem());
