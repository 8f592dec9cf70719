/**
 * The capture of one run: taps for its world, and in the end the file and what it shows.
 *
 *   client's dialer ─► tap "wire"   ─┐
 *   server core     ─► tap "behind" ─┴─► logs (spill.ts) ─► buildCapture ─► pcapng, WireResult
 *
 * While the run goes on only bytes are copied; the file is made when it is over. What lies behind
 * the faults is taken down where there are faults, and only of messages that travel in the clear, or
 * where secrets are asked for: it would put into the file what encryption keeps off the wire.
 */
import { buildCapture, FaultNotes, Stories, WireLog } from "@faultline/capture";
import { sessionToHex, type WireTap } from "@faultline/protocol";
import type { ServerFaultRecord, WireLogSink } from "@faultline/server";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { planBodies } from "../plan/bodies.ts";
import { declaredFaults } from "../plan/faults.ts";
import { messagesOf } from "../plan/schedule.ts";
import { sessionOf } from "../plan/streams.ts";
import type { WireResult } from "../result/types.ts";
import type { FullSpec } from "../spec/types.ts";
import { type ChunkList, Spill } from "./spill.ts";
import { wireResult } from "./wire-result.ts";

/** Distinct messages that are looked for in the capture. */
const SOUGHT_MAX = 16;
/** What loopback allows, so that one write is one segment; and what Ethernet allows. */
const MSS_BYTES = { real: 65_495, simulated: 1_460 } as const;
/** Fault kinds that change bytes. */
const DAMAGING = ["corrupt"];

/** Fault kinds that act on encrypted records. */
const HARMING = new Map<string, "cut" | "flip">([
  ["corrupt-record", "flip"],
  ["cut-record", "cut"],
]);

/** What a recorder cannot know by itself. */
export interface Elsewhere {
  /** Records that had no room in logs of other threads. */
  readonly dropped: number;
  /** What the run's clock counts from, in µs since 1970; a virtual one counts from there. */
  readonly originUs: number;
}

/** Takes the file, piece by piece. */
export type TakeCapture = (bytes: Uint8Array) => void;

/** @see module */
export class CaptureRecorder {
  /** For the clients' dialers. */
  readonly wire: WireTap;
  /** For what lies above TLS; undefined where there is none. */
  readonly above: WireTap | undefined;
  /** For a server core in this thread; undefined where nothing is to be told from there. */
  readonly behind: WireTap | undefined;
  readonly #spec: FullSpec;
  readonly #spill = new Spill();
  readonly #log: WireLog;
  readonly #lists: ChunkList[];
  readonly #ofWorkers = new Map<number, ChunkList>();
  readonly #notes = new FaultNotes();
  readonly #hasBehind: boolean;
  readonly #stories: Stories | undefined;

  constructor(spec: FullSpec) {
    const list = this.#spill.list();
    this.#spec = spec;
    this.#lists = [list];
    const isTroubled = declaredFaults(spec).length > 0 || spec.network !== null;
    this.#hasBehind = isTroubled && (isPlain(spec) || isOpened(spec));
    const bytesMax = this.#hasBehind && spec.mode === "real" ? this.#half : spec.captureBytesMax;
    this.#log = new WireLog({ bytesMax, onChunk: (chunk) => list.add(chunk) });
    const tap = this.#log.tap("wire");
    this.above = this.#stories = hasStories(spec) ? new Stories() : undefined;
    this.wire = isOpened(spec) ? tap : withoutKeys(tap);
    this.behind = this.#hasBehind ? this.#log.tap("behind") : undefined;
  }

