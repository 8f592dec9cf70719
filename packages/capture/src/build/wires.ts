/**
 * The wires of a capture: each record becomes the packets that would have carried it.
 *
 * One conversation for each wire. What is sent on a datagram wire is one UDP packet; one that is too
 * large for IP (no socket would have taken it) is left out. SYNs go out in the order of their time,
 * though a log tells of a dial only when it has succeeded.
 */
import type { Dial, SourcedRecord } from "../log/merge.ts";
import { type OpenedWire, openedOf } from "../log/opened.ts";
import { What } from "../log/record.ts";
import type { Vantage } from "../log/wire-log.ts";
import type { Addresses } from "../packet/address.ts";
import { udpBytesMax, udpPacket, type Way } from "../packet/packet.ts";
import { TcpConversation, type TcpSide } from "../packet/tcp.ts";
import type { Stories } from "../log/stories.ts";
import { Annotator, type AnnotatorOptions } from "./annotate.ts";
import type { Direction } from "./notes.ts";
import { TlsAnnotator } from "./tls-comments.ts";
import type { Outlines } from "./tls-outline.ts";
import type { Flow } from "./words.ts";

/** A packet that goes into the file. */
export interface MadePacket {
  readonly vantage: Vantage;
  readonly atUs: number;
  readonly bytes: Uint8Array;
  readonly comment: string;
}

/** What wires are made with. */
export interface WiresOptions extends Omit<AnnotatorOptions, "codec"> {
  readonly codecs: Readonly<Record<Vantage, AnnotatorOptions["codec"]>>;
  readonly addresses: Addresses;
  readonly mssBytes: number;
  /** What connections said inside TLS, and the outlines of their wires; undefined: nobody listened. */
  readonly stories?: Stories | undefined;
  readonly outlines: ReadonlyMap<string, Outlines>;
  put(packet: MadePacket): void;
  /** One direction of the client's wire: is given its payload, before the packets of it. */
  carried(): (bytes: Uint8Array) => void;
}

interface OpenWire {
  readonly opened: OpenedWire;
  /** From client to server. */
  readonly way: Way;
  /** Undefined for datagrams. */
  readonly tcp: TcpConversation | undefined;
  readonly annotator: Pick<Annotator, "comment">;
  readonly carried: Readonly<Record<Direction, (bytes: Uint8Array) => void>>;
}

const IGNORE = (): void => {};

/** @see module */
export class Wires {
  readonly #options: WiresOptions;
  readonly #wires = new Map<string, OpenWire>();
  #made = 0;

  constructor(options: WiresOptions) {
    this.#options = options;
  }

  /** A dial begins: its SYN. */
  begin({ source, wire, opened }: Dial): void {
    const key = keyOf(source, wire);
    const made = this.#make(opened, key);
    this.#wires.set(key, made);
    made.tcp?.begin(this.#putAt(made, opened.startedUs, ""));
  }

  /** What a record tells, as packets. */
  take(record: SourcedRecord): void {
    const key = keyOf(record.source, record.wire);
    if (record.what === What.open) {
      const opened = this.#wires.get(key) ?? this.#make(openedOf(record), key);
      this.#wires.set(key, opened);
      opened.tcp?.open(this.#putAt(opened, record.atUs, ""));
      return;
    }
    const wire = this.#wires.get(key);
    if (wire !== undefined) this.#happen(wire, record);
  }

  #happen(wire: OpenWire, { what, atUs, bytes }: SourcedRecord): void {
    const local = sideOf(wire.opened, true);
    const remote = sideOf(wire.opened, false);
    switch (what) {
      case What.sent:
        return this.#carry(wire, local, atUs, bytes);
      case What.received:
        return this.#carry(wire, remote, atUs, bytes);
      case What.endedLocal:
        return wire.tcp?.end(local, this.#putAt(wire, atUs, ""));
      case What.endedRemote:
        return wire.tcp?.end(remote, this.#putAt(wire, atUs, ""));
      case What.resetLocal:
        return wire.tcp?.reset(local, this.#putAt(wire, atUs, ""));
      case What.resetRemote:
        return wire.tcp?.reset(remote, this.#putAt(wire, atUs, ""));
      case What.open:
      case What.keyLog:
        return;
      default:
        what satisfies never;
    }
  }

  #carry(wire: OpenWire, from: TcpSide, atUs: number, bytes: Uint8Array): void {
    const { opened, tcp, way } = wire;
    const direction = from === "client" ? "request" : "reply";
    const client = opened.dialled ? opened.local : opened.remote;
    const flow: Flow = { direction, stream: tcp !== undefined, client };
    wire.carried[direction](bytes);
    const put = this.#putAt(wire, atUs, wire.annotator.comment(flow, bytes, atUs));
    if (tcp !== undefined) {
      tcp.send(from, bytes, put);
      return;
    }
    const datagramWay = from === "client" ? way : { source: way.target, target: way.source };
    if (bytes.length <= udpBytesMax(datagramWay)) put(udpPacket(datagramWay, bytes));
  }

  #annotator(opened: OpenedWire, key: string): OpenWire["annotator"] {
    const { codecs, notes, clientOf, outlines: all, stories } = this.#options;
    const { vantage, local } = opened;
    const story = vantage === "wire" ? stories?.ofWire(opened) : undefined;
    const outlines = all.get(key);
    if (story === undefined || outlines === undefined) {
      return new Annotator({ codec: codecs[vantage], notes, clientOf });
    }
    return new TlsAnnotator({ notes, clientOf }, { story, outlines, client: local });
  }

  #make(opened: OpenedWire, key: string): OpenWire {
    const { addresses, mssBytes, carried } = this.#options;
    const { vantage, dialled, kind } = opened;
    const local = addresses.of(opened.local, vantage);
    const remote = addresses.of(opened.remote, vantage);
    const way = dialled ? { source: local, target: remote } : { source: remote, target: local };
    const label = `${opened.local} ${opened.remote} ${this.#made++}`;
    const tcp = kind === "stream" ? new TcpConversation({ way, mssBytes, label }) : undefined;
    const isWire = vantage === "wire";
    return {
      opened,
      way,
      tcp,
      annotator: this.#annotator(opened, key),
      carried: { request: isWire ? carried() : IGNORE, reply: isWire ? carried() : IGNORE },
    };
  }

  /** Takes the packets of one event; the comment stands on the first. */
  #putAt({ opened }: OpenWire, atUs: number, comment: string): (bytes: Uint8Array) => void {
    const { vantage } = opened;
    const { put } = this.#options;
    let said = comment;
    return (bytes) => {
      put({ vantage, atUs, bytes, comment: said });
      said = "";
    };
  }
}

function sideOf({ dialled }: OpenedWire, local: boolean): TcpSide {
  return dialled === local ? "client" : "server";
}

function keyOf(source: number, wire: number): string {
  return `${source}/${wire}`;
}
