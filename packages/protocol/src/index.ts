/**
 * The door of the package: what is listed here is promised, what is not may change tomorrow.
 */
export { checksums } from "./checksum/catalogue.ts";
export type { Checksum, FrameKeys } from "./checksum/checksum.ts";
export { crc32, useNativeCrc32 } from "./checksum/crc32.ts";
export type { NativeCrc32 } from "./checksum/crc32.ts";
export { crc32c } from "./checksum/crc32c.ts";
export { decodeDatagram, FrameDecoder } from "./decoder.ts";
export { encodeFrame, frameBytes } from "./encode.ts";
export { ProtocolError } from "./error.ts";
export {
  FRAME_HEADER_BYTES,
  FRAME_LIMITS_DEFAULT,
  FRAME_MAGIC,
  FRAME_VERSION,
  FrameFlag,
  FrameType,
  RETRY_AFTER_STOP,
  sessionFromHex,
  sessionToHex,
  StatusCode,
} from "./frame.ts";
export type { ChecksumName, Frame, FrameHeader, FrameLimits, SessionId } from "./frame.ts";
export {
  decodeLife,
  encodeLife,
  LIFE_ANY,
  LIFE_FRESH,
  LIFE_TAG_MAX,
  lifeFields,
  lifeOf,
  nextLifeTag,
} from "./life.ts";
export type { LifeFields, LifeNotice } from "./life.ts";
export { createMessageCheck } from "./message-check.ts";
export type { MessageCheck, MessageCheckOptions, MessageVerdict } from "./message-check.ts";
export { Assembly as PacketAssembly } from "./packet/assembly.ts";
export { PacketConnection } from "./packet/connection.ts";
export type { Arrival, PacketConnectionOptions, PacketEnd } from "./packet/connection.ts";
export { decodePacket } from "./packet/decode.ts";
export { packetDialer } from "./packet/dial.ts";
export type { PacketDialerOptions } from "./packet/dial.ts";
export { acceptPackets } from "./packet/door.ts";
export type { PacketDoorOptions } from "./packet/door.ts";
export { PACKET_LIMITS_DEFAULT, packetLimitsOf } from "./packet/limits.ts";
export type { PacketLimits } from "./packet/limits.ts";
export type { PacketStats } from "./packet/stats.ts";
export { isPacket } from "./packet/wire.ts";
export type { Ack, FragmentPart, NumberRange, Packet } from "./packet/wire.ts";
export { decodePipeDatagram } from "./pipe/datagram.ts";
export { PipeDecoder } from "./pipe/decoder.ts";
export { encodePipe, encodePipeError, PIPE_LIMITS_DEFAULT, PIPE_SETTLE_MS } from "./pipe/text.ts";
export type { PipeItem, PipeLimits } from "./pipe/text.ts";
export type {
  Clock,
  Dialer,
  Draw,
  Link,
  LinkError,
  LinkEvents,
  RecordHarm,
  Timer,
} from "./ports.ts";
export { isRefusal } from "./refusal.ts";
export type { Refusal, RefusalCode } from "./refusal.ts";
export type { SealRefusal, SealRefusalListener } from "./seal/channel.ts";
export { SEAL_CIPHERS } from "./seal/cipher.ts";
export type { SealCipher } from "./seal/cipher.ts";
export { createFrameKeys } from "./seal/frame-keys.ts";
export type { FrameKeysOptions } from "./seal/frame-keys.ts";
export { SealGate } from "./seal/gate.ts";
export type { SealGateOptions } from "./seal/gate.ts";
export type { RandomBytes } from "./seal/handshake.ts";
export { Keyring } from "./seal/key.ts";
export type { SealKey } from "./seal/key.ts";
export { SEAL_LIMITS_DEFAULT } from "./seal/limits.ts";
export type { SealLimits } from "./seal/limits.ts";
export { RECORD_HEADER_BYTES, SEAL_MAGIC, SEAL_OVERHEAD_BYTES } from "./seal/record.ts";
export { sealDialer } from "./seal/seal-dialer.ts";
export type { SealDialerOptions } from "./seal/seal-dialer.ts";
export { durationUsOf, settingRefusal } from "./settings.ts";
export type { Setting } from "./settings.ts";
export type { Wire, WireSide, WireTap, WireWatcher } from "./tap/tap.ts";
export { tapDialer } from "./tap/tap-dialer.ts";
export type { TapOptions } from "./tap/tap-dialer.ts";
export { createRttEstimate, rttProfiles } from "./rtt.ts";
export type { RttEstimate, RttProfile } from "./rtt.ts";
export { FrameWriter } from "./writer.ts";
export type { FrameWriterOptions } from "./writer.ts";