  /** For a server whose cores are in other threads; undefined as `behind`. */
  get sink(): WireLogSink | undefined {
    if (!this.#hasBehind) return undefined;
    const bytesMax = Math.floor(this.#half / this.#spec.server.workers);
    return { bytesMax, onChunk: (chunk, log) => this.#listOf(log).add(chunk) };
  }

  /** What faults did. */
  note(records: readonly ServerFaultRecord[]): void {
    for (const record of records) {
      const damages = DAMAGING.includes(record.kind);
      const harms = HARMING.get(record.kind);
      this.#notes.add({ ...record, damages, harms });
    }
  }

  /**
   * Makes the file; once.
   *
   * @param take is given the file
   */
  finish({ dropped, originUs }: Elsewhere, take: TakeCapture = () => {}): WireResult {
    this.#log.flush();
    const hash = sha256.create();
    const spec = this.#spec;
    const clients = new Map(
      Array.from({ length: spec.workload.clients }, (_, client) => [
        sessionToHex(sessionOf(spec.seed, client)),
        client,
      ]),
    );
    const bodies = soughtBodies(spec);
    const summary = buildCapture({
      sources: this.#lists,
      take: (bytes) => {
        hash.update(bytes);
        take(bytes);
      },
      bytesMax: spec.captureBytesMax,
      behind: this.#hasBehind,
      application: "faultline",
      comment: `${spec.name}, seed ${spec.seed}, ${spec.mode}, ${spec.transport}`,
      carries: { wire: carriedOf(spec), behind: `codec ${spec.codec}` },
      codecs: { wire: codecOf(spec), behind: spec.codec },
      stories: this.#stories,
      mssBytes: MSS_BYTES[spec.mode],
      secrets: isOpened(spec),
      originUs,
      dropped: this.#log.dropped + dropped,
      bodies,
      notes: this.#notes,
      clientOf: (session) => clients.get(session),
    });
    return wireResult(summary, { bodies, hash: bytesToHex(hash.digest()) });
  }

  /** Gives memory and disk back, whether there is a file or not. */
  close(): void {
    this.#spill.close();
  }

  get #half(): number {
    return Math.floor(this.#spec.captureBytesMax / 2);
  }

  #listOf(log: number): ChunkList {
    const known = this.#ofWorkers.get(log);
    if (known !== undefined) return known;
    const list = this.#spill.list();
    this.#ofWorkers.set(log, list);
    this.#lists.push(list);
    return list;
  }
}

/** Whether messages travel as they are. */
function isPlain({ transport, seal }: FullSpec): boolean {
  return transport !== "tls" && seal === null;
}

/** Whether there are frames inside TLS to tell of. */
function hasStories({ transport, codec }: FullSpec): boolean {
  return transport === "tls" && codec === "frame";
}

/** Whether the file is to hold what decrypts it: then there is nothing to hide behind the faults. */
function isOpened({ captureSecrets, transport }: FullSpec): boolean {
  return captureSecrets && transport === "tls";
}

/** A tap that is told no secrets: nobody asked for them, and logs may wait on a disk. */
function withoutKeys(tap: WireTap): WireTap {
  return { open: (wire) => tap.open(wire), keyLog() {} };
}

/** How messages travel on the wire; undefined: encrypted. */
function codecOf(spec: FullSpec): FullSpec["codec"] | "packets" | undefined {
  if (!isPlain(spec)) return undefined;
  return isInPackets(spec) ? "packets" : spec.codec;
}

function isInPackets({ transport, client }: FullSpec): boolean {
  return transport === "udp" && client.datagrams !== "plain";
}

/** What the wire carries, in words that tools/wireshark/faultline.lua looks for. */
function carriedOf(spec: FullSpec): string {
  if (!isPlain(spec)) return `codec ${spec.codec}, encrypted`;
  return isInPackets(spec) ? "codec frame, in packets" : `codec ${spec.codec}`;
}

/** The first messages of the run that differ. */
function soughtBodies(spec: FullSpec): Uint8Array[] {
  const bodies = planBodies(spec);
  const { clients, messages } = spec.workload;
  const count = Math.min(messages, spec.workload.bodies?.length ?? SOUGHT_MAX, SOUGHT_MAX);
  return Array.from({ length: count }, (_, index) => {
    const client = index % clients;
    const message = Math.floor(index / clients);
    return message < messagesOf(spec.workload, client) ? bodies(client, message) : [];
  }).filter((body) => body instanceof Uint8Array);
}
