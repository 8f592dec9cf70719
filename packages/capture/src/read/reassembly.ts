/**
 * Messages out of packets (the layer that makes datagrams reliable), as their receiver would have
 * put them together: each once, whatever was lost, repeated or overtaken.
 *
 * A reader of a capture is no receiver: it acknowledges nothing, and a packet that it has no room for
 * does not come again for its sake. So what never became whole is counted.
 */
import type { Packet } from "@faultline/protocol";
import { PACKET_LIMITS_DEFAULT, PacketAssembly } from "@faultline/protocol";
import type { Holder } from "./flow-table.ts";

/** One direction of one connection. Its bounds are those of a receiver. */
export class Reassembly implements Holder {
  readonly #assembly = new PacketAssembly(PACKET_LIMITS_DEFAULT);
  #expired = 0;
  #noRoom = 0;

  /** Bytes of messages that are not whole. */
  get heldBytes(): number {
    return this.#assembly.bytes;
  }

  /** Messages of which something was seen, and not all. */
  get unfinished(): number {
    return this.#assembly.size + this.#expired;
  }

  /** Packets whose fragments found no room. */
  get noRoom(): number {
    return this.#noRoom;
  }

  /** Takes a packet. @returns the messages that it makes whole; views, where they are one piece */
  take({ fragments }: Packet, nowUs: number): Uint8Array[] {
    const before = this.#assembly.size;
    this.#assembly.expire(nowUs);
    this.#expired += before - this.#assembly.size;
    if (!this.#assembly.fits(fragments, 0)) {
      this.#noRoom++;
      return [];
    }
    return fragments
      .map((part) => this.#assembly.add(part, nowUs))
      .filter((message) => message !== undefined);
  }
}
