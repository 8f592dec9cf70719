/** The door of the package: what is not named here may change tomorrow. */
export { EndWatch, TRUNCATED } from "./end.ts";
export { tlsErrorOf } from "./problem.ts";
export { TLS_PROTOCOL_ID, TLS_VERSION } from "./protocol-id.ts";
export { TapGate } from "./tap-gate.ts";
export type { TapGateOptions } from "./tap-gate.ts";
export { Wire } from "./wire.ts";
export type { WireGate } from "./wire.ts";
