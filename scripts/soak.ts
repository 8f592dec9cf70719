/**
 * `pnpm soak`: a million messages through every fault there is, and ten looks at what is left over.
 *
 * Progress goes to standard error, the result to standard output. Ctrl-C closes and reports what there
 * was; again: at once.
 */
import process from "node:process";
import { readOptions as read, wholeNumber, WRONG_OPTION, wrongOption } from "./options.ts";
import { heapGrowthBytes, problemsOf, type Look, type SoakFindings } from "./soak/soak.ts";
import { worlds } from "./soak/worlds.ts";

const USAGE = `Usage: npx -y pnpm@12 soak [options]

Sends messages through every fault, and looks ten times at what is left over. Exit code 0: nothing has
grown; 1: something has, or was answered wrongly or executed twice; 3: a wrong option; 130: interrupted.

  --messages N       how many (default 1000000)
  --transport NAME   tcp or udp (default tcp)
  --seed N           which faults (default 1)
  --world NAME       ${Object.keys(worlds).join(" or ")} (default real); simulated: through restarts too
  --json             one JSON object on standard output`;

interface Asked {
  readonly messages: number;
  readonly seed: number;
  readonly transport: "tcp" | "udp";
  readonly world: string;
  readonly json: boolean;
}

/** @throws RangeError naming the option, its rule and its value. */
function readOptions(): Asked {
  const values = read(USAGE, {
    messages: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    transport: { type: "string", default: "tcp" },
    world: { type: "string", default: "real" },
    json: { type: "boolean", default: false },
  });
  const whole = (name: "messages" | "seed", min: number): number =>
    wholeNumber({ doing: "soak", name, text: values[name] }, min);
  const { json, transport, world } = values;
  if (transport !== "tcp" && transport !== "udp") {
    throw wrongOption({ doing: "soak", name: "transport", text: transport }, "tcp or udp");
  }
  if (!Object.hasOwn(worlds, world)) {
    const names = Object.keys(worlds).join(", ");
    throw wrongOption({ doing: "soak", name: "world", text: world }, `one of ${names}`);
  }
  return { messages: whole("messages", 10), seed: whole("seed", 0), transport, world, json };
}

const HEAD = ["messages", "seconds", "heap MB", "resident MB", "timers", "links", "server's"];

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(12)).join("");
}

function rowOf(look: Look): string {
  const megabytes = (bytes: number | null): string =>
    bytes === null ? "" : (bytes / 1e6).toFixed(2);
  return row([
    look.messages.toLocaleString("en-US"),
    (look.elapsedMs / 1000).toFixed(1),
    megabytes(look.heapBytes),
    megabytes(look.residentBytes),
    String(look.timers),
    String(look.links),
    String(look.serverLinks),
  ]);
}

function print({ messages, transport, seed }: Asked, findings: SoakFindings): void {
  const { counts, faults, left } = findings;
  const grown = heapGrowthBytes(findings.looks);
  const acted = faults.map(({ fired, kind }) => `${kind} ${fired}`).join(", ");
  console.log(
    [
      `soak: ${messages.toLocaleString("en-US")} messages over ${transport}, seed ${seed}`,
      `delivered ${counts.delivered}, failed ${counts.failed}, indeterminate ${counts.indeterminate}, rejected ${counts.rejected}`,
      `executions ${counts.executions}, attempts ${counts.attempts}, reconnects ${counts.reconnects}, wrong bodies ${counts.wrong}`,
      `faults: ${acted}`,
      `heap growth ${grown === null ? "not known" : `${grown} bytes`}; after the close ${left.timers} timers, ${left.links} links`,
    ].join("\n"),
  );
}

async function main(): Promise<void> {
  const asked = readOptions();
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    console.error("soak: interrupted, closing");
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  console.error(row(HEAD));
  const findings = await worlds[asked.world]!({
    ...asked,
    signal: stop.signal,
    onLook: (look) => console.error(rowOf(look)),
  });
  process.off("SIGINT", onSignal);
  process.off("SIGTERM", onSignal);
  const isWhole = !stop.signal.aborted;
  const problems = isWhole ? problemsOf(findings) : [];
  const { json, ...options } = asked;
  const heapGrowth = heapGrowthBytes(findings.looks);
  if (json) {
    console.log(
      JSON.stringify({ ...options, isWhole, heapGrowthBytes: heapGrowth, ...findings, problems }),
    );
  } else print(asked, findings);
  for (const problem of problems) console.error(`soak: ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : isWhole ? 0 : 130;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = WRONG_OPTION;
}
