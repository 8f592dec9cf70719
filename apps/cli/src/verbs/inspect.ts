/**
 * `faultline inspect`: the frames of a pcapng file, for those without Wireshark.
 *
 * A capture of any tool will do. The file is read whole, up to a limit; what is no pcapng file is
 * refused with the offset at which that showed, and a file that is damaged further on is printed up
 * to there. Packets that hold no frames are counted.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Command } from "commander";

import type { CaptureError, FoundFrame, InspectCounts } from "@faultline/capture";

import { ExitCode, ToolError } from "../exit.ts";
import { readers } from "../options/values.ts";
import { count, plural } from "../output/numbers.ts";
import { printable, shown } from "../output/printable.ts";
import { styleFor } from "../output/style.ts";
import { createCommand, type Finish } from "../program.ts";
import { reasonOf } from "../reasons.ts";
import type { System } from "../system.ts";

interface InspectFlags {
  readonly json?: boolean;
  readonly limit: number;
  readonly bytes: number;
}

/** Largest file that is read: it is held in memory. */
const FILE_BYTES_MAX = 1_073_741_824;
const LIMIT_MAX = 1_000_000_000;
const LIMIT_DEFAULT = 1_000;
const BYTES_DEFAULT = 256;

/** @throws ToolError */
function readFile(path: string): Uint8Array {
  try {
    const file = openSync(path, "r");
    try {
      const stat = fstatSync(file);
      const { size } = stat;
      // A pipe says that it has no bytes, and would be taken for an empty file.
      if (!stat.isFile() && !stat.isDirectory()) {
        const why = "it is no file, but a pipe or a device: put it into a file first";
        throw new ToolError(`Cannot read ${shown(path)}: ${why}`);
      }
      if (size > FILE_BYTES_MAX) {
        throw new ToolError(
          `Cannot read ${shown(path)}: it is larger than ${FILE_BYTES_MAX} bytes`,
        );
      }
      const bytes = new Uint8Array(size);
      let length = 0;
      for (let got = -1; got !== 0 && length < size; length += got) {
        got = readSync(file, bytes, length, size - length, null);
      }
      return bytes.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`Cannot read ${shown(path)}: ${reasonOf(error)}`, { cause: error });
  }
}

async function inspect(system: System, path: string, flags: InspectFlags): Promise<void> {
  const file = readFile(path);
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
    if (counts.packets > 0) tell(system, counts, Math.max(0, printed - flags.limit));
  }
}

/** @throws whatever is no trouble with the file */
function refusal(path: string, error: unknown, { packets }: InspectCounts): unknown {
  if ((error as Partial<CaptureError>).name !== "CaptureError") return error;
  const { code, offset, message } = error as CaptureError;
  const after = packets > 0 ? ` after ${plural(packets, "packet")}` : "";
  const heading = code === "not-pcapng" ? "Cannot inspect" : "Cannot go on inspecting";
  return new ToolError(`${heading} ${shown(path)}: at byte ${offset}${after}, ${message}`, {
    cause: error,
  });
}

async function printerFor(
  system: System,
  flags: InspectFlags,
): Promise<(found: FoundFrame) => void> {
  const { frameLines } = await import("../output/dump.ts");
  const { frameJson } = await import("../output/frame-json.ts");
  if (flags.json === true) {
    return (found) => system.stdout.write(`${JSON.stringify(frameJson(found))}\n`);
  }
  const style = styleFor(system.stdout, system.env);
  return (found) => system.stdout.write(`${frameLines(found, style, flags.bytes).join("\n")}\n`);
}

function tell(system: System, counts: InspectCounts, leftOut: number): void {
  const { packets, frames, refused, others, tls } = counts;
  const parts = [plural(packets, "packet"), plural(frames, "frame")];
  if (refused > 0) parts.push(`${count(refused)} refused`);
  const rest = tls.records > 0 ? "see below" : "in fragments, encrypted, or not ours";
  if (others > 0) parts.push(`${plural(others, "packet")} with something else (${rest})`);
  if (leftOut > 0) parts.push(`${count(leftOut)} not shown (--limit)`);
  system.stderr.write(`${printable(parts.join(", "))}\n`);
  if (tls.records > 0) system.stderr.write(`${printable(tlsText(tls))}\n`);
}

/** What is there of TLS: how much, and that nobody can read it here. */
function tlsText({ records, encrypted, bytes, bytesMax }: InspectCounts["tls"]): string {
  const all = `TLS: ${plural(records, "record")}, ${count(encrypted)} of them encrypted`;
  const sizes = `${count(bytes)} bytes, ${count(bytesMax)} in the largest`;
  return `${all}; ${sizes}. What is inside is not read here; Wireshark does where the file holds its secrets`;
}

/** The verb `inspect`. */
export function inspectCommand(system: System, finish: Finish): Command {
  const read = readers("inspect");
  return createCommand(system, "inspect", "Print the frames of a pcapng file, with their bytes.")
    .argument("<file>", "a capture, of this tool or any other")
    .option("--json", "one JSON line for each frame")
    .option(
      "--limit <n>",
      "frames that are printed",
      read.integer("--limit", 1, LIMIT_MAX),
      LIMIT_DEFAULT,
    )
    .option(
      "--bytes <n>",
      "bytes of a frame that are dumped",
      read.integer("--bytes", 0, FILE_BYTES_MAX),
      BYTES_DEFAULT,
    )
    .action(async (path: string, flags: InspectFlags) => {
      await inspect(system, path, flags);
      finish(ExitCode.ok);
    });
}
