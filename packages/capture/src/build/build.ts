/**
 * Makes the capture: the logs of all taps in, a pcapng file out.
 *
 *   logs ─► by time ─► conversations ─► packets with comments ─► file
 *                  └─► evidence: can a message be read, how even are the bytes
 *
 * Two interfaces, since the server plays the network. `faultline-wire` is the client's wire: a
 * request as it left the client, a reply as it came there, so after the faults of replies.
 * `faultline-behind` is what lies behind the faults: a request as it reached the server, a reply
 * before any fault met it. A lost request stands on the first only, a lost reply on the second only.
 * The file never grows above its limit: it ends with the last packet that fits, and says so.
 */
import type { LogSource } from "../log/merge.ts";
import type { Stories } from "../log/stories.ts";
import { dialsIn, mergeLogs } from "../log/merge.ts";
import { What } from "../log/record.ts";
import { textOf } from "../text.ts";
import type { Vantage } from "../log/wire-log.ts";
import { Addresses } from "../packet/address.ts";
import { PcapngWriter } from "../pcapng/writer.ts";
import type { AnnotatorOptions } from "./annotate.ts";
import { ByteCounts } from "./entropy.ts";
import { BodySearch, type Run } from "./search.ts";
import { outlinesOf } from "./tls-outline.ts";
import { Wires } from "./wires.ts";

/** The interfaces, by vantage. */
export const INTERFACE_NAMES: Readonly<Record<Vantage, string>> = {
  wire: "faultline-wire",
  behind: "faultline-behind",
};

/** What a capture is made of. */
export interface CaptureOptions extends Omit<AnnotatorOptions, "codec"> {
  readonly sources: readonly LogSource[];
  /** Takes the file, piece by piece. */
  take(bytes: Uint8Array): void;
  /** Most bytes of the file. */
  readonly bytesMax: number;
  /** Whether there is anything to tell from behind the faults. */
  readonly behind: boolean;
  /** What made the file, and of what. */
  readonly application: string;
  readonly comment: string;
  /** How messages are written at each vantage; undefined: not in a form that can be read here. */
  readonly codecs: Readonly<Record<Vantage, AnnotatorOptions["codec"]>>;
  /** How messages travel, in words, for the interfaces' descriptions. */
  readonly carries: Readonly<Record<Vantage, string>>;
  /** Most payload bytes of a TCP segment. */
  readonly mssBytes: number;
  /** What connections said inside TLS, for comments; undefined: nobody listened. */
  readonly stories?: Stories | undefined;
  /** Whether what decrypts the capture (TLS) goes into it. */
  readonly secrets: boolean;
  /** What the logs' times count from, in µs since 1970. */
  readonly originUs: number;
  /** Records that had no room in the logs. */
  readonly dropped: number;
  /** Messages to look for on the client's wire. */
  readonly bodies: readonly Uint8Array[];
}

/** What a capture comes to. */
export interface CaptureSummary {
  readonly packets: number;
  /** Of the file. */
  readonly bytes: number;
  /** Lines of the key log in it. */
  readonly keyLogLines: number;
  /** Whether there was more than had room. */
  readonly truncated: boolean;
  /** Payload on the client's wire, both ways. */
  readonly carriedBytes: number;
  /** The longest run of a body that stands on the client's wire; undefined: none of four bytes. */
  readonly run: Run | undefined;
  /** Bits a byte of that payload; null without any. */
  readonly entropyBits: number | null;
}

/** Room that is kept for what comes last. */
const TAIL_BYTES = 4_096;
/** What the section says where secrets were asked for, and nobody told any. */
const NO_SECRETS = "nothing in it decrypts it: this runtime tells no secrets of TLS";

/** Makes the file. The logs are gone through twice, of TLS once more. */
export function buildCapture(options: CaptureOptions): CaptureSummary {
  return new Build(options).go();
}

