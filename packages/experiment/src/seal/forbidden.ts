/**
 * What nothing may use while the events of a simulated run happen, by name.
 *
 * Each row names an object, the members of it that are forbidden, and what they would let in. A
 * name that a runtime does not have is passed over, so one table serves all of them. This file is
 * a list: guard.ts puts the guards on, seal.ts says when they bite.
 */
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import net from "node:net";
import process from "node:process";
import threads from "node:worker_threads";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import zlib from "node:zlib";

/** What a forbidden thing would let into a run. */
export type Leak =
  | "another thread or process"
  | "files"
  | "real chance"
  | "real time"
  | "the network"
  | "the thread pool"
  | "timers outside the simulation";

/** Some members of one object. */
export interface Forbidden {
  /** How the object is called in code; empty for globals. */
  readonly owner: string;
  readonly object: object;
  readonly names: readonly string[];
  readonly leak: Leak;
  /** The runtime's own code may go on using it: consoles and module loaders do. @default false */
  readonly runtimeMay?: boolean;
}

/** A class and the methods of its instances: these are met however a module was imported. */
function methods(owner: string, of: unknown): { readonly owner: string; readonly object: object } {
  const prototype = (of as { prototype?: object } | undefined)?.prototype;
  return { owner, object: prototype ?? {} };
}

/** A global object by its name; empty where this runtime has none of it. */
function global(name: string): { readonly owner: string; readonly object: object } {
  const found: unknown = Reflect.get(globalThis, name);
  const isObject = (typeof found === "object" && found !== null) || typeof found === "function";
  return { owner: name, object: isObject ? found : {} };
}

/** Every function of a module but its classes. */
function functionsOf(module: object): string[] {
  return Object.keys(module).filter(
    (name) => /^[a-z]/.test(name) && typeof Reflect.get(module, name) === "function",
  );
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

const TIMERS = words("setTimeout setInterval setImmediate");
const NETWORK = words("fetch WebSocket EventSource XMLHttpRequest");

const TIME: readonly Forbidden[] = [
  { owner: "Date", object: Date, names: ["now"], leak: "real time" },
  {
    ...methods("performance", Reflect.get(globalThis, "Performance")),
    names: words("now timeOrigin mark measure"),
    leak: "real time",
  },
  { owner: "process.hrtime", object: process.hrtime, names: ["bigint"], leak: "real time" },
  {
    owner: "process",
    object: process,
    names: words("hrtime uptime cpuUsage memoryUsage resourceUsage"),
    leak: "real time",
  },
  {
    owner: "Temporal.Now",
    object: (global("Temporal").object as { Now?: object }).Now ?? {},
    names: words("instant plainDateISO plainDateTimeISO plainTimeISO zonedDateTimeISO timeZoneId"),
    leak: "real time",
  },
  { ...global("Atomics"), names: words("wait waitAsync"), leak: "real time" },
];

const QUEUES: readonly Forbidden[] = [
  {
    owner: "",
    object: globalThis,
    names: [...TIMERS, "queueMicrotask"],
    leak: "timers outside the simulation",
  },
  { owner: "timers", object: timers, names: TIMERS, leak: "timers outside the simulation" },
  {
    owner: "timers/promises",
    object: timersPromises,
    names: TIMERS,
    leak: "timers outside the simulation",
  },
  { ...global("AbortSignal"), names: ["timeout"], leak: "timers outside the simulation" },
  {
    owner: "process",
    object: process,
    names: ["nextTick"],
    leak: "timers outside the simulation",
    runtimeMay: true,
  },
];

const CHANCE: readonly Forbidden[] = [
  { owner: "Math", object: Math, names: ["random"], leak: "real chance" },
  {
    ...methods("crypto", Reflect.get(globalThis, "Crypto")),
    names: words("getRandomValues randomUUID"),
    leak: "real chance",
  },
  {
    owner: "crypto",
    object: crypto,
    names: words(
      `randomBytes randomFill randomFillSync randomInt randomUUID getRandomValues generateKey
      generateKeySync generateKeyPair generateKeyPairSync generatePrime generatePrimeSync`,
    ),
    leak: "real chance",
  },
];

const POOL: readonly Forbidden[] = [
  {
    ...methods("crypto.subtle", Reflect.get(globalThis, "SubtleCrypto")),
    names: words(
      `decrypt deriveBits deriveKey digest encrypt exportKey generateKey importKey sign unwrapKey
      verify wrapKey`,
    ),
    leak: "the thread pool",
  },
  {
    owner: "crypto",
    object: crypto,
    names: words("pbkdf2 scrypt hkdf checkPrime"),
    leak: "the thread pool",
  },
  {
    owner: "zlib",
    object: zlib,
    names: words(
      `gzip gunzip unzip deflate inflate deflateRaw inflateRaw brotliCompress brotliDecompress
      zstdCompress zstdDecompress`,
    ),
    leak: "the thread pool",
  },
  { owner: "fs", object: fs, names: functionsOf(fs), leak: "files", runtimeMay: true },
  { owner: "fs.promises", object: fs.promises, names: functionsOf(fs.promises), leak: "files" },
  {
    ...global("Deno"),
    names: words(
      `create createSync lstat lstatSync mkdir mkdirSync open openSync readDir readDirSync readFile
      readFileSync readTextFile readTextFileSync remove removeSync stat statSync writeFile
      writeFileSync writeTextFile writeTextFileSync`,
    ),
    leak: "files",
  },
];

const NET: readonly Forbidden[] = [
  { owner: "", object: globalThis, names: NETWORK, leak: "the network" },
  { ...methods("net.Socket", net.Socket), names: ["connect"], leak: "the network" },
  { ...methods("net.Server", net.Server), names: ["listen"], leak: "the network" },
  { owner: "net", object: net, names: words("connect createConnection"), leak: "the network" },
  {
    ...methods("dgram.Socket", dgram.Socket),
    names: words("bind connect send"),
    leak: "the network",
  },
  { owner: "dgram", object: dgram, names: ["createSocket"], leak: "the network" },
  { owner: "dns", object: dns, names: functionsOf(dns), leak: "the network" },
  {
    owner: "dns.promises",
    object: dns.promises,
    names: functionsOf(dns.promises),
    leak: "the network",
  },
  {
    ...global("Deno"),
    names: words("connect connectTls listen listenDatagram listenTls resolveDns serve"),
    leak: "the network",
  },
];

const OTHERS: readonly Forbidden[] = [
  {
    owner: "",
    object: globalThis,
    names: words("Worker MessageChannel BroadcastChannel"),
    leak: "another thread or process",
  },
  {
    owner: "worker_threads",
    object: threads,
    names: words("Worker MessageChannel BroadcastChannel"),
    leak: "another thread or process",
  },
  {
    ...methods("ChildProcess", Reflect.get(childProcess, "ChildProcess")),
    names: ["spawn"],
    leak: "another thread or process",
  },
  {
    owner: "child_process",
    object: childProcess,
    names: functionsOf(childProcess),
    leak: "another thread or process",
  },
  { ...global("Deno"), names: ["Command"], leak: "another thread or process" },
];

/**
 * Everything that is forbidden while events happen.
 *
 * Promises are not in the list. A reaction runs when the slice is over, which is after a fixed
 * number of events, so it comes at the same place in every run; what a reaction does is not an
 * event and is not watched.
 */
export const FORBIDDEN: readonly Forbidden[] = [
  ...TIME,
  ...QUEUES,
  ...CHANCE,
  ...POOL,
  ...NET,
  ...OTHERS,
];
