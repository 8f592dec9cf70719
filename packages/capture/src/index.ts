/**
 * The door of the package: what is listed here is promised, what is not may change tomorrow.
 */
export type { AnnotatorOptions } from "./build/annotate.ts";
export { buildCapture } from "./build/build.ts";
export type { CaptureOptions, CaptureSummary } from "./build/build.ts";
export { FaultNotes } from "./build/notes.ts";
export type { FaultNote } from "./build/notes.ts";
export type { Run } from "./build/search.ts";
export type { LogSource } from "./log/merge.ts";
export { Stories } from "./log/stories.ts";
export { WireLog } from "./log/wire-log.ts";
export type { Vantage, WireLogOptions } from "./log/wire-log.ts";
export { framesOf, noCounts } from "./read/frames.ts";
export type {
  Found,
  FoundFrame,
  FoundOther,
  FoundPacket,
  InspectCounts,
  LayerCounts,
} from "./read/frames.ts";
export { CaptureError, packetsOf } from "./read/pcapng.ts";
export type { ReadInterface, ReadPacket } from "./read/pcapng.ts";
export type { CaptureSource } from "./read/source.ts";
export type { TlsCounts } from "./read/tls-records.ts";
export { carriedBy } from "./read/transport.ts";
export type { Carried } from "./read/transport.ts";
