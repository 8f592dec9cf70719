/**
 * `faultline inspect`: the frames of a pcapng file, for those without Wireshark.
 *
 * A capture of any tool will do, of any size. What is no pcapng file is refused with the offset at
 * which that showed, and a file that is damaged further on, or was never finished, is printed up to
 * there. Packets that hold no frames are counted.
 */
import type { Command } from "commander";

import type { CaptureError, Found, InspectCounts } from "@faultline/capture";

import { ExitCode, ToolError } from "../exit.ts";
import { CaptureFileSource } from "../input/capture-source.ts";
import { readers } from "../options/values.ts";
import { count, plural } from "../output/numbers.ts";
import { printable, shown } from "../output/printable.ts";
import { styleFor } from "../output/style.ts";
import { createCommand, type Finish } from "../program.ts";
import type { System } from "../system.ts";

interface InspectFlags {
  readonly json?: boolean;
  readonly limit: number;
  readonly bytes: number;
}

const COUNT_MAX = 1_000_000_000;
const LIMIT_DEFAULT = 1_000;
const BYTES_DEFAULT = 256;

async function inspect(system: System, path: string, flags: InspectFlags): Promise<void> {
  if (path === "-") {
    throw new ToolError('Cannot read "-": standard input is no file: put it into a file first');
  }
  const file = new CaptureFileSource(path);
  const { framesOf, noCounts } = await import("@faultline/capture");
  const print = await printerFor(system, flags);
  const counts = noCounts();
  let printed = 0;
  try {
    for (const found of framesOf(file, counts)) {
      if (printed < flags.limit) print(found);
      printed += 1;
    }
  } catch (error) {
    throw refusal(path, error, counts);
  } finally {
    file.close();
    if (counts.packets > 0) tell(system, counts, Math.max(0, printed - flags.limit));
  }
}

/** @throws whatever is no trouble with the file */
function refusal(path: string, error: unknown, { packets }: InspectCounts): unknown {
  if ((error as Partial<CaptureError>).name !== "CaptureError") return error;
  const { code, offset, message } = error as CaptureError;
  const after = packets > 0 ? ` after ${plural(packets, "packet")}` : "";
  const heading = code === "not-pcapng" ? "Cannot inspect" : "Cannot go on inspecting";
  const rest =
    code === "cut-off" ? ": it was not finished, and what came before is all there is" : "";
  return new ToolError(`${heading} ${shown(path)}: at byte ${offset}${after}, ${message}${rest}`, {
    cause: error,
  });
}

type Print = (found: Found) => void;

async function printerFor(system: System, { json, bytes }: InspectFlags): Promise<Print> {
  const { frameLines, otherLines } = await import("../output/dump.ts");
  const { frameJson, otherJson } = await import("../output/frame-json.ts");
  const { packetJson, packetLines } = await import("../output/packet-lines.ts");
  const { stdout, env } = system;
  const style = styleFor(stdout, env);
  const jsonOf = (found: Found): object => {
    if (found.kind === "other") return otherJson(found);
    return found.kind === "packet" ? packetJson(found) : frameJson(found);
  };
  const linesOf = (found: Found): string[] => {
    if (found.kind === "other") return otherLines(found, style, bytes);
    return found.kind === "packet"
      ? packetLines(found, style, bytes)
      : frameLines(found, style, bytes);
  };
  return json === true
    ? (found) => stdout.write(`${JSON.stringify(jsonOf(found))}\n`)
    : (found) => stdout.write(`${linesOf(found).join("\n")}\n`);
}

function tell(system: System, counts: InspectCounts, leftOut: number): void {
  const { packets, frames, refused, others, encrypted, tls, layer } = counts;
  const parts = [plural(packets, "packet"), plural(frames, "frame")];
  if (refused > 0) parts.push(`${count(refused)} refused`);
  const known = encrypted === others ? "all" : count(encrypted);
  const rest =
    encrypted > 0 ? `${known} of them ours, encrypted` : "no frames of ours, or encrypted";
  if (others > 0) parts.push(`${plural(others, "packet")} with something else (${rest})`);
  if (leftOut > 0) parts.push(`${count(leftOut)} not shown (--limit)`);
  system.stderr.write(`${printable(parts.join(", "))}\n`);
  if (layer.packets + layer.damaged > 0) system.stderr.write(`${layerText(layer)}\n`);
  if (tls.records > 0) system.stderr.write(`${printable(tlsText(counts))}\n`);
}

/** What there is of packets under the frames: ours, of which one is a UDP datagram. */
function layerText({ packets, damaged, unfinished, noRoom }: InspectCounts["layer"]): string {
  const parts = [`under the frames: ${plural(packets, "reliable packet")}`];
  if (damaged > 0) parts.push(`${count(damaged)} more damaged`);
  if (unfinished > 0) parts.push(`${plural(unfinished, "message")} not whole`);
  if (noRoom > 0) parts.push(`${count(noRoom)} without room beside those`);
  return parts.join(", ");
}

/** What is there of TLS: how much, and that nobody can read it here. */
function tlsText({ secrets, tls: { records, encrypted, bytes, bytesMax } }: InspectCounts): string {
  const all = `TLS: ${plural(records, "record")}, ${count(encrypted)} of them encrypted`;
  const sizes = `${count(bytes)} bytes, ${count(bytesMax)} in the largest`;
  const key =
    secrets > 0
      ? "the file holds its secrets, so Wireshark shows it (tools/wireshark)"
      : "the file holds no secrets";
  return `${all}; ${sizes}. What is inside is not read here; ${key}`;
}

/** The verb `inspect`. */
export function inspectCommand(system: System, finish: Finish): Command {
  const read = readers("inspect");
  return createCommand(system, "inspect", "Print the frames of a pcapng file, with their bytes.")
    .argument("<file>", "a capture (pcapng), of this tool or any other, finished or not")
    .option("--json", "one JSON line for each frame")
    .option(
      "--limit <n>",
      "frames (and packets under them) that are printed",
      read.integer("--limit", 1, COUNT_MAX),
      LIMIT_DEFAULT,
    )
    .option(
      "--bytes <n>",
      "bytes of a frame that are dumped",
      read.integer("--bytes", 0, COUNT_MAX),
      BYTES_DEFAULT,
    )
    .action(async (path: string, flags: InspectFlags) => {
      await inspect(system, path, flags);
      finish(ExitCode.ok);
    });
}
