/**
 * The receiver that everybody writes first who has just added encryption: what decrypts is good.
 *
 * With `window: "moved-first"`, the one of somebody who has heard of replays, and looks at the number
 * of a packet before its tag, as it stands in front of it.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";

const KEY = new Uint8Array(32).fill(5);
const NUMBER_BYTES = 8;
const TAG_BYTES = 16;

export class NaiveSealedReceiver {
  readonly accepted: string[] = [];
  readonly #window: "none" | "moved-first";
  #highest = 0;

  constructor({ window }: { readonly window: "none" | "moved-first" }) {
    this.#window = window;
  }

  /** A packet: its number, what is sealed, the tag. */
  seal(number: number, words: string): Uint8Array {
    const head = Buffer.alloc(NUMBER_BYTES);
    head.writeBigUInt64BE(BigInt(number));
    const cipher = createCipheriv("chacha20-poly1305", KEY, nonceOf(head), { authTagLength: 16 });
    cipher.setAAD(head, { plaintextLength: Buffer.byteLength(words) });
    const sealed = Buffer.concat([cipher.update(words), cipher.final()]);
    return Uint8Array.from(Buffer.concat([head, sealed, cipher.getAuthTag()]));
  }

  receive(packet: Uint8Array): void {
    const head = Buffer.from(packet.subarray(0, NUMBER_BYTES));
    const number = Number(head.readBigUInt64BE());
    if (this.#window === "moved-first") {
      if (number <= this.#highest) return;
      this.#highest = number;
    }
    const sealed = packet.subarray(NUMBER_BYTES, -TAG_BYTES);
    const opened = createDecipheriv("chacha20-poly1305", KEY, nonceOf(head), { authTagLength: 16 });
    opened.setAAD(head, { plaintextLength: sealed.length });
    opened.setAuthTag(packet.subarray(-TAG_BYTES));
    try {
      this.accepted.push(Buffer.concat([opened.update(sealed), opened.final()]).toString());
    } catch {
      // Not authentic.
    }
  }
}

function nonceOf(head: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(4), head]);
}
