export {
  FRAME_HEADER_BYTES,
  FRAME_LIMITS_DEFAULT,
  FRAME_MAGIC,
  FRAME_VERSION,
  FrameFlag,
  FrameType,
  sessionToHex,
  StatusCode,
} from "./frame.ts";
export type { ChecksumName, Frame, FrameLimits, SessionId } from "./frame.ts";
export type { Clock, Dialer, Draw, Link, LinkError, LinkEvents, Timer } from "./ports.ts";
