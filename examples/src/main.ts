/** The entry of the examples, for Node and Deno alike. */
import process from "node:process";
import { runCommand } from "./command.ts";

const { code, err, out } = runCommand(process.argv.slice(2));
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
