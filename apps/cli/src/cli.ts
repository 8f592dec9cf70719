/**
 * The `faultline` command: its verbs, and the line each is introduced with.
 *
 * What a verb does stands in `verbs/`; how errors end the program in program.ts. Verbs load the
 * packages they need when they run: help, versions and typing slips are answered at once.
 */
import type { Command } from "commander";

import type { ExitCode } from "./exit.ts";
import { createCommand, runProgram } from "./program.ts";
import type { Finish } from "./program.ts";
import type { System } from "./system.ts";
import { certsCommand } from "./verbs/certs.ts";
import { compareCommand } from "./verbs/compare.ts";
import { inspectCommand } from "./verbs/inspect.ts";
import { keyCommand } from "./verbs/key.ts";
import { runCommand } from "./verbs/run.ts";
import { scenariosCommand } from "./verbs/scenarios.ts";
import { searchCommand } from "./verbs/search.ts";
import { sendCommand } from "./verbs/send.ts";
import { serverCommand } from "./verbs/server.ts";
import { shrinkCommand } from "./verbs/shrink.ts";
import { tokenCommand } from "./verbs/token.ts";

const EXAMPLES = `
Examples:
  faultline scenarios                          what is built in
  faultline run corruption --transport udp     one experiment, with its verdict
  faultline run my-spec.json --json            the same from a file, for a script
  faultline run plaintext --capture p.pcapng   its packets, for Wireshark
  faultline inspect p.pcapng                   … or without it
  faultline search my-spec.json --seeds 1000   which seeds fail
  faultline shrink my-spec.json --seed 16      the few faults that it takes
  faultline server --scenario loss             a server that loses replies
  faultline send --protocol udp "Hello"        one message, retried until answered
  faultline certs --host localhost             certificates for a laboratory
  faultline key create lab.keys                a secret for both ends of sealed links
  faultline token create --scope run           a token for the REST API

Exit codes: 0 pass or done, 1 fail, 2 inconclusive, 3 or more the tool could not do its work.`;

function build(system: System, finish: Finish): Command {
  return createCommand(system, "faultline", "A laboratory for network faults.")
    .addCommand(runCommand(system, finish))
    .addCommand(searchCommand(system, finish))
    .addCommand(shrinkCommand(system, finish))
    .addCommand(compareCommand(system, finish))
    .addCommand(serverCommand(system, finish))
    .addCommand(sendCommand(system, finish))
    .addCommand(scenariosCommand(system))
    .addCommand(inspectCommand(system, finish))
    .addCommand(tokenCommand(system, finish))
    .addCommand(certsCommand(system, finish))
    .addCommand(keyCommand(system, finish))
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES);
}

/** Runs the command line that `system` holds. @returns its exit code; never rejects */
export function runCli(system: System): Promise<ExitCode> {
  return runProgram(system, (finish) => build(system, finish));
}
