/**
 * The log alone, for programs that serve no HTTP: a door of its own, so that they do not load the
 * service with it.
 */

export { safeJson } from "./observe/log-lines.ts";
export { openLog } from "./observe/log-tape.ts";
export { readLogLevel } from "./observe/log.ts";
export type { Log, LogLevel, LogThreshold } from "./observe/log.ts";
export { payloadFields } from "./observe/payload.ts";
export { readSwitch } from "./switch.ts";
