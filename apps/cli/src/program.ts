/**
 * The frame around every command line of this package: parse, run, turn the end into a code.
 *
 * The one place that catches. A refusal or an understood failure becomes one clear line on
 * standard error and exit code 3; a bug is shown with its stack, also 3. The parser's own
 * messages are put into the same form, with its suggestion on the same line.
 */
import { Command, CommanderError } from "commander";

import { ExitCode, ToolError } from "./exit.ts";
import { printable } from "./output/printable.ts";
import { styleFor } from "./output/style.ts";
import type { System } from "./system.ts";
import { VERSION } from "./version.ts";

/** Takes the exit code of a verb that has done its work. */
export type Finish = (code: ExitCode) => void;

/** A command that reports to `system`, throws instead of exiting, and knows `--help` and `--version`. */
export function createCommand(system: System, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => system.stdout.write(text),
      writeErr: (text) => system.stderr.write(text),
      getOutHelpWidth: () => Math.min(system.stdout.columns, 100),
      getErrHelpWidth: () => Math.min(system.stderr.columns, 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // Said once, by `runProgram`.
      outputError: () => undefined,
    });
}

/** `error: unknown option '--sed'\n(Did you mean --seed?)` becomes one line of ours. */
function parserMessage(error: CommanderError): string {
  return error.message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, " (did you mean $1?)")
    .replaceAll("\n", " ");
}

function say(system: System, name: string, lines: readonly string[]): void {
  const style = styleFor(system.stderr, system.env);
  const [first = "", ...rest] = lines;
  system.stderr.write(`${style.bad(`${name}:`)} ${printable(first)}\n`);
  for (const line of rest) system.stderr.write(`  ${printable(line)}\n`);
}

function end(system: System, program: Command, error: unknown): ExitCode {
  const name = program.name();
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.ok;
    // No verb at all: the help has been shown on standard error.
    if (error.code !== "commander.help") {
      const [verb] = system.args;
      const known = program.commands.some((command) => command.name() === verb);
      const asked = known ? `${name} ${verb}` : name;
      say(system, name, [`${parserMessage(error)}; see ${asked} --help`]);
    }
    return ExitCode.tool;
  }
  if (error instanceof ToolError) {
    say(system, name, [error.message, ...error.details]);
    return ExitCode.tool;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(system, name, [
    "this is a bug in the tool, please report it with what follows",
    ...stack.split("\n"),
  ]);
  return ExitCode.tool;
}

/** A verb that is not there is refused, also where its help is asked for: the parser would show that of all. */
function withoutUnknownHelp(program: Command, args: readonly string[]): string[] {
  const [verb = "-"] = args;
  const { commands } = program;
  const known =
    verb.startsWith("-") || verb === "help" || commands.some((command) => command.name() === verb);
  return known || commands.length === 0 ? [...args] : [verb];
}

/**
 * Parses the arguments of `system` and runs the verb they name.
 *
 * @param build adds the verbs; each calls `finish` with its exit code when its work is done
 * @returns the exit code; never rejects
 */
export async function runProgram(
  system: System,
  build: (finish: Finish) => Command,
): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  const program = build((given) => {
    code = given;
  });
  try {
    await program.parseAsync(withoutUnknownHelp(program, system.args), { from: "user" });
    return code;
  } catch (error) {
    return end(system, program, error);
  }
}
