/**
 * Dialling with packets: a dialer of datagrams becomes one whose messages are not lost.
 *
 * No handshake: the first packet carries the first message, and opens the connection at a server
 * that speaks packets (`acceptPackets`). One that does not would answer nothing.
 */
import type { SessionId } from "../frame.ts";
import type { Clock, Dialer, Link, LinkError, LinkEvents } from "../ports.ts";
import { settingRefusal } from "../settings.ts";
import { PacketConnection } from "./connection.ts";
import { decodePacket } from "./decode.ts";
import type { PacketLimits } from "./limits.ts";
import { limitsAbove, packetLimitsOf } from "./limits.ts";
import { PacketLink } from "./link.ts";

/** What a packet dialer needs. */
export interface PacketDialerOptions {
  readonly clock: Clock;
  /** The id of the n-th connection, from 0: never one twice, and none that a stranger can guess. */
  connectionId(ordinal: number): SessionId;
  readonly limits?: Partial<PacketLimits>;
}

/**
 * Carries messages of up to `messageBytesMax` over datagrams of `dialer`: in fragments, acknowledged,
 * repeated while they are lost, no faster than the path bears.
 *
 * @example
 * const dialer = packetDialer(udpDialer({ port: 7000 }), { clock, connectionId: randomSession });
 * const client = createClient({ dialer, clock, draw, session });
 *
 * @throws TypeError or RangeError naming the option, its rule and the value it had.
 */
export function packetDialer(dialer: Dialer, options: PacketDialerOptions): Dialer {
  const limits = limitsAbove(packetLimitsOf(options.limits), dialer);
  if (dialer.kind !== "datagram") {
    const setting = { doing: "carry packets", name: "dialer", value: dialer.kind };
    throw new TypeError(settingRefusal(setting, 'of the kind "datagram"'));
  }
  let dials = 0;
  return {
    kind: "datagram",
    messageBytesMax: limits.messageBytesMax,
    dial(events) {
      const ordinal = dials++;
      const { clock } = options;
      const connection = options.connectionId(ordinal);
      const core = new PacketConnection({ connection, limits, nowUs: clock.nowUs() });
      const dialled = new Dialled(clock, core, events);
      dialled.lower = dialer.dial(dialled);
      return dialled.link;
    },
  };
}

/** Owns the datagram link, and passes on what it says. */
class Dialled implements LinkEvents {
  lower: Link | undefined;
  readonly link: PacketLink;
  readonly #events: LinkEvents;

  constructor(clock: Clock, connection: PacketConnection, events: LinkEvents) {
    this.#events = events;
    this.link = new PacketLink({
      clock,
      connection,
      lower: () => this.lower!,
      over: () => this.lower?.end(),
    });
    this.link.own(events);
  }

  onOpen(): void {
    this.#events.onOpen();
  }

  onBytes(bytes: Uint8Array): void {
    const packet = decodePacket(bytes);
    if (packet !== undefined) this.link.receive(packet, bytes.length);
  }

  onDrain(): void {
    this.link.drained();
  }

  onEnd(): void {}

  onClose(error: LinkError | undefined): void {
    this.link.fail(error);
  }
}
