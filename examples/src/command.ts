/**
 * The command line of the examples: arguments in, text and an exit code out. Nothing is printed here.
 *
 *   example                          lists them
 *   example NAME [--seed N] [--json] runs one; 0 where all that it claims holds, else 1
 */
import { examples } from "./examples.ts";
import { asJson, asText } from "./show.ts";

/** What the command has to say. */
export interface Said {
  readonly code: 0 | 1 | 3;
  readonly out: string;
  readonly err: string;
}

const SEED = 1;

const USAGE = `Usage: npx -y pnpm@12 example NAME [--seed N] [--json]

Runs a comparison in the simulated network, and says which of its claims hold.

  --seed N   whole number from 0; the same seed gives the same bytes (default ${SEED})
  --json     one JSON object instead of a table
`;

/** Runs the command. */
export function runCommand(args: readonly string[]): Said {
  let [name, seed, json]: [string | undefined, number, boolean] = [undefined, SEED, false];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--help" || arg === "-h") return said(`${USAGE}\n${list()}`);
    if (arg === "--json") json = true;
    else if (arg === "--seed") {
      const text = args[++at] ?? "";
      seed = /^\d+$/.test(text) ? Number(text) : NaN;
      if (!Number.isSafeInteger(seed))
        return refused(`--seed must be a whole number: got "${text}"`);
    } else if (arg.startsWith("-") || name !== undefined) return refused(`Unknown: ${arg}`);
    else name = arg;
  }
  if (name === undefined) return said(list());
  const example = examples.find((one) => one.name === name);
  if (example === undefined) return refused(`There is no example "${name}".\n\n${list()}`);
  const report = example.run(seed);
  const out = (json ? asJson : asText)(example, seed, report);
  return { code: report.claims.every(({ holds }) => holds) ? 0 : 1, out, err: "" };
}

function list(): string {
  const width = Math.max(...examples.map(({ name }) => name.length));
  return examples.map(({ name, title }) => `${name.padEnd(width)}  ${title}\n`).join("");
}

function said(out: string): Said {
  return { code: 0, out, err: "" };
}

function refused(message: string): Said {
  return { code: 3, out: "", err: `${message.trimEnd()}\n` };
}
