/**
 * What tests of the other packages may use. The contract suite needs vitest and has its own
 * door, `@faultline/testkit/contract`; so has the naive client, `@faultline/testkit/naive`, which
 * examples use too.
 */
export { checksumNames, cut, cuts, frames, payloads } from "./arbitrary.ts";
export { FakeClock } from "./fake-clock.ts";
export { MemoryLink } from "./memory-link.ts";
export type { MemoryLinkOptions } from "./memory-link.ts";
export { MemoryNetwork } from "./memory-network.ts";
export type { Meddled, MemoryConnection, MemoryNetworkOptions } from "./memory-network.ts";
export { pair } from "./pair.ts";
export type { Pair, PairEnd } from "./pair.ts";
export { LinkRecorder } from "./recorder.ts";
export type { LinkEvent } from "./recorder.ts";
export { numbers, seed, seeded } from "./seed.ts";
