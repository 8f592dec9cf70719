/**
 * Captures made for a test, and what is read out of them.
 */
import type { Frame } from "@faultline/protocol";
import { encodeFrame, FrameType } from "@faultline/protocol";
import type {
  CaptureOptions,
  CaptureSummary,
  FoundFrame,
  FoundPacket,
  InspectCounts,
} from "../src/index.ts";
import { buildCapture, FaultNotes, framesOf, noCounts, WireLog } from "../src/index.ts";

/** A frame of that operation. */
export function frame(
  operation: number,
  payload: Uint8Array,
  type: FrameType = FrameType.data,
): Frame {
  return {
    type,
    checksum: "crc32c",
    flags: 0,
    status: 0,
    session: { high: 1, low: 2 },
    operation,
    attempt: 1,
    remainingMs: 0,
    payload,
  };
}

/** What a capture is made of. */
export interface CaptureOf {
  readonly kind?: "stream" | "datagram";
  readonly local?: string;
  readonly bytesMax?: number;
  /** What its interface says that it carries. */
  readonly carries?: string;
  /** Wires that carry nothing. */
  readonly silent?: number;
}

/** A capture of one wire that carries these writes, each the other way in turn. */
export function captureOf(
  writes: readonly Uint8Array[],
  {
    kind = "stream",
    local = "127.0.0.1:4711",
    bytesMax = 1e9,
    silent = 0,
    carries = "codec frame",
  }: CaptureOf = {},
): Uint8Array {
  const chunks: Uint8Array[] = [];
  const log = new WireLog({ bytesMax: 1e9, onChunk: (chunk) => chunks.push(chunk) });
  const wire = {
    kind,
    local,
    remote: "[::1]:7",
    dialled: true,
    startedUs: 5,
    openedUs: 10,
  } as const;
  const watcher = log
    .tap("wire")
    .open({ ...wire, remote: local.includes("127") ? "127.0.0.1:7" : wire.remote });
  writes.forEach((bytes, at) => {
    if (at % 2 === 0) watcher.sent(bytes, 20 + at);
    else watcher.received(bytes, 20 + at);
  });
  for (let at = 0; at < silent; at++) log.tap("wire").open({ ...wire, local: `client-${at}:1` });
  log.flush();
  return built(chunks, { bytesMax, carries: { wire: carries, behind: "" } }).file;
}

/** The file that is made of what a log has written down, and what is said of it. */
export function built(
  chunks: readonly Uint8Array[],
  differences: Partial<CaptureOptions>,
): { readonly file: Uint8Array; readonly summary: CaptureSummary } {
  const pieces: Uint8Array[] = [];
  const summary = buildCapture({
    sources: [{ chunks: () => chunks }],
    take: (bytes) => pieces.push(bytes),
    bytesMax: 1e9,
    behind: false,
    application: "test",
    comment: "",
    carries: { wire: "codec frame", behind: "" },
    codecs: { wire: "frame", behind: undefined },
    mssBytes: 1_000,
    secrets: false,
    originUs: 1_700_000_000_000_000,
    dropped: 0,
    bodies: [],
    notes: new FaultNotes(),
    clientOf: () => undefined,
    ...differences,
  });
  return { file: new Uint8Array(Buffer.concat(pieces)), summary };
}

/** All that is in a file. */
export interface ReadBack {
  readonly frames: readonly FoundFrame[];
  readonly packets: readonly FoundPacket[];
  readonly counts: InspectCounts;
}

export function readAll(file: Parameters<typeof framesOf>[0]): ReadBack {
  const counts = noCounts();
  const found = [...framesOf(file, counts)];
  return {
    frames: found.filter((one) => one.kind === "frame"),
    packets: found.filter((one) => one.kind === "packet"),
    counts,
  };
}

/** As if it came from another tool: it does not say that it carries frames. */
export function foreign(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString("latin1").replace("codec frame", "codec xxxxx");
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Frames of four sizes. */
export const CALM: readonly Uint8Array[] = [1, 2, 3, 4].map((n) =>
  encodeFrame(frame(n, new Uint8Array(n * 700).fill(n))),
);