/** One capture, once. */
class Build {
  readonly #options: CaptureOptions;
  readonly #writer: PcapngWriter;
  readonly #wires: Wires;
  readonly #search: BodySearch;
  readonly #counts = new ByteCounts();
  /** By interface. */
  readonly #received = [0, 0];
  readonly #dropped = [0, 0];
  #isFull = false;
  #lastUs = 0;
  #keyLogLines = 0;
  #isKeyLogCut = false;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#writer = new PcapngWriter((bytes) => options.take(bytes));
    this.#search = new BodySearch(options.bodies);
    const addresses = new Addresses(({ ip, name }) => {
      if (this.#hasRoomFor(this.#writer.nameBytes(ip, name))) this.#writer.name(ip, name);
    });
    this.#wires = new Wires({
      ...options,
      addresses,
      outlines: options.stories === undefined ? new Map() : outlinesOf(options.sources),
      put: (packet) => this.#put(packet.vantage, packet.atUs, packet.bytes, packet.comment),
      carried: () => this.#carried(),
    });
  }

  go(): CaptureSummary {
    const { sources } = this.#options;
    this.#open();
    const dials = dialsIn(sources);
    let begun = 0;
    for (const record of mergeLogs(sources)) {
      for (; begun < dials.length && dials[begun]!.opened.startedUs <= record.atUs; begun++) {
        this.#wires.begin(dials[begun]!);
      }
      if (record.what !== What.keyLog) this.#wires.take(record);
    }
    this.#close();
    return {
      packets: this.#packets,
      bytes: this.#writer.bytes,
      keyLogLines: this.#keyLogLines,
      truncated: this.#isFull || this.#isKeyLogCut || this.#options.dropped > 0,
      carriedBytes: this.#counts.total,
      run: this.#search.longest,
      entropyBits: this.#counts.entropyBits(),
    };
  }

  get #packets(): number {
    return this.#received[0]! + this.#received[1]!;
  }

  #open(): void {
    const { application, comment, carries, behind, notes, secrets, sources } = this.#options;
    const lines = secrets ? this.#keyLogOf(sources) : [];
    const missing = secrets && lines.length === 0 ? [NO_SECRETS] : [];
    if (notes.dropped > 0) missing.push(`${notes.dropped} of the faults are in no comment`);
    this.#keyLogLines = lines.length;
    this.#writer.section({ application, comment: [comment, ...missing].join("; ") });
    this.#writer.interface({
      name: INTERFACE_NAMES.wire,
      description: `the client's wire: requests before any fault, replies after theirs; ${carries.wire}`,
    });
    if (behind) {
      this.#writer.interface({
        name: INTERFACE_NAMES.behind,
        description: `behind the faults: requests as they reached the server, replies before any fault; ${carries.behind}`,
      });
    }
    if (lines.length > 0) this.#writer.secrets(`${lines.join("\n")}\n`);
  }

  #carried() {
    const look = this.#search.stream();
    return (bytes: Uint8Array): void => {
      if (this.#isFull) return;
      this.#counts.add(bytes);
      look(bytes, this.#packets + 1);
    };
  }

  #put(vantage: Vantage, atUs: number, bytes: Uint8Array, comment: string): void {
    const { originUs } = this.#options;
    const number = vantage === "wire" ? 0 : 1;
    if (!this.#hasRoomFor(this.#writer.packetBytes(bytes.length, comment))) {
      this.#dropped[number]!++;
      return;
    }
    this.#lastUs = originUs + atUs;
    this.#received[number]!++;
    this.#writer.packet({ interface: number, atUs: originUs + atUs, bytes, comment });
  }

  /** Whether so many bytes fit; what comes after the first that did not, does not either. */
  #hasRoomFor(bytes: number): boolean {
    this.#isFull ||= this.#writer.bytes + bytes + TAIL_BYTES > this.#options.bytesMax;
    return !this.#isFull;
  }

  #close(): void {
    const { behind, bytesMax, dropped } = this.#options;
    const isCut = this.#isFull || dropped > 0;
    const comment = isCut
      ? `The capture ends here: it reached captureBytesMax, ${bytesMax} bytes.`
      : "";
    for (const number of behind ? [0, 1] : [0]) {
      const received = this.#received[number]!;
      const left = this.#dropped[number]! + (number === 0 ? dropped : 0);
      this.#writer.statistics({
        interface: number,
        atUs: this.#lastUs,
        received: received + left,
        dropped: left,
        comment,
      });
    }
    this.#writer.flush();
  }

  /** The lines that decrypt, in the order of the logs: as many as half of the file has room for. */
  #keyLogOf(sources: readonly LogSource[]): string[] {
    const lines: string[] = [];
    let left = Math.floor(this.#options.bytesMax / 2);
    for (const record of mergeLogs(sources)) {
      if (record.what !== What.keyLog) continue;
      left -= record.bytes.length + 1;
      this.#isKeyLogCut ||= left < 0;
      if (left >= 0) lines.push(textOf(record.bytes).trimEnd());
    }
    return lines;
  }
}
