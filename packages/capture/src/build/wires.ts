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
import { Annotator, type AnnotatorOptions, type Flow } from "./annotate.ts";
import type { Direction } from "./notes.ts";

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
  readonly annotator: Annotator;
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
    const made = this.#make(opened);
    this.#wires.set(keyOf(source, wire), made);
    made.tcp?.begin(this.#putAt(made, opened.startedUs, ""));
  }

  /** What a record tells, as packets. */
  take(record: SourcedRecord): void {
    const key = keyOf(record.source, record.wire);
    if (record.what === What.open) {
      const opened = this.#wires.get(key) ?? this.#make(openedOf(record));
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

  #make(opened: OpenedWire): OpenWire {
    const { addresses, codecs, mssBytes, carried, notes, clientOf } = this.#options;
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
      annotator: new Annotator({ codec: codecs[vantage], notes, clientOf }),
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
